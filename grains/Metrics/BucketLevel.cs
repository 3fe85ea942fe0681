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
