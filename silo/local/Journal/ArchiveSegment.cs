using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>
/// One file of frames that left the journal's database: packed in blocks, since many frames together are a fraction of what each is alone. Written
/// whole or not at all. The header names its frames, the chain's hash before and after them, and every block's checksum.
/// </summary>
internal sealed class ArchiveSegment
{
    public const string Extension = ".frames";

    private const int BlockBytes = 1 << 20, Quality = 7, WindowBits = 22;
    private const int HashBytes = FrameCodec.HashBytes;
    private const int FirstAt = 8, LastAt = 16, BeforeAt = 24, AfterAt = BeforeAt + HashBytes, BlocksAt = AfterAt + HashBytes, IndexAt = BlocksAt + sizeof(int);
    private const int EntryBytes = 8 + 8 + 4 + 4 + HashBytes;

    private readonly record struct Block(long First, long Offset, int Packed, int Plain, byte[] Hash);

    private readonly string _path;
    private readonly Block[] _blocks;
    private (int Number, List<byte[]> Frames)? _read; // the block read last: neighbours are asked for together

    private ArchiveSegment(string path, long first, long last, byte[] before, byte[] after, Block[] blocks) =>
        (_path, First, Last, HashBefore, HashAfter, _blocks) = (path, first, last, before, after, blocks);

    public long First { get; }

    public long Last { get; }

    public byte[] HashBefore { get; }

    public byte[] HashAfter { get; }

    private static ReadOnlySpan<byte> Magic => "OMARCH1\n"u8;

    public static string NameOf(long first, long last) => string.Create(CultureInfo.InvariantCulture, $"{first:D19}-{last:D19}{Extension}");

    /// <exception cref="InvalidDataException">torn, altered, or of another kind</exception>
    public static ArchiveSegment Open(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        var head = new byte[IndexAt];
        if (file.ReadAtLeast(head, IndexAt, throwOnEndOfStream: false) < IndexAt || !head.AsSpan().StartsWith(Magic)) throw new InvalidDataException("it is no archive of frames");
        var count = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(BlocksAt));
        if (count < 1 || (long)count * EntryBytes > file.Length) throw new InvalidDataException("its header is torn or altered");
        var index = new byte[(count * EntryBytes) + HashBytes];
        if (file.ReadAtLeast(index, index.Length, throwOnEndOfStream: false) < index.Length) throw new InvalidDataException("its header is torn");
        if (!SHA256.HashData([.. head, .. index[..^HashBytes]]).AsSpan().SequenceEqual(index.AsSpan(count * EntryBytes))) throw new InvalidDataException("its header is torn or altered");
        var blocks = new Block[count];
        for (var i = 0; i < count; i++)
        {
            var e = index.AsSpan(i * EntryBytes);
            blocks[i] = new(BinaryPrimitives.ReadInt64LittleEndian(e), BinaryPrimitives.ReadInt64LittleEndian(e[8..]), BinaryPrimitives.ReadInt32LittleEndian(e[16..]),
                BinaryPrimitives.ReadInt32LittleEndian(e[20..]), e[24..EntryBytes].ToArray());
        }
        return new(path, BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(FirstAt)), BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(LastAt)), head[BeforeAt..AfterAt], head[AfterAt..BlocksAt], blocks);
    }

    /// <summary>Writes frames that follow each other, so that the file survives a power cut when this returns.</summary>
    public static ArchiveSegment Write(string folder, long first, byte[] before, byte[] after, IReadOnlyList<byte[]> frames, Action<string> step)
    {
        var (blocks, packed, at) = (new List<Block>(), new List<byte[]>(), 0L);
        Span<byte> length = stackalloc byte[sizeof(int)];
        for (var i = 0; i < frames.Count;)
        {
            var (plain, start) = (new MemoryStream(), i);
            do
            {
                BinaryPrimitives.WriteInt32LittleEndian(length, frames[i].Length);
                plain.Write(length);
                plain.Write(frames[i++]);
            }
            while (i < frames.Count && plain.Length + frames[i].Length < BlockBytes);
            var bytes = plain.ToArray();
            var room = new byte[BrotliEncoder.GetMaxCompressedLength(bytes.Length)];
            if (!BrotliEncoder.TryCompress(bytes, room, out var written, Quality, WindowBits)) throw new IOException("a block of frames does not compress");
            packed.Add(room[..written]);
            blocks.Add(new(first + start, at, written, bytes.Length, SHA256.HashData(bytes)));
            at += written;
        }
        var path = Path.Combine(folder, NameOf(first, first + frames.Count - 1));
        var temporary = Path.Combine(folder, "writing.tmp");
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(Header(first, first + frames.Count - 1, before, after, blocks));
            step("half of a segment is written");
            foreach (var block in packed) file.Write(block);
            step("a segment is written and not synced");
            file.Flush(flushToDisk: true);
        }
        step("a segment is not named yet");
        File.Move(temporary, path, overwrite: true);
        step("a segment is named and its folder not synced");
        DirectorySync.Sync(folder);
        return Open(path);
    }

    /// <exception cref="JournalDamagedException">its block is torn or altered</exception>
    public byte[] Frame(long sequence)
    {
        var number = _blocks.Length - 1;
        while (_blocks[number].First > sequence) number--;
        if (_read is not { } read || read.Number != number) _read = read = (number, ReadBlock(number, sequence));
        return read.Frames[(int)(sequence - _blocks[number].First)];
    }

    private static byte[] Header(long first, long last, byte[] before, byte[] after, List<Block> blocks)
    {
        var head = new byte[IndexAt + (blocks.Count * EntryBytes) + HashBytes];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(FirstAt), first);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(LastAt), last);
        before.CopyTo(head.AsSpan(BeforeAt));
        after.CopyTo(head.AsSpan(AfterAt));
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(BlocksAt), blocks.Count);
        for (var i = 0; i < blocks.Count; i++)
        {
            var b = blocks[i];
            var e = head.AsSpan(IndexAt + (i * EntryBytes));
            BinaryPrimitives.WriteInt64LittleEndian(e, b.First);
            BinaryPrimitives.WriteInt64LittleEndian(e[8..], head.Length + b.Offset);
            BinaryPrimitives.WriteInt32LittleEndian(e[16..], b.Packed);
            BinaryPrimitives.WriteInt32LittleEndian(e[20..], b.Plain);
            b.Hash.CopyTo(e[24..]);
        }
        SHA256.HashData(head.AsSpan(0, head.Length - HashBytes), head.AsSpan(head.Length - HashBytes));
        return head;
    }

    private List<byte[]> ReadBlock(int number, long sequence)
    {
        var block = _blocks[number];
        try
        {
            using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read);
            file.Position = block.Offset;
            var (packed, plain) = (new byte[block.Packed], new byte[block.Plain]);
            file.ReadExactly(packed);
            if (!BrotliDecoder.TryDecompress(packed, plain, out var written) || written != plain.Length || !SHA256.HashData(plain).AsSpan().SequenceEqual(block.Hash))
                throw new JournalDamagedException(sequence, $"the archive '{Path.GetFileName(_path)}' is torn or altered");
            var frames = new List<byte[]>();
            for (var at = 0; at < plain.Length;)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(plain.AsSpan(at));
                frames.Add(plain[(at + sizeof(int))..(at + sizeof(int) + length)]);
                at += sizeof(int) + length;
            }
            return frames;
        }
        catch (IOException error)
        {
            throw new JournalDamagedException(sequence, $"the archive '{Path.GetFileName(_path)}' cannot be read: {error.Message}", error);
        }
    }
}
