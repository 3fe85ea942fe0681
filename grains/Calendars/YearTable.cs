using NodaTime;

namespace OpsMonitor.Grains.Calendars;

/// <summary>
/// One year (UTC) of a calendar as sorted, disjoint stretches of working time, with the working milliseconds before each: a sum over any part
/// of the year is two searches. Built once, never changed. A stretch that crosses the year's end is cut there.
/// </summary>
internal sealed class YearTable
{
    /// <summary>A year in which nothing works.</summary>
    public static readonly YearTable Empty = new([]);

    private readonly long[] _open, _close, _before;

    private YearTable(List<(long Open, long Close)> stretches)
    {
        (_open, _close, _before) = (new long[stretches.Count], new long[stretches.Count], new long[stretches.Count]);
        for (var i = 0; i < stretches.Count; i++)
        {
            (_open[i], _close[i], _before[i]) = (stretches[i].Open, stretches[i].Close, Total);
            Total += stretches[i].Close - stretches[i].Open;
        }
    }

    /// <summary>Working milliseconds of the whole year.</summary>
    public long Total { get; }

    public static YearTable Build(DateTimeZone zone, Func<LocalDate, IReadOnlyList<DayPeriod>> periods, int year)
    {
        var (start, end) = (StartOf(year), StartOf(year + 1));
        var all = new List<(long Open, long Close)>();
        var last = new LocalDate(year + 1, 1, 2);
        for (var date = new LocalDate(year, 1, 1).PlusDays(-3); date <= last; date = date.PlusDays(1))
        {
            foreach (var period in periods(date))
            {
                var (open, close) = (Math.Max(start, Instant(zone, date, period.From)), Math.Min(end, Instant(zone, date, period.To)));
                if (open < close) all.Add((open, close)); // an hour that the zone skips may leave nothing of a period
            }
        }
        all.Sort();
        return new(Join(all));
    }

    /// <summary>The Unix ms of a local time, in minutes from midnight; one that the zone skips is as much later, of one that comes twice the first.</summary>
    public static long Instant(DateTimeZone zone, LocalDate date, int minute)
    {
        var local = date.PlusDays(minute / DayPeriod.DayMinutes) + LocalTime.FromMinutesSinceMidnight(minute % DayPeriod.DayMinutes);
        return zone.AtLeniently(local).ToInstant().ToUnixTimeMilliseconds();
    }

    public static long StartOf(int year) => NodaTime.Instant.FromUtc(year, 1, 1, 0, 0).ToUnixTimeMilliseconds();

    /// <summary>Working milliseconds of this year before an instant.</summary>
    public long Before(long at)
    {
        var i = LastOpenAtOrBefore(at);
        return i < 0 ? 0 : _before[i] + Math.Min(at, _close[i]) - _open[i];
    }

    public bool IsOpen(long at) => LastOpenAtOrBefore(at) is >= 0 and var i && at < _close[i];

    /// <summary>The first stretch that ends after an instant, or null.</summary>
    public (long Open, long Close)? EndingAfter(long at)
    {
        var i = LastOpenAtOrBefore(at);
        if (i < 0 || _close[i] <= at) i++;
        return i < _open.Length ? (_open[i], _close[i]) : null;
    }

    /// <summary>The last stretch that begins before an instant, or null.</summary>
    public (long Open, long Close)? BeginningBefore(long at)
    {
        var i = LastOpenAtOrBefore(at - 1);
        return i < 0 ? null : (_open[i], _close[i]);
    }

    /// <summary>The first instant by which so much of the year's working time is used up; more than 0, at most <see cref="Total"/>.</summary>
    public long FirstWith(long worked)
    {
        var i = LastBefore(worked - 1);
        return _open[i] + worked - _before[i];
    }

    /// <summary>The last instant by which no more than so much of the year's working time is used up; at least 0, less than <see cref="Total"/>.</summary>
    public long LastWith(long worked)
    {
        var i = LastBefore(worked);
        return _open[i] + worked - _before[i];
    }

    private int LastOpenAtOrBefore(long at) => Last(_open, at);

    private int LastBefore(long worked) => Last(_before, worked);

    // The last index whose value is not more than the given one, or -1.
    private static int Last(long[] sorted, long value)
    {
        var i = Array.BinarySearch(sorted, value);
        return i >= 0 ? i : ~i - 1;
    }

    private static List<(long Open, long Close)> Join(List<(long Open, long Close)> sorted)
    {
        var joined = new List<(long Open, long Close)>(sorted.Count);
        foreach (var s in sorted)
        {
            if (joined.Count > 0 && s.Open <= joined[^1].Close) joined[^1] = (joined[^1].Open, Math.Max(joined[^1].Close, s.Close));
            else joined.Add(s);
        }
        return joined;
    }
}
