namespace OpsMonitor.Grains.Metrics;

/// <summary>The sums of one minute or hour, in the order of their measures. A bucket has some ten of them: two short arrays beat any tree.</summary>
internal sealed class Bucket
{
    private MeasureKey[] _keys = new MeasureKey[4];
    private long[] _sums = new long[4];

    public int Count { get; private set; }

    /// <summary>Changed since somebody who watches last looked.</summary>
    public bool Touched { get; set; }

    /// <summary>A sum of nothing leaves no trace: it would tell in which order the events came.</summary>
    public void Add(MeasureKey key, long by)
    {
        if (by == 0) return;
        var at = Find(key);
        if (at < 0) { Insert(~at, key, by); return; }
        _sums[at] += by;
        if (_sums[at] == 0) RemoveAt(at);
    }

    public void AddTo(SortedDictionary<MeasureKey, long> sums)
    {
        foreach (var (key, sum) in this) sums[key] = sums.GetValueOrDefault(key) + sum;
    }

    public void AddLevelsTo(SortedDictionary<MeasureKey, long> sums)
    {
        foreach (var (key, sum) in this)
            if (Levels.Has(key.Measure)) sums[key] = sums.GetValueOrDefault(key) + sum;
    }

    public IEnumerator<(MeasureKey Key, long Sum)> GetEnumerator()
    {
        for (var i = 0; i < Count; i++) yield return (_keys[i], _sums[i]);
    }

    private int Find(MeasureKey key)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = _keys[middle].CompareTo(key);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1; else high = middle - 1;
        }
        return ~low;
    }

    private void Insert(int at, MeasureKey key, long sum)
    {
        if (Count == _keys.Length)
        {
            Array.Resize(ref _keys, Count * 2);
            Array.Resize(ref _sums, Count * 2);
        }
        Array.Copy(_keys, at, _keys, at + 1, Count - at);
        Array.Copy(_sums, at, _sums, at + 1, Count - at);
        (_keys[at], _sums[at]) = (key, sum);
        Count++;
    }

    private void RemoveAt(int at)
    {
        Count--;
        Array.Copy(_keys, at + 1, _keys, at, Count - at);
        Array.Copy(_sums, at + 1, _sums, at, Count - at);
        (_keys[Count], _sums[Count]) = (default, 0);
    }
}

/// <summary>The samples of one minute, in no order.</summary>
internal sealed class SampleBucket
{
    private readonly SortedDictionary<MeasureKey, List<long>> _values = [];

    public bool IsEmpty => _values.Count == 0;

    /// <param name="sign">1, or -1 for one that is taken back</param>
    public void Add(MeasureKey key, long value, int sign)
    {
        if (!_values.TryGetValue(key, out var values))
        {
            if (sign < 0) return;
            _values[key] = values = [];
        }
        if (sign > 0) values.Add(value); else values.Remove(value);
        if (values.Count == 0) _values.Remove(key);
    }

    public IEnumerator<(MeasureKey Key, List<long> Values)> GetEnumerator()
    {
        foreach (var (key, values) in _values) yield return (key, values);
    }

    public void AddTo(SortedDictionary<MeasureKey, List<long>> all)
    {
        foreach (var (key, own) in _values)
        {
            if (!all.TryGetValue(key, out var values)) all[key] = values = [];
            values.AddRange(own);
        }
    }
}
