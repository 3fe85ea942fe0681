namespace OpsMonitor.Grains.Metrics;

/// <summary>Added to buckets after they had gone to rest.</summary>
/// <param name="At">start of the bucket, Unix ms</param>
/// <param name="Sample">0 for an amount that is added to a sum, 1 for a value among the samples, -1 for one that is taken back</param>
public readonly record struct LateSum(long At, MeasureKey Key, long Amount, int Sample);

/// <summary>A stretch of a ledger's buckets as it stood.</summary>
public sealed record SpanImage(long Start, RestingBytes Bytes, IReadOnlyList<LateSum> Later);

/// <summary>
/// The buckets of a stretch of time: open while they are added to, then at rest as bytes. What comes later still is kept beside these until it is worth
/// writing them anew; whoever looks sees both.
/// </summary>
/// <param name="start">Unix ms</param>
/// <param name="unit">length of a bucket, ms</param>
internal sealed class LedgerSpan(long start, long unit, IShelf shelf, ShortBytes room)
{
    private const int LaterAtLeast = 128, LaterPart = 128;

    private OpenSpan? _open = new();
    private RestingBytes? _bytes;
    private List<LateSum> _later = [];
    private WeakReference<OpenSpan>? _seen; // as long as the memory is not needed
    private int _length;
    private (long? First, long? Last)? _edges;

    public long Start => start;

    public bool IsEmpty => _open is null ? _length == 0 && _later.Count == 0 : _open.IsEmpty;

    /// <summary>Something came after it had gone to rest, and is kept beside its bytes.</summary>
    public bool HasLater => _open is null && _later.Count > 0;

    /// <summary>Grows with every addition to its level: who was added to last.</summary>
    public long Used { get; set; }

    public static LedgerSpan Of(SpanImage image, long unit, IShelf shelf, ShortBytes room)
    {
        var bytes = image.Bytes.Read();
        var span = new LedgerSpan(image.Start, unit, shelf, room) { _open = null, _bytes = shelf.Put(bytes), _length = bytes.Length };
        span._later.AddRange(image.Later);
        return span;
    }

    /// <returns>the bucket where it is open; it may hold nothing any more</returns>
    public Bucket? Add(long at, MeasureKey key, long by)
    {
        _edges = null;
        if (_open is not null) return _open.Add(at, key, by);
        Later(new(at, key, by, 0));
        return null;
    }

    public void AddSample(long at, MeasureKey key, long value, int sign)
    {
        if (_open is not null) _open.AddSample(at, key, value, sign);
        else Later(new(at, key, value, sign));
    }

    /// <summary>What it holds, to look at only.</summary>
    public OpenSpan Look()
    {
        if (_open is not null) return _open;
        if (_seen is not null && _seen.TryGetTarget(out var seen)) return seen;
        var open = OpenSpan.Read(_bytes!.Read(), start, unit);
        foreach (var late in _later) Put(open, late);
        _seen = new(open);
        return open;
    }

    /// <summary>The first and the last bucket that has a sum; null for none.</summary>
    public (long? First, long? Last) Edges()
    {
        if (_edges is { } known) return known;
        var (first, last) = ((long?)null, (long?)null);
        foreach (var at in Look().Points.Keys) (first, last) = (Math.Min(first ?? at, at), Math.Max(last ?? at, at));
        _edges = (first, last);
        return (first, last);
    }

    /// <summary>The sums of the buckets that begin in a window.</summary>
    /// <param name="levels">only of measures that are levels</param>
    public void AddSums(Window window, SortedDictionary<MeasureKey, long> all, bool levels)
    {
        if (_open is null)
        {
            var late = new SortedDictionary<MeasureKey, SortedDictionary<long, long>>();
            foreach (var one in _later)
            {
                if (one.Sample != 0 || one.At < window.From || one.At >= window.To) continue;
                if (!late.TryGetValue(one.Key, out var changes)) late[one.Key] = changes = [];
                changes[one.At] = changes.GetValueOrDefault(one.At) + one.Amount;
            }
            OpenSpan.AddSums(_bytes!.Read(), start, unit, window, all, levels, late);
        }
        else if ((window.To - window.From) / unit is var few && window.From != long.MinValue && window.To != long.MaxValue && few < _open.Points.Count)
            for (var at = window.From; at < window.To; at += unit) Add(_open.Points.GetValueOrDefault(at));
        else
            foreach (var (at, bucket) in _open.Points)
                if (at >= window.From && at < window.To) Add(bucket);

        void Add(Bucket? bucket)
        {
            if (levels) bucket?.AddLevelsTo(all); else bucket?.AddTo(all);
        }
    }

    /// <summary>The samples of the buckets that begin in a window.</summary>
    public void AddSamples(Window window, SortedDictionary<MeasureKey, List<long>> all)
    {
        if (_open is not null)
        {
            foreach (var (at, bucket) in _open.Samples)
                if (at >= window.From && at < window.To) bucket.AddTo(all);
            return;
        }
        OpenSpan.AddSamples(_bytes!.Read(), start, unit, window, all);
        foreach (var late in _later)
        {
            if (late.Sample == 0 || late.At < window.From || late.At >= window.To) continue;
            if (!all.TryGetValue(late.Key, out var values)) all[late.Key] = values = [];
            if (late.Sample > 0) values.Add(late.Amount); else values.Remove(late.Amount);
            if (values.Count == 0) all.Remove(late.Key);
        }
    }

    public void Rest()
    {
        var open = Look();
        var bytes = open.IsEmpty ? [] : open.Write(room, start, unit);
        (_bytes, _length, _open) = (shelf.Put(bytes, _bytes), bytes.Length, null);
        _later = []; // and the room that it had
    }

    public SpanImage Image() => _open is null ? new(start, _bytes!, [.. _later]) : new(start, MemoryShelf.One.Put(_open.Write(room, start, unit)), []);

    /// <summary>Is added to as it once was.</summary>
    public void Open()
    {
        (_open, _bytes, _seen) = (Look(), null, null);
        _later.Clear();
    }

    private void Later(LateSum late)
    {
        _later.Add(late);
        if (_seen is not null && _seen.TryGetTarget(out var seen)) Put(seen, late);
        if (_later.Count > LaterAtLeast + (_length / LaterPart)) Rest();
    }

    private static void Put(OpenSpan open, LateSum late)
    {
        if (late.Sample == 0) open.Add(late.At, late.Key, late.Amount); else open.AddSample(late.At, late.Key, late.Amount, late.Sample);
    }
}
