using System.Text;

namespace OpsMonitor.Grains.Metrics;

/// <summary>Numbers and texts as few bytes: what is seldom read is kept small. One writer is used for many byte strings, one after the other.</summary>
internal sealed class ShortBytes
{
    private byte[] _room = new byte[256];
    private int _length;

    public void Begin() => _length = 0;

    /// <summary>Seven bits a byte, the sign in the lowest: small ones of either sign are short.</summary>
    public void Write(long value)
    {
        Room(10);
        var rest = (ulong)((value << 1) ^ (value >> 63));
        for (; rest >= 0x80; rest >>= 7) _room[_length++] = (byte)(rest | 0x80);
        _room[_length++] = (byte)rest;
    }

    public void Write(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Write((long)length);
        Room(length);
        _length += Encoding.UTF8.GetBytes(text, _room.AsSpan(_length));
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Write((long)bytes.Length);
        Room(bytes.Length);
        bytes.CopyTo(_room.AsSpan(_length));
        _length += bytes.Length;
    }

    public byte[] End() => _room.AsSpan(0, _length).ToArray();

    public static long ReadNumber(byte[] bytes, ref int at)
    {
        var (value, shift) = (0UL, 0);
        for (; bytes[at] >= 0x80; shift += 7) value |= (ulong)(bytes[at++] & 0x7F) << shift;
        value |= (ulong)bytes[at++] << shift;
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public static string ReadText(byte[] bytes, ref int at)
    {
        var length = (int)ReadNumber(bytes, ref at);
        at += length;
        return Encoding.UTF8.GetString(bytes, at - length, length);
    }

    public static byte[] ReadBytes(byte[] bytes, ref int at)
    {
        var length = (int)ReadNumber(bytes, ref at);
        at += length;
        return bytes[(at - length)..at];
    }

    private void Room(int more)
    {
        if (_length + more > _room.Length) Array.Resize(ref _room, Math.Max(_room.Length * 2, _length + more));
    }
}
