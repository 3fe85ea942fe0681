namespace OpsMonitor.Grains.Metrics;

/// <summary>
/// The sums of one minute or hour, in the order of their measures. A bucket has some ten of them: two short arrays beat any tree. One that nobody
/// has touched for long is kept as bytes (<see cref="Pack"/>), a tenth of the size; it is read as it stands and unpacked when it changes.
/// </summary>
internal sealed class Bucket(MeasureNumbers numbers)
{
    private MeasureKey[] _keys = new MeasureKey[4];
    private long[] _sums = new long[4];
    private byte[]? _packed;

    public int Count { get; private set; }

    public bool IsPacked => _packed is not null;

    /// <summary>Changed since somebody who watches last looked.</summary>
    public bool Touched { get; set; }

    /// <summary>A sum of nothing leaves no trace: it would tell in which order the events came.</summary>
    public void Add(MeasureKey key, long by)
    {
        if (by == 0) return;
        if (_packed is not null) Unpack();
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
        if (_packed is { } bytes)
            for (var at = 0; at < bytes.Length;)
            {
                var key = numbers.Of((int)MeasureNumbers.Read(bytes, ref at));
                yield return (key, MeasureNumbers.Read(bytes, ref at));
            }
        else
            for (var i = 0; i < Count; i++) yield return (_keys[i], _sums[i]);
    }

    public void Pack()
    {
        if (_packed is not null) return;
        numbers.Begin();
        for (var i = 0; i < Count; i++)
        {
            numbers.Write(_keys[i]);
            numbers.Write(_sums[i]);
        }
        (_packed, _keys, _sums) = (numbers.End(), [], []);
    }

    private void Unpack()
    {
        var (keys, sums, at) = (new MeasureKey[Count + 1], new long[Count + 1], 0);
        foreach (var (key, sum) in this) (keys[at], sums[at++]) = (key, sum);
        (_packed, _keys, _sums) = (null, keys, sums);
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

/// <summary>The samples of one minute, in no order; packed as a <see cref="Bucket"/> is.</summary>
internal sealed class SampleBucket(MeasureNumbers numbers)
{
    private SortedDictionary<MeasureKey, List<long>>? _values = [];
    private byte[]? _packed;

    public bool IsPacked => _packed is not null;

    public bool IsEmpty => _packed is null && _values!.Count == 0;

    public void Add(MeasureKey key, long value)
    {
        Unpack();
        if (!_values!.TryGetValue(key, out var values)) _values[key] = values = [];
        values.Add(value);
    }

    public void Remove(MeasureKey key, long value)
    {
        Unpack();
        if (!_values!.TryGetValue(key, out var values)) return;
        values.Remove(value);
        if (values.Count == 0) _values.Remove(key);
    }

    public IEnumerator<(MeasureKey Key, long Value)> GetEnumerator()
    {
        if (_packed is { } bytes)
            for (var at = 0; at < bytes.Length;)
            {
                var key = numbers.Of((int)MeasureNumbers.Read(bytes, ref at));
                for (var left = MeasureNumbers.Read(bytes, ref at); left > 0; left--) yield return (key, MeasureNumbers.Read(bytes, ref at));
            }
        else
            foreach (var (key, values) in _values!)
                foreach (var value in values) yield return (key, value);
    }

    public void AddTo(SortedDictionary<MeasureKey, List<long>> all)
    {
        foreach (var (key, value) in this)
        {
            if (!all.TryGetValue(key, out var values)) all[key] = values = [];
            values.Add(value);
        }
    }

    public void Pack()
    {
        if (_packed is not null) return;
        numbers.Begin();
        foreach (var (key, values) in _values!)
        {
            numbers.Write(key);
            numbers.Write(values.Count);
            foreach (var value in values) numbers.Write(value);
        }
        (_packed, _values) = (numbers.End(), null);
    }

    private void Unpack()
    {
        if (_packed is null) return;
        var values = new SortedDictionary<MeasureKey, List<long>>();
        AddTo(values);
        (_packed, _values) = (null, values);
    }
}
