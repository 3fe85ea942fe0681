using NodaTime;

namespace OpsMonitor.Grains.Policies;

/// <summary>
/// Working time of a week in one time zone. Real elapsed milliseconds count (a 25-hour Sunday has 25 hours). A duration used up exactly at
/// closing time is due at closing time. A start outside working time counts from the next opening. (spec: clocks, Conventions)
/// </summary>
public sealed class BusinessCalendar(string id, DateTimeZone zone, IReadOnlyList<IReadOnlyList<(LocalTime From, LocalTime To, bool ToMidnight)>> week)
{
    // A search that finds no opening within this many days has a calendar that never opens.
    private const int HorizonDays = 3700;

    public static readonly BusinessCalendar Always = new("24x7", DateTimeZone.Utc, []);

    public string Id => id;

    public DateTimeZone Zone => zone;

    /// <summary>24x7 is the calendar without a week: every instant works.</summary>
    public bool IsAlways => week.Count == 0;

    /// <summary>The instant at which <paramref name="ms"/> of working time after <paramref name="from"/> are used up.</summary>
    public long Add(long from, long ms)
    {
        if (IsAlways) return from + ms;
        var left = ms;
        foreach (var (open, close) in PeriodsFrom(from))
        {
            var start = Math.Max(open, from);
            if (close - start >= left) return start + left;
            left -= close - start;
        }
        return long.MaxValue;
    }

    /// <summary>Working milliseconds in [from, to); 0 for a reversed interval.</summary>
    public long Between(long from, long to)
    {
        if (from >= to) return 0;
        if (IsAlways) return to - from;
        long sum = 0;
        foreach (var (open, close) in PeriodsFrom(from))
        {
            if (open >= to) break;
            sum += Math.Max(0, Math.Min(close, to) - Math.Max(open, from));
        }
        return sum;
    }

    /// <summary>So many business days later at the same time of day; a start outside hours moves to the next opening first.</summary>
    public long AddDays(long from, int days)
    {
        if (IsAlways) return from + (days * 86_400_000L);
        var start = Add(from, 0);
        var local = Instant.FromUnixTimeMilliseconds(start).InZone(zone).LocalDateTime;
        var date = local.Date;
        for (var left = days; left > 0;)
        {
            date = date.PlusDays(1);
            if (Works(date)) left--;
        }
        return zone.AtLeniently(date + local.TimeOfDay).ToInstant().ToUnixTimeMilliseconds();
    }

    private bool Works(LocalDate date) => week[(int)date.DayOfWeek - 1].Count > 0;

    private IEnumerable<(long Open, long Close)> PeriodsFrom(long from)
    {
        var date = Instant.FromUnixTimeMilliseconds(from).InZone(zone).Date.PlusDays(-1);
        for (var day = 0; day < HorizonDays; day++, date = date.PlusDays(1))
        {
            foreach (var (open, close, toMidnight) in week[(int)date.DayOfWeek - 1])
            {
                var end = toMidnight || close <= open ? date.PlusDays(1) + (toMidnight ? LocalTime.Midnight : close) : date + close;
                var closes = zone.AtLeniently(end).ToInstant().ToUnixTimeMilliseconds();
                if (closes > from) yield return (zone.AtLeniently(date + open).ToInstant().ToUnixTimeMilliseconds(), closes);
            }
        }
    }
}
