namespace OpsMonitor.Silo.Local;

/// <summary>The newest 20,000 detection latenesses, in ms: alert raised minus true due time.</summary>
public sealed class LatenessLog
{
    private const int Kept = 20_000;

    private readonly Queue<long> _values = new();
    private readonly Lock _gate = new();

    public long Total { get; private set; }

    public long Max { get; private set; }

    public void Add(long ms)
    {
        lock (_gate)
        {
            Total++;
            Max = Math.Max(Max, ms);
            _values.Enqueue(ms);
            if (_values.Count > Kept) _values.Dequeue();
        }
    }

    /// <returns>null where nothing has been raised yet</returns>
    public long? Percentile(int percent)
    {
        long[] sorted;
        lock (_gate) sorted = [.. _values];
        if (sorted.Length == 0) return null;
        Array.Sort(sorted);
        return sorted[Math.Max(1, ((sorted.Length * percent) + 99) / 100) - 1];
    }
}
