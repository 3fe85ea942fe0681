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

/// <summary>
/// The running sums of one scope (everything, a queue, a department). Contributions are added and taken off; nothing is ever counted on
/// arrival. Buckets are minutes, with hours above them so that a month costs hundreds of look-ups, not tens of thousands.
/// </summary>
public sealed class Ledger : ISumSource
{
    private const long Minute = 60_000, Hour = 3_600_000;

    // So many minutes, hours and minutes with samples stay as they are; those before are packed until somebody touches them.
    private const int MinutesOpen = 2 * 1_440, HoursOpen = 3 * 24;

    private readonly MeasureNumbers _numbers = new();
    private readonly BucketLevel _minutes, _hours;
    private readonly SortedDictionary<long, SampleBucket> _samples = [];
    private readonly Queue<long> _openSamples = new();
    private readonly LevelCache _levels = new();
    private readonly SortedDictionary<MeasureKey, SortedRuns<Member>> _members = [];
    private List<long>? _touched; // minutes, some more than once; null where nobody watches

    public Ledger() => (_minutes, _hours) = (new(MinutesOpen, _numbers), new(HoursOpen, _numbers));

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
                AddSample(c, sign);
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
        var sums = new SortedDictionary<MeasureKey, long>();
        var from = Floor(window.From, Minute);
        var to = Floor(window.To, Minute);
        // An open end would be walked for ever, and its length overflows.
        if (window.From == long.MinValue || window.To == long.MaxValue || (to - from) / Hour > _hours.Count + 2)
            foreach (var (minute, bucket) in _minutes) { if (minute >= from && minute < to) bucket.AddTo(sums); }
        else
            Walk(from, to, sums);
        var samples = new SortedDictionary<MeasureKey, List<long>>();
        if (window.From != long.MinValue && window.To != long.MaxValue && (to - from) / Minute < _samples.Count)
            for (var minute = from; minute < to; minute += Minute) { if (_samples.TryGetValue(minute, out var bucket)) bucket.AddTo(samples); }
        else
            foreach (var (minute, bucket) in _samples)
            {
                if (minute < from) continue;
                if (minute >= to) break;
                bucket.AddTo(samples);
            }
        foreach (var values in samples.Values) values.Sort();
        return new(sums, samples);
    }

    /// <summary>The sums of one minute, samples in no order.</summary>
    public Sums At(long minute)
    {
        var sums = new Sums([], []);
        _minutes[minute]?.AddTo(sums.Points);
        if (_samples.TryGetValue(minute, out var samples)) samples.AddTo(sums.Samples);
        return sums;
    }

    public Sums Level(long to)
    {
        var sums = new Sums([], []);
        var hour = Floor(to, Hour);
        _levels.AddBefore(hour, _hours, sums.Points);
        for (var at = hour; to != long.MaxValue && at < Floor(to, Minute); at += Minute)
            _minutes[at]?.AddLevelsTo(sums.Points);
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

    /// <summary>All minutes that hold anything, ascending.</summary>
    public IReadOnlyList<long> Minutes() => [.. new SortedSet<long>(_minutes.Starts.Concat(_samples.Keys))];

    /// <summary>
    /// The sums of windows that follow each other: the first from <paramref name="start"/>, each to its end, all floored to whole minutes.
    /// One pass over what there is, however many the windows.
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
        foreach (var (minute, bucket) in _minutes)
            if (Part(minute) is { } part) bucket.AddTo(part.Points);
        foreach (var (minute, bucket) in _samples)
            if (Part(minute) is { } part) bucket.AddTo(part.Samples);
        foreach (var values in parts.SelectMany(p => p.Samples.Values)) values.Sort();
        return parts;
    }

    /// <summary>All that was added and not taken off, apart from the members: as contributions of nobody, in no order.</summary>
    public IEnumerable<Contribution> Image()
    {
        foreach (var (minute, bucket) in _minutes)
            foreach (var (key, n) in bucket) yield return new(ContributionKind.Point, key, null, null, minute, n);
        foreach (var (minute, bucket) in _samples)
            foreach (var (key, value) in bucket) yield return new(ContributionKind.Sample, key, null, null, minute, value);
    }

    /// <summary>The first minute that holds anything, or null.</summary>
    public long? FirstMinute => _minutes.First;

    /// <summary>The last minute that holds anything, or null.</summary>
    public long? LastMinute => _minutes.Last;

    private void Walk(long from, long to, SortedDictionary<MeasureKey, long> sums)
    {
        for (var at = from; at < to;)
        {
            var wholeHour = at % Hour == 0 && at + Hour <= to;
            (wholeHour ? _hours : _minutes)[at]?.AddTo(sums);
            at += wholeHour ? Hour : Minute;
        }
    }

    private void AddSample(in Contribution c, int sign)
    {
        var minute = Floor(c.At, Minute);
        Touch(minute);
        var known = _samples.TryGetValue(minute, out var bucket);
        if (!known) _samples[minute] = bucket = new(_numbers);
        if (!known || bucket!.IsPacked) _openSamples.Enqueue(minute);
        if (sign > 0) bucket!.Add(c.Key, c.Amount); else bucket!.Remove(c.Key, c.Amount);
        if (bucket.IsEmpty) _samples.Remove(minute);
        if (_openSamples.Count > MinutesOpen && _samples.TryGetValue(_openSamples.Dequeue(), out var old)) old.Pack();
    }

    private void Touch(long minute)
    {
        if (_touched is not null && (_touched.Count == 0 || _touched[^1] != minute)) _touched.Add(minute);
    }

    private void Note(long minute, Bucket bucket)
    {
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
