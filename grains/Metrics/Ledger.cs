using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Metrics;

/// <summary>A half-open stretch of event time, Unix milliseconds.</summary>
public readonly record struct Window(long From, long To)
{
    public static readonly Window Always = new(long.MinValue, long.MaxValue);
}

/// <summary>Who is in a state, ordered by the instant that counts for it (Unix ms); <see cref="Which"/> tells apart who is in it twice.</summary>
public readonly record struct Member(long At, Subject Who, long Which) : IComparable<Member>
{
    public int CompareTo(Member other)
    {
        if (At != other.At) return At < other.At ? -1 : 1;
        var who = Who.CompareTo(other.Who);
        return who != 0 ? who : Which.CompareTo(other.Which);
    }
}

/// <summary>What a ledger held, members apart.</summary>
public sealed record LedgerImage(IReadOnlyList<SpanImage> Minutes, IReadOnlyList<SpanImage> Hours);

/// <summary>
/// The running sums of one scope (everything, a queue, a department). Contributions are added and taken off; nothing is ever counted on
/// arrival. Buckets are minutes, with hours above them so that a month costs hundreds of look-ups, not tens of thousands.
/// </summary>
public sealed class Ledger : ISumSource
{
    private const long Minute = 60_000, Hour = 3_600_000, Day = 24 * Hour;

    private readonly BucketLevel _minutes, _hours; // a day's minutes are open together, and eight days' hours
    private readonly LevelCache _levels = new();
    private readonly SortedDictionary<MeasureKey, SortedRuns<Member>> _members = [];
    private List<long>? _touched; // minutes, some more than once; null where nobody watches

    public Ledger() : this(MemoryShelf.One) { }

    /// <param name="shelf">for what is days old and seldom read</param>
    public Ledger(IShelf shelf) => (_minutes, _hours) = (new(Minute, Day, shelf), new(Hour, 8 * Day, shelf));

    public void Add(Subject who, in Contribution c, int sign)
    {
        switch (c.Kind)
        {
            case ContributionKind.Point:
                var (minute, hour, by) = (Floor(c.At, Minute), Floor(c.At, Hour), sign * c.Amount);
                Note(minute, _minutes.Add(minute, c.Key, by));
                _hours.Add(hour, c.Key, by);
                _levels.Add(hour, c.Key, by);
                break;
            case ContributionKind.Sample:
                Touch(Floor(c.At, Minute));
                _minutes.AddSample(Floor(c.At, Minute), c.Key, c.Amount, sign);
                break;
            default:
                if (!_members.TryGetValue(c.Key, out var set)) _members[c.Key] = set = new();
                if (sign > 0) set.Add(new(c.At, who, c.Amount)); else set.Remove(new(c.At, who, c.Amount));
                if (set.Count == 0) _members.Remove(c.Key); // a set that was needed once would tell in which order the events came
                break;
        }
    }

    public IReadOnlyCollection<Member> Members(MeasureKey key) => _members.TryGetValue(key, out var set) ? set : [];

    /// <summary>Members whose instant lies in [from, to).</summary>
    public int CountMembers(MeasureKey key, long from, long to) =>
        _members.TryGetValue(key, out var set) ? set.CountBetween(new(from, default, long.MinValue), new(to, default, long.MinValue)) : 0;

    public IEnumerable<MeasureKey> MemberKeys => _members.Keys;

    /// <summary>The sums over a window. Its edges are taken at whole minutes (floor).</summary>
    public Sums Over(Window window)
    {
        var (from, to) = (Floor(window.From, Minute), Floor(window.To, Minute));
        var (points, samples) = (new SortedDictionary<MeasureKey, long>(), new SortedDictionary<MeasureKey, List<long>>());
        var (firstHour, endHour) = (Floor(from, Hour), Floor(to, Hour));
        if (firstHour < from) firstHour += Hour;
        if (firstHour >= endHour) _minutes.AddSums(new(from, to), points);
        else
        {
            _minutes.AddSums(new(from, firstHour), points);
            _hours.AddSums(new(firstHour, endHour), points);
            _minutes.AddSums(new(endHour, to), points);
        }
        _minutes.AddSamples(new(from, to), samples);
        foreach (var values in samples.Values) values.Sort();
        return new(points, samples);
    }

    /// <summary>The sums of one minute, samples in no order.</summary>
    public Sums At(long minute)
    {
        var sums = new Sums([], []);
        _minutes[minute]?.AddTo(sums.Points);
        _minutes.SamplesAt(minute)?.AddTo(sums.Samples);
        return sums;
    }

    public Sums Level(long to)
    {
        var sums = new Sums([], []);
        var hour = Floor(to, Hour);
        _levels.AddBefore(hour, _hours, sums.Points);
        if (to != long.MaxValue) _minutes.AddSums(new(hour, Floor(to, Minute)), sums.Points, levels: true);
        return sums;
    }

