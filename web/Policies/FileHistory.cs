using System.Text.Json;

namespace OpsMonitor.Web.Policies;

/// <summary>What a file of the policy folder said when a server started with it.</summary>
/// <param name="At">Unix ms of the start that saw it first; when it was written nobody told</param>
/// <param name="Folder"><c>policies</c> or <c>calendars</c></param>
/// <param name="Before">what it said before; empty for one that is new</param>
/// <param name="Text">empty for one that is gone</param>
internal sealed record FileChange(long At, string Folder, string Id, string File, string Before, string Text);

/// <summary>
/// Who changes a file by hand leaves no event. So each start compares the policy folder with what the start before it read, and writes the difference down
/// beside the journal: for people, nothing is judged by it.
/// </summary>
public sealed class FileHistory
{
    private const string Name = "policy-files.ndjson";

    private sealed record Entry(long At, string Folder, string Id, string File, string Text);

    private readonly List<FileChange> _changes = [];
    private readonly SortedDictionary<(string Folder, string File), Entry> _newest = [];

    internal IReadOnlyList<FileChange> Of(string folder, string id) => _changes.FindAll(c => c.Folder == folder && c.Id == id);

    /// <param name="now">Unix ms</param>
    /// <param name="announce">is told of lines that cannot be read, and where it cannot be written</param>
    public static FileHistory Open(string dataFolder, StartState start, long now, Action<string> announce)
    {
        var (history, path) = (new FileHistory(), Path.Combine(dataFolder, Name));
        try
        {
            if (File.Exists(path)) history.Read(File.ReadLines(path), announce);
            var seen = Files(start).ToDictionary(f => (f.Folder, f.File));
            var news = seen.Where(f => history._newest.GetValueOrDefault(f.Key)?.Text != f.Value.Text).Select(f => f.Value)
                .Concat(history._newest.Values.Where(e => e.Text.Length > 0 && !seen.ContainsKey((e.Folder, e.File))).Select(e => e with { Text = "" }))
                .OrderBy(e => e.Folder, StringComparer.Ordinal).ThenBy(e => e.File, StringComparer.Ordinal).Select(e => e with { At = now }).ToList();
            foreach (var entry in news) history.Add(entry);
            if (news.Count > 0) File.AppendAllLines(path, news.Select(e => JsonSerializer.Serialize(e)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            announce($"what changed in the policy folder could not be written down: {fault.Message}");
        }
        return history;
    }

    private void Read(IEnumerable<string> lines, Action<string> announce)
    {
        foreach (var line in lines)
        {
            try { if (JsonSerializer.Deserialize<Entry>(line) is { Folder: not null, Id: not null, File: not null, Text: not null } entry) Add(entry); }
            catch (JsonException) { announce($"a line of {Name} cannot be read and is passed over"); }
        }
    }

    private void Add(Entry entry)
    {
        var before = _newest.GetValueOrDefault((entry.Folder, entry.File));
        _changes.Add(new(entry.At, entry.Folder, entry.Id, entry.File, before?.Text ?? "", entry.Text));
        _newest[(entry.Folder, entry.File)] = entry;
    }

    // Of the policy folder; what is shipped changes with the program.
    private static IEnumerable<Entry> Files(StartState start) =>
        start.Calendars.Select(c => (Folder: PolicyFolder.Calendars, c.Id, c.File)).Concat(start.Policies.Select(p => (Folder: PolicyFolder.Policies, Id: p.Entry.Name(), p.File)))
            .Where(f => !f.File.StartsWith(PolicyFolder.Shipped, StringComparison.Ordinal))
            .Select(f => new Entry(0, f.Folder, f.Id, Path.GetFileName(f.File), File.ReadAllText(f.File)));
}
