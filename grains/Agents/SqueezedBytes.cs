using System.IO.Compression;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Agents;

/// <summary>Bytes of which much is alike, as events of one agent are, in a tenth of the room.</summary>
internal static class SqueezedBytes
{
#pragma warning disable RS0030 // named so, but squeezes bytes in memory: no I/O
    private const int Quality = 5, WindowBits = 18;

    /// <summary>As they are, where they cannot be squeezed.</summary>
    public static byte[] Of(byte[] bytes)
    {
        var room = new byte[BrotliEncoder.GetMaxCompressedLength(bytes.Length)];
        var squeezed = BrotliEncoder.TryCompress(bytes, room, out var written, Quality, WindowBits) && written < bytes.Length;
        var all = new ShortBytes();
        all.Write(squeezed ? bytes.Length : 0);
        all.Write(squeezed ? room.AsSpan(0, written) : bytes);
        return all.End();
    }

    public static byte[] Read(byte[] all)
    {
        var at = 0;
        var (length, held) = ((int)ShortBytes.ReadNumber(all, ref at), ShortBytes.ReadBytes(all, ref at));
        if (length == 0) return held;
        var bytes = new byte[length];
        return BrotliDecoder.TryDecompress(held, bytes, out var read) && read == length ? bytes : throw new InvalidOperationException("bytes at rest cannot be read");
    }
#pragma warning restore RS0030
}
