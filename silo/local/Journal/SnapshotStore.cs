using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>
/// The newest two snapshots of the folded state. Each is written whole or not at all, and is believed only if its checksums,
/// its fold version and (when asked) the journal agree. One thread at a time.
/// </summary>
/// <param name="folder">Where the snapshots are; created at the first write.</param>
/// <param name="foldVersion">The version of the code that folds events; snapshots of another version are left alone.</param>
public sealed class SnapshotStore(string folder, int foldVersion)
{
    private const int Kept = 2;
    private const string Extension = ".snapshot";

    // Header, little endian: magic 8, fold version 4, sequence 8, journal hash 32, payload length 8, payload SHA-256 32,
    // and the SHA-256 of all that: the length must be known to be right before memory is asked for.
    private const int VersionAt = 8;
    private const int SequenceAt = VersionAt + sizeof(int);
    private const int JournalHashAt = SequenceAt + sizeof(long);
    private const int LengthAt = JournalHashAt + FrameCodec.HashBytes;
    private const int PayloadHashAt = LengthAt + sizeof(long);
    private const int HeaderHashAt = PayloadHashAt + SHA256.HashSizeInBytes;
    private const int HeaderBytes = HeaderHashAt + SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> Magic => "OMSNAP1\n"u8;

    /// <summary>Writes a snapshot so that it survives a power cut, then removes all but the newest two.</summary>
    /// <param name="sequence">The last frame folded into it.</param>
    /// <param name="hash">That frame's chain hash, 32 bytes.</param>
    /// <param name="payload">The state.</param>
    /// <exception cref="IOException">It could not be written; the earlier snapshots are untouched.</exception>
    public void Write(long sequence, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, FrameCodec.HashBytes, nameof(hash));
        DirectorySync.Create(folder);
        var temporary = Path.Combine(folder, "writing.tmp");
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(Header(sequence, hash, payload));
            using (var compressed = new BrotliStream(file, CompressionLevel.Fastest, leaveOpen: true))
                compressed.Write(payload);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, PathOf(sequence), overwrite: true);
        DirectorySync.Sync(folder);
        Prune(sequence);
    }

    /// <summary>The newest snapshot that can be believed; null when there is none and the journal must be folded from its start.</summary>
    /// <param name="announce">Told which snapshots were passed over, and why.</param>
    /// <param name="belongs">Whether the journal knows this sequence and hash (<see cref="FrameJournal.Holds"/>); null to take it on trust.</param>
    public (long Sequence, byte[] Hash, byte[] Payload)? ReadNewestGood(Action<string> announce, Func<long, byte[], bool>? belongs = null)
    {
        foreach (var (sequence, path) in NewestFirst())
        {
            try
            {
                var (hash, payload) = Read(sequence, path);
                if (belongs is null || belongs(sequence, hash))
                    return (sequence, hash, payload);
                announce($"Snapshot {sequence} passed over: the journal does not have the frame it was taken at.");
            }
            catch (InvalidDataException error)
            {
                // Out of the rotation, or it would push out a good one at the next write; kept for the operator.
                File.Move(path, path + ".damaged", overwrite: true);
                announce($"Snapshot {sequence} passed over and set aside: {error.Message}.");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                announce($"Snapshot {sequence} passed over: {error.Message}");
            }
        }
        return null;
    }

    /// <summary>The frame at which the older of the snapshots was taken; null where there is none. What came before it no start needs.</summary>
    public long? Oldest => NewestFirst().Select(found => (long?)found.Sequence).LastOrDefault();

    private byte[] Header(long sequence, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> payload)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(VersionAt), foldVersion);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(SequenceAt), sequence);
        hash.CopyTo(header.AsSpan(JournalHashAt));
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(LengthAt), payload.Length);
        SHA256.HashData(payload, header.AsSpan(PayloadHashAt));
        SHA256.HashData(header.AsSpan(0, HeaderHashAt), header.AsSpan(HeaderHashAt));
        return header;
    }

    /// <exception cref="InvalidDataException">Torn or altered.</exception>
    /// <exception cref="NotSupportedException">Of another fold version.</exception>
    private (byte[] Hash, byte[] Payload) Read(long sequence, string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes || !header.StartsWith(Magic)
            || !SHA256.HashData(header[..HeaderHashAt]).AsSpan().SequenceEqual(header[HeaderHashAt..])
            || BinaryPrimitives.ReadInt64LittleEndian(header[SequenceAt..]) != sequence)
            throw new InvalidDataException("its header is torn or altered");
        var version = BinaryPrimitives.ReadInt32LittleEndian(header[VersionAt..]);
        if (version != foldVersion)
            throw new NotSupportedException($"it was folded by version {version}, this is version {foldVersion}.");
        var payload = new byte[BinaryPrimitives.ReadInt64LittleEndian(header[LengthAt..])];
        if (!TryDecompress(file, payload)
            || !SHA256.HashData(payload).AsSpan().SequenceEqual(header[PayloadHashAt..HeaderHashAt]))
            throw new InvalidDataException("its content is torn or altered");
        return (header[JournalHashAt..LengthAt].ToArray(), payload);
    }

    private static bool TryDecompress(FileStream file, byte[] payload)
    {
        try
        {
            using var compressed = new BrotliStream(file, CompressionMode.Decompress, leaveOpen: true);
            return compressed.ReadAtLeast(payload, payload.Length, throwOnEndOfStream: false) == payload.Length;
        }
        catch (Exception error) when (error is InvalidDataException or InvalidOperationException)
        {
            return false;
        }
    }

    private void Prune(long written)
    {
        var keep = Kept;
        foreach (var (sequence, path) in NewestFirst())
        {
            // One from beyond the frame just folded belongs to a history that the journal has lost.
            if (sequence > written || keep-- <= 0)
                File.Delete(path);
        }
    }

    private IEnumerable<(long Sequence, string Path)> NewestFirst()
    {
        if (!Directory.Exists(folder))
            return [];
        return Directory.GetFiles(folder, "*" + Extension)
            .Select(path => (Sequence: SequenceOf(path), Path: path))
            .Where(found => found.Sequence >= 0)
            .OrderByDescending(found => found.Sequence)
            .ToArray();
    }

    private string PathOf(long sequence) =>
        Path.Combine(folder, sequence.ToString("D19", CultureInfo.InvariantCulture) + Extension);

    private static long SequenceOf(string path) =>
        long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) ? sequence : -1;
}
