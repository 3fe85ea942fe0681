namespace OpsMonitor.Grains.Metrics;

/// <summary>Numbers for the measures of one ledger, and whole numbers as few bytes: what is seldom read is kept small.</summary>
internal sealed class MeasureNumbers
{
    private readonly Dictionary<MeasureKey, int> _numbers = [];
    private readonly List<MeasureKey> _keys = [];
    private byte[] _room = new byte[256];
    private int _length;

    public MeasureKey Of(int number) => _keys[number];

    /// <summary>Begins a new text of bytes.</summary>
    public void Begin() => _length = 0;

    public void Write(MeasureKey key)
    {
        if (!_numbers.TryGetValue(key, out var number))
        {
            _numbers[key] = number = _keys.Count;
            _keys.Add(key);
        }
        Write((long)number);
    }

    /// <summary>Seven bits a byte, the sign in the lowest: small ones of either sign are short.</summary>
    public void Write(long value)
    {
        if (_length + 10 > _room.Length) Array.Resize(ref _room, _room.Length * 2);
        var rest = (ulong)((value << 1) ^ (value >> 63));
        for (; rest >= 0x80; rest >>= 7) _room[_length++] = (byte)(rest | 0x80);
        _room[_length++] = (byte)rest;
    }

    public byte[] End() => _room.AsSpan(0, _length).ToArray();

    public static long Read(byte[] bytes, ref int at)
    {
        var (value, shift) = (0UL, 0);
        for (; bytes[at] >= 0x80; shift += 7) value |= (ulong)(bytes[at++] & 0x7F) << shift;
        value |= (ulong)bytes[at++] << shift;
        return (long)(value >> 1) ^ -(long)(value & 1);
    }
}
