using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>
/// The last sequence committed and its chain hash, in a file of its own. SQLite drops a damaged end of its WAL without a word;
/// this is what remembers that there was more. Overwritten in place and synced only now and then, so it may lag behind, never lead.
/// </summary>
internal sealed class HighWaterMark : IDisposable
{
    private const int HashAt = 16;
    private const int ChecksumAt = HashAt + FrameCodec.HashBytes;
    private const int Bytes = ChecksumAt + SHA256.HashSizeInBytes;

    private readonly SafeFileHandle _file;
    private readonly byte[] _record = new byte[Bytes];

    public HighWaterMark(string path) =>
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);

    private static ReadOnlySpan<byte> Magic => "OMHWM01\n"u8;

    /// <summary>The mark, or null when the file is new, cut short or does not match its checksum.</summary>
    public (long Sequence, byte[] Hash)? Read()
    {
        Span<byte> record = stackalloc byte[Bytes];
        if (RandomAccess.Read(_file, record, 0) != Bytes || !record.StartsWith(Magic)
            || !SHA256.HashData(record[..ChecksumAt]).AsSpan().SequenceEqual(record[ChecksumAt..]))
            return null;
        return (BinaryPrimitives.ReadInt64LittleEndian(record[Magic.Length..]), record[HashAt..ChecksumAt].ToArray());
    }

    public void Write(long sequence, ReadOnlySpan<byte> hash)
    {
        Magic.CopyTo(_record);
        BinaryPrimitives.WriteInt64LittleEndian(_record.AsSpan(Magic.Length), sequence);
        hash.CopyTo(_record.AsSpan(HashAt));
        SHA256.HashData(_record.AsSpan(0, ChecksumAt), _record.AsSpan(ChecksumAt));
        RandomAccess.Write(_file, _record, 0);
    }

    public void Sync() => RandomAccess.FlushToDisk(_file);

    public void Dispose() => _file.Dispose();
}
