using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// What a sender told and no rule could make an event of, or the host refused: <c>unmapped/ADAPTER/DAY.ndjson</c> in the data folder, a line each
/// (<see cref="KeptRowJson"/>), for 30 days or until a mapping that knows better took it. Outside the journal; may hold personal data as the sender
/// wrote it, so only the server's own account can read it. (spec: events)
/// </summary>
public sealed class Quarantine(string dataFolder, TimeProvider clock, long maxBytesADay = 64L << 20)
{
    public const int Days = 30;
    private const int Portion = 500;
    private const string Ending = ".ndjson";
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _again = new(1);
    private readonly string _root = Path.Combine(dataFolder, "unmapped");
    private readonly ConcurrentDictionary<string, long> _waiting = new(StringComparer.Ordinal);
    private string _sweptOn = "";

    /// <returns>how many could not be kept: the day's file is full, or cannot be written</returns>
    internal int Keep(string adapter, IReadOnlyList<KeptRow> rows)
    {
        if (rows.Count == 0) return 0;
        var now = clock.GetUtcNow();
        var day = now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        lock (_gate)
        {
            _waiting.TryRemove(adapter, out _);
            try
            {
                if (day != _sweptOn) Sweep(now);
                _sweptOn = day;
                return rows.Count - Append(Path.Combine(Folder(adapter), day + Ending), rows);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return rows.Count;
            }
        }
    }

    /// <summary>Adapters of which anything waits.</summary>
    public IEnumerable<string> Adapters => !Directory.Exists(_root) ? []
        : Directory.EnumerateDirectories(_root).Select(f => Path.GetFileName(f)).Where(a => Waiting(a) > 0).Order(StringComparer.Ordinal);

    /// <summary>How many rows wait for a mapping that can take them; counted in the files, so that a start of the server forgets none.</summary>
    public long Waiting(string adapter)
    {
        if (_waiting.TryGetValue(adapter, out var known)) return known;
        lock (_gate)
        {
            var count = DaysOf(adapter).Sum(static file => File.ReadLines(file).LongCount());
            _waiting[adapter] = count;
            return count;
        }
    }

    /// <summary>The oldest rows that wait.</summary>
    internal IReadOnlyList<KeptRow> Oldest(string adapter, int most)
    {
        lock (_gate) return [.. DaysOf(adapter).SelectMany(File.ReadLines).Take(most).Select(KeptRowJson.Read).OfType<KeptRow>()];
    }

    /// <summary>
    /// Offers all that waits, oldest first and a portion at a time. What is handed back goes on waiting; after a null nothing more is offered, and
    /// that portion waits as it did. Ended before its time, it leaves a day's rows as they were: what was taken of them comes again, as duplicates.
    /// </summary>
    /// <returns>false where it runs already</returns>
    /// <exception cref="IOException">The files cannot be read or written; as UnauthorizedAccessException too.</exception>
    internal async Task<bool> AgainAsync(string adapter, Func<IReadOnlyList<KeptRow>, Task<IReadOnlyList<KeptRow>?>> offer)
    {
        if (!await _again.WaitAsync(0)) return false;
        try
        {
            foreach (var file in DaysOf(adapter))
                if (!await DayAgainAsync(adapter, file, offer)) break;
            return true;
        }
        finally { _again.Release(); }
    }

    private async Task<bool> DayAgainAsync(string adapter, string file, Func<IReadOnlyList<KeptRow>, Task<IReadOnlyList<KeptRow>?>> offer)
    {
        string[] lines;
        lock (_gate)
        {
            if (!File.Exists(file)) return true; // its 30 days are over since
            lines = File.ReadAllLines(file);
        }
        var (stays, goesOn) = (new List<string>(), true);
        foreach (var portion in lines.Chunk(Portion))
        {
            var read = portion.Select(line => (Line: line, Row: KeptRowJson.Read(line))).ToList();
            var back = goesOn ? await offer([.. read.Select(r => r.Row).OfType<KeptRow>()]) : null;
            goesOn = back is not null;
            if (back is null) stays.AddRange(portion);
            else stays.AddRange([.. read.Where(r => r.Row is null).Select(r => r.Line), .. back.Select(KeptRowJson.Text)]); // a line that nobody can read is not thrown away
        }
        if (stays.SequenceEqual(lines)) return goesOn; // on a full disk nothing was taken, and nothing could be written
        lock (_gate)
        {
            if (!File.Exists(file)) return goesOn;
            // What came meanwhile stands behind what was read.
            Replace(file, [.. stays, .. File.ReadLines(file).Skip(lines.Length)]);
            _waiting.TryRemove(adapter, out _);
        }
        return goesOn;
    }

    private static void Replace(string file, List<string> lines)
    {
        if (lines.Count == 0)
        {
            File.Delete(file);
            return;
        }
        var other = file + ".new";
        using (var stream = Open(other, FileMode.Create))
        {
            foreach (var line in lines) stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
            stream.Flush(flushToDisk: true);
        }
        File.Move(other, file, overwrite: true);
    }

    private int Append(string path, IReadOnlyList<KeptRow> rows)
    {
        using var file = Open(path, FileMode.Append);
        if (EndsAmidALine(path)) file.Write("\n"u8); // a crash: what follows must not become part of it
        var kept = 0;
        foreach (var row in rows)
        {
            var line = Encoding.UTF8.GetBytes(KeptRowJson.Text(row) + "\n");
            if (file.Length + line.Length > maxBytesADay) break;
            file.Write(line);
            kept++;
        }
        return kept;
    }

    private static bool EndsAmidALine(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.Length == 0) return false;
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() != '\n';
    }

    private static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new(path, options);
    }

    private string Folder(string adapter)
    {
        var folder = Path.Combine(_root, adapter);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return folder;
    }

    /// <summary>Oldest first.</summary>
    private List<string> DaysOf(string adapter) => Path.Combine(_root, adapter) is var folder && Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "*" + Ending).Order(StringComparer.Ordinal)] : [];

    private void Sweep(DateTimeOffset now)
    {
        if (!Directory.Exists(_root)) return;
        var oldest = now.AddDays(-Days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (var file in Directory.EnumerateFiles(_root, $"*{Ending}*", SearchOption.AllDirectories)) // also one that a crash left half written
            if (string.CompareOrdinal(Path.GetFileName(file), oldest) < 0) File.Delete(file);
        _waiting.Clear();
    }
}
