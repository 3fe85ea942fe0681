using System.IO.Compression;
using System.Text;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// Reads a log while it is written, each whole line once, through any rotation: renamed and made anew, packed, or copied and cut off; also one that
/// happened while nobody read. Rotated files are looked for beside the log: <c>NAME.1</c>, <c>NAME-20260301</c>, also with <c>.gz</c>.
/// </summary>
public sealed class LogTail : IDisposable
{
    private const int Chunk = 256 * 1024;

    private const int LooksBeforeLost = 3; // while files are being renamed one may be seen under no name

    private readonly string _path;
    private readonly Action<string> _announce;
    private readonly Queue<string> _older = new(); // rotated files that stand between the one being read and the log itself
    private Stream? _file;
    private bool _isOlder;
    private int _looks;
    private DateTime? _since;

    /// <param name="since">UTC; where nothing was read yet: rotated files that were written to after this stand before the log</param>
    public LogTail(string path, LogPlace place, DateTime? since, Action<string> announce)
    {
        (_path, Place, _since, _announce) = (Path.GetFullPath(path), place, place.Offset == 0 ? since : null, announce);
    }

    /// <summary>After the last line that <see cref="Read"/> gave.</summary>
    public LogPlace Place { get; private set; }

    /// <summary>How often the file that was being read had vanished without a trace: lines may then be missing.</summary>
    public int Lost { get; private set; }

    /// <summary>The whole lines that have come since, at most some hundred kilobytes of them; none where there is nothing new.</summary>
    public IReadOnlyList<string> Read()
    {
        while (true)
        {
            if (_file is null || !Place.IsIn(_file)) Find(); // cut off under our hands, or not found yet
            if (_file is null) return [];
            if (Lines(last: false) is { Count: > 0 } lines) return lines;
            if (!IsFollowed()) return [];
            // Its writer has turned to the next file, so what comes now is the rest; a line that is not ended will not be ended any more.
            if (Lines(last: false) is { Count: > 0 } more) return more;
            if (Lines(last: true) is { Count: > 0 } rest) return rest;
            if (_isOlder || Place.Offset == 0) Advance();
            else Find();
        }
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Whether the writer has turned to another file. A new log without a byte may have been made before its writer turned to it.</summary>
    private bool IsFollowed()
    {
        if (_older.Count > 0) return true;
        using var log = TryOpen(_path);
        return log is { Length: > 0 } && (_isOlder || Place.Offset == 0 || !Place.IsIn(log));
    }

    private void Advance()
    {
        _file?.Dispose();
        Place = LogPlace.Start;
        (_file, _isOlder) = _older.TryDequeue(out var older) ? (TryOpen(older), true) : (TryOpen(_path), false);
    }

    /// <summary>Opens the file that the place is in, and notes those that came after it.</summary>
    private void Find()
    {
        _file?.Dispose();
        (_file, _isOlder) = (TryOpen(_path), false);
        _older.Clear();
        if (Place.Offset == 0 && _since is not null) FindWritten();
        else if (Place.Offset == 0 || (_file is not null && Place.IsIn(_file)) || FindRotated()) _looks = 0;
        else if (_file is null || ++_looks < LooksBeforeLost) Close();
        else
        {
            Lost++;
            _announce($"{_path}: the file that was being read is gone, at byte {Place.Offset}; lines between it and this file may be missing");
            (Place, _looks) = (LogPlace.Start, 0);
        }
    }

    /// <summary>A log without a byte has no mark to be known by: only the time tells whether it was rotated since.</summary>
    private void FindWritten()
    {
        foreach (var file in Rotated().Where(f => File.GetLastWriteTimeUtc(f) > _since)) _older.Enqueue(file);
        _since = null;
        if (_older.Count > 0) Advance();
    }

    private bool FindRotated()
    {
        var rotated = Rotated();
        for (var i = 0; i < rotated.Count; i++)
        {
            var candidate = TryOpen(rotated[i]);
            if (candidate is null || !Place.IsIn(candidate))
            {
                candidate?.Dispose();
                continue;
            }
            _file?.Dispose();
            (_file, _isOlder) = (candidate, true);
            foreach (var later in rotated.Skip(i + 1)) _older.Enqueue(later);
            return true;
        }
        return false;
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    /// <summary>The rotated files beside the log, the oldest first.</summary>
    private List<string> Rotated()
    {
        var name = Path.GetFileName(_path);
        return [.. Directory.EnumerateFiles(Path.GetDirectoryName(_path)!, name + "*")
            .Where(f => Path.GetFileName(f)[name.Length..] is ['.' or '-', >= '0' and <= '9', ..])
            .OrderBy(File.GetLastWriteTimeUtc).ThenByDescending(static f => f, StringComparer.Ordinal)];
    }

    private List<string> Lines(bool last)
    {
        var bytes = new byte[Chunk];
        _file!.Position = Place.Offset;
        var read = _file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var end = Array.LastIndexOf(bytes, (byte)'\n', Math.Max(0, read - 1), read) + 1;
        // A line longer than the chunk is no line of such a log; it is given up in pieces rather than never.
        if (end == 0 && (last || read == Chunk)) end = read;
        if (end == 0) return [];
        var lines = Encoding.UTF8.GetString(bytes, 0, end).Split('\n').Select(static l => l.TrimEnd('\r')).ToList();
        if (bytes[end - 1] == '\n') lines.RemoveAt(lines.Count - 1);
        Place = LogPlace.At(_file, Place.Offset + end);
        return lines;
    }

    private static Stream? TryOpen(string path)
    {
        try { return Open(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException) { return null; }
    }

    private static Stream Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (!path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) return file;
        using var packed = new GZipStream(file, CompressionMode.Decompress);
        var plain = new FileStream(Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        packed.CopyTo(plain);
        return plain;
    }
}
