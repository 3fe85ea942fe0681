using System.Text.Json;

namespace OpsMonitor.Web.Reference;

/// <summary>One version of one list. Never changed; the newest of a kind holds.</summary>
/// <param name="At">Unix ms of the saving, or of the start that first saw a file so</param>
/// <param name="By">whose key it was; <see cref="ReferenceStore.Files"/> for a file of the reference folder</param>
internal sealed record ReferenceVersion(long At, string Kind, string By, string Text);

/// <summary>A name that an entry has from an instant on (Unix ms).</summary>
internal sealed record NameVersion(long From, Title? Title, string By);

/// <summary>What a saving would change, by ids in ordinal order.</summary>
/// <param name="NextStart">what clocks and service levels are judged by differs: that part holds from the next start, which judges everything anew by it</param>
internal sealed record ReferenceDiff(IReadOnlyList<string> Added, IReadOnlyList<string> Renamed, IReadOnlyList<string> Changed, bool NextStart);

/// <summary>
/// Departments, queues, agents, categories and customers' tiers with every version that they ever had: <c>reference.ndjson</c> in the data folder, only ever
/// added to. The files of the reference folder are versions too, noted by each start. Ids are stable: an entry is renamed or retired, never lost, so that old
/// numbers keep their id, show the newest name, and the past the name of then.
/// </summary>
public sealed class ReferenceStore
{
    internal const string Files = "files";
    private const string FileName = "reference.ndjson";

    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly List<ReferenceVersion> _versions = [];
    private readonly SortedDictionary<string, SortedDictionary<string, List<NameVersion>>> _names = new(StringComparer.Ordinal);

    private ReferenceStore(string path) => _path = path;

    /// <summary>The newest versions, read together.</summary>
    public ReferenceData Current { get; private set; } = ReferenceData.Empty;

