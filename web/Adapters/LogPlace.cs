using System.Security.Cryptography;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// How far a file was read, so that it is known again under another name: rotation renames it, packs it, or copies it and cuts the original off. By its
/// beginning and by what stands just before the place; an inode would not survive a copy.
/// </summary>
/// <param name="Offset">bytes that were read, whole lines</param>
/// <param name="Head">SHA-256 of the first bytes, up to 1024 of those read; empty where none was</param>
/// <param name="Before">SHA-256 of the last bytes before the offset, up to 1024</param>
public sealed record LogPlace(long Offset, string Head, string Before)
{
    public static readonly LogPlace Start = new(0, "", "");
    private const int Window = 1024;

    /// <summary>The place at an offset of a file, which has at least that many bytes.</summary>
    public static LogPlace At(Stream file, long offset) =>
        offset == 0 ? Start : new(offset, Hash(file, 0, Math.Min(Window, offset)), Hash(file, Math.Max(0, offset - Window), Math.Min(Window, offset)));

    /// <summary>Whether this is the file of the place, perhaps with more after it.</summary>
    public bool IsIn(Stream file) => file.Length >= Offset && At(file, Offset) == this;

    private static string Hash(Stream file, long from, long count)
    {
        var bytes = new byte[count];
        file.Position = from;
        return file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length ? Convert.ToHexStringLower(SHA256.HashData(bytes)) : "";
    }
}
