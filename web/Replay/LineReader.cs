using System.IO.Compression;

namespace OpsMonitor.Web.Replay;

/// <summary>The lines of an NDJSON file as bytes, one at a time, in memory that does not grow with the file or with a line.</summary>
internal static class LineReader
{
    /// <summary>More than any event may have: a longer line is cut here, which still shows that it is too large.</summary>
    public const int MaxLine = (1 << 16) + 64;

    /// <summary>
    /// Calls back for every line that is not blank, with its number from 1; the bytes are only good during the call. Throws what opening
    /// and reading a file throws; a damaged gzip throws <see cref="InvalidDataException"/>, since half a file would give wrong numbers.
    /// </summary>
    public static void Each(string path, Action<long, ReadOnlyMemory<byte>> line)
    {
        using var bytes = Open(path);
        var buffer = new byte[1 << 16];
        var held = new byte[MaxLine];
        var (length, number, read) = (0, 1L, 0);
        while ((read = bytes.Read(buffer)) > 0)
        {
            for (var rest = buffer.AsSpan(0, read); rest.Length > 0;)
            {
                var end = rest.IndexOf((byte)'\n');
                var part = end < 0 ? rest : rest[..end];
                var room = Math.Min(part.Length, MaxLine - length);
                part[..room].CopyTo(held.AsSpan(length));
                length += room;
                if (end < 0) break;
                Tell(held, length, number++, line);
                length = 0;
                rest = rest[(end + 1)..];
            }
        }
        Tell(held, length, number, line);
    }

    private static Stream Open(string path)
    {
        if (path == "-") return Console.OpenStandardInput();
        Stream file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16, FileOptions.SequentialScan);
        return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static void Tell(byte[] held, int length, long number, Action<long, ReadOnlyMemory<byte>> line)
    {
        var from = number == 1 && held.AsSpan(0, length).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? 3 : 0; // a byte order mark
        if (held.AsSpan(from, length - from).Trim(" \t\r"u8).Length > 0) line(number, held.AsMemory(from, length - from));
    }
}
