namespace OpsMonitor.Grains.Metrics;

/// <summary>The buckets of a stretch of time, to be added to and looked at: and how they are written as bytes.</summary>
internal sealed class OpenSpan
{
    private readonly Dictionary<long, Bucket> _points = [];
    private readonly SortedDictionary<long, SampleBucket> _samples = [];

    public bool IsEmpty => _points.Count == 0 && _samples.Count == 0;

    public Dictionary<long, Bucket> Points => _points;

    /// <summary>By their instant.</summary>
    public SortedDictionary<long, SampleBucket> Samples => _samples;

    /// <returns>the bucket, which may hold nothing any more</returns>
    public Bucket Add(long at, MeasureKey key, long by)
    {
        if (!_points.TryGetValue(at, out var bucket)) _points[at] = bucket = new();
        bucket.Add(key, by);
        if (bucket.Count == 0) _points.Remove(at);
        return bucket;
    }

    public void AddSample(long at, MeasureKey key, long value, int sign)
    {
        if (!_samples.TryGetValue(at, out var bucket)) _samples[at] = bucket = new();
        bucket.Add(key, value, sign);
        if (bucket.IsEmpty) _samples.Remove(at);
    }

    /// <summary>Measure by measure, in each the steps from one bucket to the next: most sums are small, and so are the steps.</summary>
    /// <param name="start">of the stretch</param>
    /// <param name="unit">length of a bucket, ms</param>
    public byte[] Write(ShortBytes bytes, long start, long unit)
    {
        var points = new SortedDictionary<MeasureKey, List<(long Place, long Sum)>>();
        foreach (var (at, bucket) in _points)
            foreach (var (key, sum) in bucket) Of(points, key).Add(((at - start) / unit, sum));
        var samples = new SortedDictionary<MeasureKey, List<(long Place, long Value)>>();
        foreach (var (at, bucket) in _samples)
            foreach (var (key, values) in bucket)
                foreach (var value in values) Of(samples, key).Add(((at - start) / unit, value));
        bytes.Begin();
        Write(bytes, samples);
        Write(bytes, points);
        return bytes.End();
    }

    public static OpenSpan Read(byte[] bytes, long start, long unit)
    {
        var (open, at) = (new OpenSpan(), 0);
        if (bytes.Length == 0) return open;
        foreach (var (key, place, value) in Entries(bytes, ref at)) open.AddSample(start + (place * unit), key, value, 1);
        foreach (var (key, place, sum) in Entries(bytes, ref at)) open.Add(start + (place * unit), key, sum);
        return open;
    }

    /// <summary>Only the samples of written bytes, from one instant to another, exclusive: nothing else of them is read.</summary>
    public static void AddSamples(byte[] bytes, long start, long unit, Window window, SortedDictionary<MeasureKey, List<long>> all)
    {
        if (bytes.Length == 0) return;
        var at = 0;
        for (var keys = ShortBytes.ReadNumber(bytes, ref at); keys > 0; keys--)
        {
            var key = ReadKey(bytes, ref at);
            all.TryGetValue(key, out var values);
            var place = 0L;
            for (var left = ShortBytes.ReadNumber(bytes, ref at); left > 0; left--)
            {
                place += ShortBytes.ReadNumber(bytes, ref at);
                var value = ShortBytes.ReadNumber(bytes, ref at);
                if (start + (place * unit) is var when && (when < window.From || when >= window.To)) continue;
                if (values is null) all[key] = values = [];
                values.Add(value);
            }
        }
    }

    /// <summary>Only the sums of written bytes, from one instant to another, exclusive. A bucket in which nothing is left counts for nothing, as in one that is open.</summary>
    /// <param name="levels">only of measures that are levels</param>
    /// <param name="late">what came later, by measure and bucket; it is used up</param>
    public static void AddSums(byte[] bytes, long start, long unit, Window window, SortedDictionary<MeasureKey, long> all, bool levels, SortedDictionary<MeasureKey, SortedDictionary<long, long>> late)
    {
        var at = 0;
        for (var keys = bytes.Length == 0 ? 0 : ShortBytes.ReadNumber(bytes, ref at); keys > 0; keys--) // past the samples
        {
            ReadKey(bytes, ref at);
            for (var left = 2 * ShortBytes.ReadNumber(bytes, ref at); left > 0; left--) ShortBytes.ReadNumber(bytes, ref at);
        }
        for (var keys = bytes.Length == 0 ? 0 : ShortBytes.ReadNumber(bytes, ref at); keys > 0; keys--)
        {
            var (key, place, sum, any) = (ReadKey(bytes, ref at), 0L, 0L, false);
            late.Remove(key, out var more);
            for (var left = ShortBytes.ReadNumber(bytes, ref at); left > 0; left--)
            {
                place += ShortBytes.ReadNumber(bytes, ref at);
                var by = ShortBytes.ReadNumber(bytes, ref at);
                if (start + (place * unit) is var when && (when < window.From || when >= window.To)) continue;
                if (more is not null && more.Remove(when, out var change)) by += change;
                (sum, any) = (sum + by, any || by != 0);
            }
            Add(key, more, sum, any);
        }
        foreach (var (key, more) in late) Add(key, more, 0, false);

        void Add(MeasureKey key, SortedDictionary<long, long>? more, long sum, bool any)
        {
            if (more is not null)
                foreach (var change in more.Values) (sum, any) = (sum + change, any || change != 0);
            if (any && (!levels || Levels.Has(key.Measure))) all[key] = all.GetValueOrDefault(key) + sum;
        }
    }

    private static List<(long, long)> Of(SortedDictionary<MeasureKey, List<(long, long)>> all, MeasureKey key) =>
        all.TryGetValue(key, out var entries) ? entries : all[key] = [];

    private static void Write(ShortBytes bytes, SortedDictionary<MeasureKey, List<(long Place, long Amount)>> all)
    {
        bytes.Write(all.Count);
        foreach (var (key, entries) in all)
        {
            bytes.Write((long)key.Measure);
            bytes.Write(key.Param);
            bytes.Write(entries.Count);
            entries.Sort();
            var last = 0L;
            foreach (var (place, amount) in entries)
            {
                bytes.Write(place - last);
                bytes.Write(amount);
                last = place;
            }
        }
    }

    private static List<(MeasureKey Key, long Place, long Amount)> Entries(byte[] bytes, ref int at)
    {
        var all = new List<(MeasureKey, long, long)>();
        for (var keys = ShortBytes.ReadNumber(bytes, ref at); keys > 0; keys--)
        {
            var (key, place) = (ReadKey(bytes, ref at), 0L);
            for (var left = ShortBytes.ReadNumber(bytes, ref at); left > 0; left--)
            {
                place += ShortBytes.ReadNumber(bytes, ref at);
                all.Add((key, place, ShortBytes.ReadNumber(bytes, ref at)));
            }
        }
        return all;
    }

    private static MeasureKey ReadKey(byte[] bytes, ref int at) => new((Measure)ShortBytes.ReadNumber(bytes, ref at), ShortBytes.ReadText(bytes, ref at));
}