    /// <summary>Tells what was saved here from anything else: what is judged by it is judged anew when it changed.</summary>
    public string Mark
    {
        get
        {
            lock (_gate)
                return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(
                    string.Join('\n', ReferenceKinds.All.SelectMany(kind => ReferenceKinds.Entries(kind, Current).Where(e => e.Judged.Length > 0).Select(e => $"{kind} {e.Id} {e.Judged}"))))));
        }
    }

    /// <param name="folder">of the files; null for none</param>
    /// <param name="now">Unix ms</param>
    /// <param name="announce">is told where it cannot be read or written</param>
    /// <exception cref="ReferenceDataException">The lists do not go together.</exception>
    public static ReferenceStore Open(string dataFolder, string? folder, long now, Action<string> announce)
    {
        var store = new ReferenceStore(Path.Combine(dataFolder, FileName));
        if (File.Exists(store._path))
            foreach (var line in File.ReadLines(store._path)) store.Load(line, announce);
        foreach (var kind in ReferenceKinds.All)
        {
            var file = folder is null ? null : Path.Combine(folder, ReferenceKinds.FileOf(kind));
            var text = file is not null && File.Exists(file) ? File.ReadAllText(file) : "";
            if ((store._versions.LastOrDefault(v => v.Kind == kind && v.By == Files)?.Text ?? "") == text) continue;
            var version = new ReferenceVersion(now, kind, Files, text);
            store.Add(version);
            try { store.Write(version); }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { announce($"what changed in the reference folder could not be written down: {fault.Message}"); }
        }
        store.Current = ReferenceData.Read(store.Texts());
        return store;
    }

    /// <summary>How many versions a list has had; for If-Match.</summary>
    internal int RevisionOf(string kind)
    {
        lock (_gate) return _versions.Count(v => v.Kind == kind);
    }

    internal string TextOf(string kind)
    {
        lock (_gate) return Newest(kind)?.Text ?? "";
    }

    internal IReadOnlyList<NameVersion> NamesOf(string kind, string id)
    {
        lock (_gate) return _names.TryGetValue(kind, out var all) && all.TryGetValue(id, out var names) ? [.. names] : [];
    }

    /// <summary>The name of an instant, Unix ms; before its first one, that.</summary>
    public Title? TitleAt(string kind, string id, long at)
    {
        lock (_gate)
            return _names.TryGetValue(kind, out var all) && all.TryGetValue(id, out var names) ? (names.LastOrDefault(n => n.From <= at) ?? names[0]).Title : null;
    }

    /// <summary>Reads a text as if it were saved, with all that other lists say of it.</summary>
    /// <param name="calendars">ids that there are</param>
    /// <exception cref="ReferenceDataException">It could not be saved; names the file, the line and the rule.</exception>
    internal ReferenceDiff Try(string kind, string text, IReadOnlyCollection<string> calendars)
    {
        lock (_gate) return Tried(kind, text, calendars).Diff;
    }

    /// <returns>false where somebody saved meanwhile</returns>
    /// <exception cref="ReferenceDataException">It breaks a rule; nothing was saved.</exception>
    /// <exception cref="IOException">It could not be written; nothing was saved.</exception>
    internal bool Save(string kind, string text, string by, long now, int revision, IReadOnlyCollection<string> calendars)
    {
        lock (_gate)
        {
            if (_versions.Count(v => v.Kind == kind) != revision) return false;
            var (data, _) = Tried(kind, text, calendars);
            var version = new ReferenceVersion(now, kind, by, text);
            Write(version); // durable before anybody sees it
            Add(version);
            Current = data;
            return true;
        }
    }

    private (ReferenceData Data, ReferenceDiff Diff) Tried(string kind, string text, IReadOnlyCollection<string> calendars)
    {
        var texts = Texts();
        var file = ReferenceKinds.FileOf(kind);
        texts[kind] = (file, text);
        var data = ReferenceData.Read(texts);
        foreach (var department in data.Departments.Values)
            if (department.Calendar is { } name && !calendars.Contains(name.Id)) throw new ReferenceDataException(name.File, name.Line, $"there is no calendar '{name.Id}'");
        var (before, after) = (ReferenceKinds.Entries(kind, Current).ToDictionary(e => e.Id), ReferenceKinds.Entries(kind, data));
        var kept = after.Select(e => e.Id).ToHashSet(StringComparer.Ordinal);
        if (kind != ReferenceKinds.Customers && before.Keys.Where(id => !kept.Contains(id)).Order(StringComparer.Ordinal).FirstOrDefault() is { } lost)
            throw new ReferenceDataException(file, 0, $"'{lost}' is missing: old numbers have this id. Keep it and say 'retired: true'");
        bool Has(ReferenceEntry e, Func<ReferenceEntry, ReferenceEntry, bool> same) => before.TryGetValue(e.Id, out var was) && !same(was, e);
        return (data, new(
            [.. kept.Where(id => !before.ContainsKey(id)).Order(StringComparer.Ordinal)],
            [.. after.Where(e => Has(e, static (a, b) => a.Title == b.Title)).Select(e => e.Id)],
            [.. after.Where(e => Has(e, static (a, b) => a.Fields.SequenceEqual(b.Fields))).Select(e => e.Id)],
            after.Any(e => before.TryGetValue(e.Id, out var was) ? was.Judged != e.Judged : e.Judged.Length > 0)));
    }

    private SortedDictionary<string, (string File, string Text)> Texts()
    {
        var texts = new SortedDictionary<string, (string, string)>(StringComparer.Ordinal);
        foreach (var kind in ReferenceKinds.All)
            if (Newest(kind) is { } newest) texts[kind] = (ReferenceKinds.FileOf(kind), newest.Text);
        return texts;
    }

    private ReferenceVersion? Newest(string kind) => _versions.LastOrDefault(v => v.Kind == kind);

    private void Load(string line, Action<string> announce)
    {
        try
        {
            if (JsonSerializer.Deserialize<ReferenceVersion>(line) is { Kind: { } kind, By: not null, Text: not null } version && ReferenceKinds.All.Contains(kind)) Add(version);
        }
        catch (JsonException) { announce($"a line of {FileName} cannot be read and is passed over"); } // a saving that a crash cut off was never answered
    }

    private void Add(ReferenceVersion version)
    {
        _versions.Add(version);
        if (!_names.TryGetValue(version.Kind, out var all)) _names[version.Kind] = all = new(StringComparer.Ordinal);
        foreach (var entry in Alone(version))
        {
            if (!all.TryGetValue(entry.Id, out var names)) all[entry.Id] = names = [];
            if (names.Count == 0 || names[^1].Title != entry.Title) names.Add(new(version.At, entry.Title, version.By));
        }
    }

    // For its names only: what others say of it, or the rules of a later version of the program, must not hide them.
    private static IReadOnlyList<ReferenceEntry> Alone(ReferenceVersion version)
    {
        try { return ReferenceKinds.Entries(version.Kind, ReferenceData.Read(new Dictionary<string, (string, string)> { [version.Kind] = (ReferenceKinds.FileOf(version.Kind), version.Text) })); }
        catch (ReferenceDataException) { return []; }
    }

    private void Write(ReferenceVersion version)
    {
        using var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var line = new List<byte>();
        if (file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n') line.Add((byte)'\n'); // a crash cut the last line off; it stays alone
        }
        line.AddRange(JsonSerializer.SerializeToUtf8Bytes(version));
        line.Add((byte)'\n');
        file.Seek(0, SeekOrigin.End);
        file.Write([.. line]);
        file.Flush(flushToDisk: true);
    }
}
