using System.IO.Compression;
using System.Text;

namespace OpsMonitor.Web.Conversion;

/// <summary>Opens a log as text.</summary>
public static class LogFile
{
    /// <summary>
    /// Text of the file, as UTF-8 (a byte order mark is honoured); a name ending in <c>.gz</c> is unpacked on the way.
    /// Throws what opening a file throws; a damaged gzip throws <see cref="InvalidDataException"/> when read.
    /// </summary>
    public static TextReader Open(string path)
    {
        Stream bytes = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16, FileOptions.SequentialScan);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            bytes = new GZipStream(bytes, CompressionMode.Decompress);
        return new StreamReader(bytes, Encoding.UTF8);
    }
}
