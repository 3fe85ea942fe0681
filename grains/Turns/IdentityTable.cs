using System.Collections;

namespace OpsMonitor.Grains.Turns;

/// <summary>Identities, each with the hash of its body: 24 B and little room beside them. They are hashes, so their own bits say where each stands.</summary>
public sealed class IdentityTable : IReadOnlyCollection<KeyValuePair<UInt128, ulong>>
{
    private const int Full = 4, Of = 5; // so much of the places may be taken

    private UInt128[] _places; // 0: an empty place; who finds his own taken stands in the next
    private ulong[] _bodies; // apart: a pair would be filled up to 32 B

    public IdentityTable() : this(8) { }

    private IdentityTable(int places) => (_places, _bodies) = (new UInt128[places], new ulong[places]);

    /// <summary>With no more room than these need. They may come in the order of a table's places: into one that grows meanwhile they would all crowd at its beginning.</summary>
    public IdentityTable(IReadOnlyCollection<KeyValuePair<UInt128, ulong>> all) : this(all, (int)Math.Min(Array.MaxLength, (all.Count * (long)Of / Full) + 2)) { }

    private IdentityTable(IReadOnlyCollection<KeyValuePair<UInt128, ulong>> all, int places) : this(places)
    {
        foreach (var (identity, body) in all) Take(identity, body);
    }

    public int Count { get; private set; }

    /// <returns>null where it is new, and taken by this; else the hash of the body it came with</returns>
    public ulong? Take(UInt128 identity, ulong body)
    {
        var at = Find(identity);
        if (_places[at] != 0) return _bodies[at];
        if ((Count + 1L) * Of > (long)_places.Length * Full)
        {
            var larger = new IdentityTable(this, Math.Max(_places.Length + 8, (int)Math.Min(Array.MaxLength, _places.Length * 3L / 2)));
            (_places, _bodies) = (larger._places, larger._bodies);
            at = Find(identity);
        }
        (_places[at], _bodies[at]) = (identity, body);
        Count++;
        return null;
    }

    /// <returns>the hash of its body; null where it is not known</returns>
    public ulong? this[UInt128 identity] => Find(identity) is var at && _places[at] != 0 ? _bodies[at] : null;

    /// <summary>The same with no more room than it needs; what is taken later is not in it.</summary>
    public IdentityTable Copy() => new(this);

    public IEnumerator<KeyValuePair<UInt128, ulong>> GetEnumerator()
    {
        for (var at = 0; at < _places.Length; at++)
            if (_places[at] != 0) yield return new(_places[at], _bodies[at]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // Where it stands, or would.
    private int Find(UInt128 identity)
    {
        if (identity == 0) throw new ArgumentOutOfRangeException(nameof(identity), "no hash of a real identity is nothing");
        var places = _places;
        var at = (int)Math.BigMul((ulong)(identity >> 64), (ulong)places.Length, out _);
        while (places[at] != 0 && places[at] != identity)
            if (++at == places.Length) at = 0;
        return at;
    }
}
