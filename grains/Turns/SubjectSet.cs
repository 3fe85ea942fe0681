using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// Subjects by eight bytes of their name's hash, eleven to sixteen bytes each; only ever added to. Two that share a hash are taken for one another:
/// whoever asks must bear a yes that is wrong.
/// </summary>
public sealed class SubjectSet
{
    private const int Smallest = 16;

    private ulong[] _slots = new ulong[Smallest]; // 0 is a free one

    public int Count { get; private set; }

    public bool Contains(Subject who) => Count > 0 && _slots[Find(HashOf(who))] != 0;

    public void Add(Subject who) => Add(HashOf(who));

    /// <param name="hash">one of <see cref="All"/> of another set</param>
    public void Add(ulong hash)
    {
        var at = Find(hash);
        if (_slots[at] != 0) return;
        _slots[at] = hash;
        if (++Count * 4L > _slots.Length * 3L) Grow();
    }

    /// <summary>In no order.</summary>
    public ulong[] All()
    {
        var (all, n) = (new ulong[Count], 0);
        foreach (var hash in _slots)
            if (hash != 0) all[n++] = hash;
        return all;
    }

    private static ulong HashOf(Subject who)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(who.ToString()), hash);
        return Math.Max(1, BinaryPrimitives.ReadUInt64BigEndian(hash));
    }

    private int Find(ulong hash)
    {
        var at = (int)(hash & (ulong)(_slots.Length - 1));
        while (_slots[at] != 0 && _slots[at] != hash) at = (at + 1) & (_slots.Length - 1);
        return at;
    }

    private void Grow()
    {
        var old = _slots;
        _slots = new ulong[old.Length * 2];
        foreach (var hash in old)
            if (hash != 0) _slots[Find(hash)] = hash;
    }
}
