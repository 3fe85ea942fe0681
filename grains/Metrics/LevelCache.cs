namespace OpsMonitor.Grains.Metrics;

/// <summary>The sums of levels over all hours before one that is not long ago: else each look would go through all there ever were.</summary>
internal sealed class LevelCache
{
    private const long Hour = 3_600_000, Behind = 2 * 24 * Hour;

    private readonly SortedDictionary<MeasureKey, long> _before = [];
    private long _to = long.MinValue; // exclusive

    /// <summary>Something is added to an hour.</summary>
    public void Add(long hour, MeasureKey key, long by)
    {
        if (hour >= _to || !Levels.Has(key.Measure)) return;
        if ((_before[key] = _before.GetValueOrDefault(key) + by) == 0) _before.Remove(key);
    }

    /// <summary>The sums of all hours before one of them, added to sums.</summary>
    public void AddBefore(long hour, BucketLevel hours, SortedDictionary<MeasureKey, long> sums)
    {
        if (hours.Last is not { } last) return;
        var end = Math.Min(hour, last + Hour);
        Advance(end - Behind, hours);
        if (_to == long.MinValue || end < _to)
        {
            hours.AddSums(new(long.MinValue, hour), sums, levels: true);
            return;
        }
        foreach (var (key, n) in _before) sums[key] = sums.GetValueOrDefault(key) + n;
        hours.AddSums(new(_to, end), sums, levels: true);
    }

    private void Advance(long to, BucketLevel hours)
    {
        if (to <= _to) return;
        hours.AddSums(new(_to, to), _before, levels: true);
        foreach (var key in _before.Where(p => p.Value == 0).Select(p => p.Key).ToList()) _before.Remove(key);
        _to = to;
    }
}