    /// <summary>From now on the minutes that change are noted, for <see cref="TakeTouched"/>.</summary>
    public void Watch() => _touched ??= [];

    /// <summary>The minutes that may have changed since the last time, ascending.</summary>
    public IReadOnlyList<long> TakeTouched()
    {
        if (_touched is null or { Count: 0 }) return [];
        var minutes = new SortedSet<long>(_touched);
        _touched.Clear();
        foreach (var minute in minutes)
            if (_minutes[minute] is { } bucket) bucket.Touched = false;
        return [.. minutes];
    }

    /// <summary>All minutes that hold anything, ascending; each day is read when its first minute is asked for.</summary>
    public IEnumerable<long> Minutes() =>
        _minutes.Over(Window.Always).SelectMany(static day => new SortedSet<long>(day.Points.Keys.Concat(day.Samples.Keys)));

    /// <summary>
    /// The sums of windows that follow each other: the first from <paramref name="start"/>, each to its end, all floored to whole minutes.
    /// One pass over these days, however many the windows.
    /// </summary>
    /// <param name="ends">exclusive, ascending</param>
    public IReadOnlyList<Sums> Over(long start, IReadOnlyList<long> ends)
    {
        var edges = ends.Select(e => Floor(e, Minute)).ToList();
        var parts = edges.Select(_ => new Sums([], [])).ToList();
        Sums? Part(long minute)
        {
            var index = edges.BinarySearch(minute);
            index = index < 0 ? ~index : index + 1; // a minute at an edge is the next window's
            return minute < Floor(start, Minute) || index == parts.Count ? null : parts[index];
        }
        if (edges.Count == 0) return parts;
        foreach (var day in _minutes.Over(new(Floor(start, Minute), edges[^1])))
        {
            foreach (var (minute, bucket) in day.Points)
                if (Part(minute) is { } part) bucket.AddTo(part.Points);
            foreach (var (minute, bucket) in day.Samples)
                if (Part(minute) is { } part) bucket.AddTo(part.Samples);
        }
        foreach (var values in parts.SelectMany(p => p.Samples.Values)) values.Sort();
        return parts;
    }

    /// <summary>All that was added and not taken off, members apart. Later additions do not touch it.</summary>
    public LedgerImage Image() => new(_minutes.Image(), _hours.Image());

    /// <summary>Goes on where an image was taken; only on a fresh ledger.</summary>
    public void Restore(LedgerImage image)
    {
        _minutes.Restore(image.Minutes);
        _hours.Restore(image.Hours);
    }

    /// <summary>What a window's minutes hold, as contributions of nobody, in no order.</summary>
    public IEnumerable<Contribution> Contents(Window window)
    {
        foreach (var day in _minutes.Over(window))
        {
            foreach (var (minute, bucket) in day.Points)
                if (minute >= window.From && minute < window.To)
                    foreach (var (key, n) in bucket) yield return new(ContributionKind.Point, key, null, null, minute, n);
            foreach (var (minute, bucket) in day.Samples)
                if (minute >= window.From && minute < window.To)
                    foreach (var (key, values) in bucket)
                        foreach (var value in values) yield return new(ContributionKind.Sample, key, null, null, minute, value);
        }
    }

    /// <summary>The first minute that holds anything, or null.</summary>
    public long? FirstMinute => _minutes.First;

    /// <summary>The last minute that holds anything, or null.</summary>
    public long? LastMinute => _minutes.Last;

    private void Touch(long minute)
    {
        if (_touched is not null && (_touched.Count == 0 || _touched[^1] != minute)) _touched.Add(minute);
    }

    private void Note(long minute, Bucket? bucket)
    {
        if (bucket is null) { Touch(minute); return; }
        if (_touched is null || bucket.Touched) return;
        bucket.Touched = true; // noted once
        _touched.Add(minute);
    }

    private static long Floor(long at, long unit) =>
        at is long.MinValue or long.MaxValue ? at : at - (((at % unit) + unit) % unit);
}

/// <summary>Sums over one window: the only input of every formula.</summary>
public sealed record Sums(SortedDictionary<MeasureKey, long> Points, SortedDictionary<MeasureKey, List<long>> Samples)
{
    public long this[Measure measure, string param = ""] => Points.GetValueOrDefault(new(measure, param));

    /// <summary>Adds another's sums to these; samples are appended, not sorted.</summary>
    public void Add(Sums other)
    {
        foreach (var (key, n) in other.Points) Points[key] = Points.GetValueOrDefault(key) + n;
        foreach (var (key, values) in other.Samples)
            if (Samples.TryGetValue(key, out var known)) known.AddRange(values);
            else Samples[key] = [.. values];
    }

    public IEnumerable<string> Params(Measure measure) => Points.Keys.Where(k => k.Measure == measure).Select(k => k.Param);
}
