namespace OpsMonitor.Grains.Metrics;

/// <summary>Buckets of one length. The newest so many stay as they are; those before are packed until somebody touches them.</summary>
/// <param name="open">how many stay</param>
internal sealed class BucketLevel(int open, MeasureNumbers numbers)
{
    private readonly Dictionary<long, Bucket> _buckets = [];
    private readonly Queue<long> _open = new();
    private long? _first, _last; // null where it has to be looked for

    public int Count => _buckets.Count;

    public Dictionary<long, Bucket>.KeyCollection Starts => _buckets.Keys;

    public Bucket? this[long at] => _buckets.GetValueOrDefault(at);

    /// <summary>Of the first one that holds anything, or null.</summary>
    public long? First => _buckets.Count == 0 ? null : _first ??= _buckets.Keys.Min();

    /// <summary>Of the last one that holds anything, or null.</summary>
    public long? Last => _buckets.Count == 0 ? null : _last ??= _buckets.Keys.Max();

    public Dictionary<long, Bucket>.Enumerator GetEnumerator() => _buckets.GetEnumerator();

    /// <returns>the bucket, which may hold nothing any more</returns>
    public Bucket Add(long at, MeasureKey key, long by)
    {
        var known = _buckets.TryGetValue(at, out var bucket);
        if (!known) Begin(at, bucket = new(numbers));
        if (!known || bucket!.IsPacked) Open(at);
        bucket!.Add(key, by);
        if (bucket.Count == 0) End(at);
        return bucket;
    }

    private void Begin(long at, Bucket bucket)
    {
        _buckets[at] = bucket;
        if (at < _first) _first = at;
        if (at > _last) _last = at;
    }

    private void End(long at)
    {
        _buckets.Remove(at);
        if (at == _first) _first = null;
        if (at == _last) _last = null;
    }

    private void Open(long at)
    {
        _open.Enqueue(at);
        if (_open.Count > open && _buckets.TryGetValue(_open.Dequeue(), out var old)) old.Pack();
    }
}

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
            foreach (var (at, bucket) in hours)
                if (at < hour) bucket.AddLevelsTo(sums);
            return;
        }
        foreach (var (key, n) in _before) sums[key] = sums.GetValueOrDefault(key) + n;
        for (var at = _to; at < end; at += Hour) hours[at]?.AddLevelsTo(sums);
    }

    private void Advance(long to, BucketLevel hours)
    {
        if (to <= _to) return;
        foreach (var (at, bucket) in hours)
            if (at >= _to && at < to) bucket.AddLevelsTo(_before);
        foreach (var key in _before.Where(p => p.Value == 0).Select(p => p.Key).ToList()) _before.Remove(key);
        _to = to;
    }
}
