namespace OpsMonitor.Grains.Turns;

/// <summary>The identities of one stretch of arrivals, each with the hash of its body.</summary>
/// <param name="Since">when the first of them came, Unix ms</param>
public sealed record SeenSince(long Since, IReadOnlyCollection<KeyValuePair<UInt128, ulong>> Known);

/// <summary>
/// What has been accepted before, by identity. Kept for longer than an event may be old when it arrives, so that whatever is forgotten here would be
/// refused for its age; an identity that a sender uses again after that is a new event. Arrivals stand in stretches of a quarter of that horizon; one goes as a whole, which costs no look at what is in it.
/// (design: The rules, identity)
/// </summary>
public sealed class Identities
{
    /// <summary>For how long at least an identity is known, in ms: 35 days. (design: The rules, identity)</summary>
    public const long HorizonMs = 35 * 86_400_000L;

    private const long StretchMs = HorizonMs / 4;

    private readonly List<(long Since, IdentityTable Known)> _stretches = [];

    /// <summary>All that were ever taken, also those forgotten.</summary>
    public long Taken { get; private set; }

    /// <summary>Those in memory.</summary>
    public long Count
    {
        get
        {
            var count = 0L;
            foreach (var (_, known) in _stretches) count += known.Count;
            return count;
        }
    }

    /// <returns>null where it is new, and taken by this; else the hash of the body it came with</returns>
    /// <param name="now">Unix ms, never earlier than the call before</param>
    public ulong? Take(UInt128 identity, ulong body, long now)
    {
        if (_stretches.Count == 0 || now - _stretches[^1].Since >= StretchMs) Begin(now);
        for (var i = 0; i < _stretches.Count - 1; i++)
            if (_stretches[i].Known[identity] is { } before) return before;
        if (_stretches[^1].Known.Take(identity, body) is { } known) return known;
        Taken++;
        return null;
    }

    public bool Knows(UInt128 identity)
    {
        foreach (var (_, known) in _stretches)
            if (known[identity] is not null) return true;
        return false;
    }

    private void Begin(long now)
    {
        if (_stretches.Count > 0) _stretches[^1] = (_stretches[^1].Since, _stretches[^1].Known.Copy()); // it grows no more
        _stretches.Add((now, new()));
    }

    /// <summary>Lets those go that came before the horizon, as far as a whole stretch did.</summary>
    public void Forget(long now)
    {
        while (_stretches.Count > 1 && _stretches[1].Since <= now - HorizonMs) _stretches.RemoveAt(0);
    }

    /// <summary>What later calls do not touch: only the newest stretch still grows, so only that one is copied.</summary>
    public IReadOnlyList<SeenSince> Image() => [.. _stretches.Select((s, i) => new SeenSince(s.Since, i < _stretches.Count - 1 ? s.Known : s.Known.Copy()))];

    /// <summary>Goes on where an image was taken. Only on a fresh one.</summary>
    public void Resume(IReadOnlyList<SeenSince> image, long taken)
    {
        foreach (var (since, known) in image) _stretches.Add((since, new(known)));
        Taken = taken;
    }
}
