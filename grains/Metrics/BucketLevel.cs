namespace OpsMonitor.Grains.Metrics;

/// <summary>Buckets of one length, stretch by stretch. The few stretches that were added to last are open, the others rest.</summary>
/// <param name="unit">length of a bucket, ms</param>
/// <param name="span">length of a stretch, ms</param>
internal sealed class BucketLevel(long unit, long span, IShelf shelf)
{
    private const int MostOpen = 2;

    private readonly SortedDictionary<long, LedgerSpan> _spans = [];
    private readonly List<LedgerSpan> _open = [];
    private readonly ShortBytes _room = new();
    private LedgerSpan? _last; // most of what comes is for the same one
    private long _uses, _usesBefore; // now, and when the newest stretch began

    public Bucket? this[long at] => Find(at)?.Look().Points.GetValueOrDefault(at);

    /// <summary>The samples of one bucket; null for none.</summary>
    public SampleBucket? SamplesAt(long at) => Find(at)?.Look().Samples.GetValueOrDefault(at);

    /// <summary>Of the first one that has a sum, or null.</summary>
    public long? First => _spans.Values.Select(static s => s.Edges().First).FirstOrDefault(static at => at is not null);

    /// <summary>Of the last one that has a sum, or null.</summary>
    public long? Last => _spans.Values.Reverse().Select(static s => s.Edges().Last).FirstOrDefault(static at => at is not null);

    /// <summary>Stretch by stretch what begins in a window, ascending by stretch; what is of others may be among it.</summary>
    public IEnumerable<OpenSpan> Over(Window window)
    {
        foreach (var one in Spans(window)) yield return one.Look();
    }

    /// <summary>The sums of the buckets that begin in a window; its edges are those of buckets.</summary>
    /// <param name="levels">only of measures that are levels</param>
    public void AddSums(Window window, SortedDictionary<MeasureKey, long> all, bool levels = false)
    {
        foreach (var one in Spans(window)) one.AddSums(window, all, levels);
    }

    public void AddSamples(Window window, SortedDictionary<MeasureKey, List<long>> all)
    {
        foreach (var one in Spans(window)) one.AddSamples(window, all);
    }

    /// <returns>the bucket, which may hold nothing any more; null for one at rest</returns>
    public Bucket? Add(long at, MeasureKey key, long by) => Of(at).Add(at, key, by);

    public void AddSample(long at, MeasureKey key, long value, int sign) => Of(at).AddSample(at, key, value, sign);

    public IReadOnlyList<SpanImage> Image() => [.. _spans.Values.Where(static s => !s.IsEmpty).Select(static s => s.Image())];

    /// <summary>Goes on where an image was taken; only on a fresh level.</summary>
    public void Restore(IReadOnlyList<SpanImage> image)
    {
        foreach (var one in image) _spans[one.Start] = LedgerSpan.Of(one, unit, shelf, _room);
        foreach (var one in _spans.Values.TakeLast(MostOpen)) // where most of what comes now will be
        {
            one.Open();
            _open.Add(one);
        }
    }

    private IEnumerable<LedgerSpan> Spans(Window window)
    {
        if (window.From == long.MinValue || window.To == long.MaxValue || (window.To - window.From) / span >= _spans.Count)
        {
            foreach (var (start, one) in _spans)
                if (start + span > window.From && start < window.To) yield return one;
            yield break;
        }
        for (var start = StartOf(window.From); start < window.To; start += span)
            if (_spans.TryGetValue(start, out var one)) yield return one;
    }

    private LedgerSpan? Find(long at) => _last is not null && _last.Start == StartOf(at) ? _last : _spans.GetValueOrDefault(StartOf(at));

    private LedgerSpan Of(long at)
    {
        var start = StartOf(at);
        if (_last is null || _last.Start != start)
        {
            if (!_spans.TryGetValue(start, out var found))
            {
                _spans[start] = found = new(start, unit, shelf, _room);
                _open.Add(found);
                if (_open.Count > MostOpen) RestOne(found);
                WriteOne();
            }
            _last = found;
        }
        _last.Used = ++_uses;
        return _last;
    }

    // The one that nobody has added to for longest.
    private void RestOne(LedgerSpan but)
    {
        var oldest = _open[0];
        foreach (var one in _open)
            if (one != but && one.Used < oldest.Used) oldest = one;
        _open.Remove(oldest);
        oldest.Rest();
    }

    // One more stretch is as a rule heard of no more: what came late for it would else be kept beside it for good.
    private void WriteOne()
    {
        foreach (var one in _spans.Values)
        {
            if (!one.HasLater || one.Used > _usesBefore) continue;
            one.Rest();
            break;
        }
        _usesBefore = _uses;
    }

    private long StartOf(long at) => at - (((at % span) + span) % span);
}
