namespace OpsMonitor.Simulator;

/// <summary>The one source of chance: splitmix64, so a seed means the same in every version of every runtime.</summary>
public sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to below <paramref name="end"/>.</summary>
    public int Below(int end) => (int)(Next() % (ulong)end);

    public long Between(long from, long to) => from + (long)(Next() % (ulong)(to - from + 1));

    /// <summary>So many times in a thousand.</summary>
    public bool Chance(int perMille) => Below(1000) < perMille;

    public T Of<T>(params ReadOnlySpan<T> some) => some[Below(some.Length)];
}
