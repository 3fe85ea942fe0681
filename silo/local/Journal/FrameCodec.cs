using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>The stored form of a frame, and the hash that ties it to the one before.</summary>
internal static class FrameCodec
{
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const byte Plain = 0;
    private const byte Brotli = 1;
    private const int BrotliHeader = 1 + sizeof(int);
    private const int WorthTryingBytes = 512;
    private const int FastQuality = 1;
    private const int WindowBits = 22;

    /// <summary>The codec byte comes first, so that the chain hash covers it too.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> frame)
    {
        if (frame.Length > WorthTryingBytes && TryCompress(frame) is { } compressed)
            return compressed;
        var plain = new byte[1 + frame.Length];
        plain[0] = Plain;
        frame.CopyTo(plain.AsSpan(1));
        return plain;
    }

    /// <exception cref="InvalidDataException">The payload is not a stored frame.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> payload)
    {
        if (payload is [Plain, .. var plain])
            return plain.ToArray();
        if (payload.Length <= BrotliHeader || payload[0] != Brotli)
            throw new InvalidDataException("unknown frame encoding");
        var length = BinaryPrimitives.ReadInt32LittleEndian(payload[1..]);
        if (length is < 0 or > FrameJournal.MaxFrameBytes)
            throw new InvalidDataException("impossible frame length");
        var frame = new byte[length];
        if (!BrotliDecoder.TryDecompress(payload[BrotliHeader..], frame, out var written) || written != length)
            throw new InvalidDataException("the frame does not decompress");
        return frame;
    }

    /// <summary>SHA-256 of the previous hash, the sequence (little endian) and the stored payload.</summary>
    public static byte[] Link(ReadOnlySpan<byte> previousHash, long sequence, ReadOnlySpan<byte> payload)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, sequence);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previousHash);
        hash.AppendData(number);
        hash.AppendData(payload);
        return hash.GetHashAndReset();
    }

    private static byte[]? TryCompress(ReadOnlySpan<byte> frame)
    {
        // The buffer is smaller than the frame: a frame that would not shrink does not fit, and is stored plain.
        var buffer = ArrayPool<byte>.Shared.Rent(frame.Length);
        try
        {
            var room = buffer.AsSpan(BrotliHeader, frame.Length - BrotliHeader);
            if (!BrotliEncoder.TryCompress(frame, room, out var written, FastQuality, WindowBits))
                return null;
            buffer[0] = Brotli;
            BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(1), frame.Length);
            return buffer.AsSpan(0, BrotliHeader + written).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
