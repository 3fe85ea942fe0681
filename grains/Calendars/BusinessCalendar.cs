using NodaTime;

namespace OpsMonitor.Grains.Calendars;

/// <summary>
/// Working time in one time zone. All instants are Unix ms. Real elapsed milliseconds count (a 25-hour Sunday has 25 hours). A duration used up
/// exactly at closing time is due at closing time. A start outside working time counts from the next opening, going back from the previous
/// closing. (spec: clocks, Conventions) Tables are built year by year when first asked for; two threads that build one build the same.
/// </summary>
public sealed class BusinessCalendar
{
    /// <summary>What a search answers that finds no working time within <see cref="HorizonYears"/>: the calendar never opens again.</summary>
    public const long Never = long.MaxValue;

    /// <summary>The same, going back.</summary>
    public const long NeverWas = long.MinValue;

    /// <summary>How far a search goes before it gives up, in years.</summary>
    public const int HorizonYears = 11;

    private const int FirstYear = 1900, Years = 400;
    private const int LeastYear = -9_990, MostYear = 9_998; // beyond them dates and instants end: nothing works there
    private const long DayMs = 86_400_000, MeanYearMs = 31_556_952_000;

    private static readonly long[] Starts = [.. Enumerable.Range(FirstYear, Years + 1).Select(YearTable.StartOf)];

    public static readonly BusinessCalendar Always = new("24x7", DateTimeZone.Utc, []);

    private readonly IReadOnlyList<WorkingDays> _parts;
    private readonly YearTable?[] _times = new YearTable?[Years];
    private readonly DateTable?[] _dates = new DateTable?[Years];

    /// <param name="parts">what works when; parts of other times stand side by side. None is 24x7.</param>
    public BusinessCalendar(string id, DateTimeZone zone, IReadOnlyList<WorkingDays> parts) => (Id, Zone, _parts) = (id, zone, parts);

    public string Id { get; }

    public DateTimeZone Zone { get; }

    /// <summary>The last date whose holidays are official; null where nobody says.</summary>
    public LocalDate? AnnouncedUntil { get; init; }

    /// <summary>24x7 is the calendar without a week: every instant works.</summary>
    public bool IsAlways => _parts.Count == 0;

    /// <summary>The working periods of a local date, in minutes, ascending.</summary>
    public IReadOnlyList<DayPeriod> PeriodsOf(LocalDate date)
    {
        foreach (var part in _parts)
            if (part.Covers(date)) return part.Of(date);
        return IsAlways ? [new(0, DayPeriod.DayMinutes)] : [];
    }

    /// <summary>
    /// The instant at which <paramref name="ms"/> of working time after <paramref name="from"/> are used up; before it where negative.
    /// 0 is the next working instant. <see cref="Never"/> or <see cref="NeverWas"/> where the calendar has not that much.
    /// </summary>
    public long Add(long from, long ms)
    {
        if (IsAlways || from is Never or NeverWas) return IsAlways ? from + ms : from;
        if (ms == 0) return NextOpen(from);
        var year = YearOf(from);
        var worked = Times(year).Before(from) + ms;
        return ms > 0 ? Forward(year, worked) : Backward(year, worked);
    }

    private long Forward(int year, long worked)
    {
        for (var idle = 0; idle < HorizonYears; year++)
        {
            var table = Times(year);
            if (worked <= table.Total) return table.FirstWith(worked);
            worked -= table.Total;
            idle = table.Total == 0 ? idle + 1 : 0;
        }
        return Never;
    }

    private long Backward(int year, long worked)
    {
        for (var idle = 0; worked < 0;)
        {
            var table = Times(--year);
            worked += table.Total;
            idle = table.Total == 0 ? idle + 1 : 0;
            if (idle == HorizonYears) return NeverWas;
        }
        return Times(year).LastWith(worked);
    }

    /// <summary>Working milliseconds in [from, to); 0 for a reversed interval.</summary>
    public long Between(long from, long to)
    {
        if (from >= to) return 0;
        if (IsAlways) return to - from;
        var (first, last) = (YearOf(from), YearOf(to));
        if (first == last) return Times(first).Before(to) - Times(first).Before(from);
        var sum = Times(first).Total - Times(first).Before(from) + Times(last).Before(to);
        for (var year = first + 1; year < last; year++) sum += Times(year).Total;
        return sum;
    }

    /// <summary>True in [opening, closing).</summary>
    public bool IsOpen(long at) => IsAlways || Times(YearOf(at)).IsOpen(at);

    /// <summary>This instant where it works, else the next opening.</summary>
    public long NextOpen(long at) => IsAlways ? at : EndingAfter(at) is { } stretch ? Math.Max(at, stretch.Open) : Never;

    /// <summary>This instant where working time reaches up to it, else the previous closing.</summary>
    public long PrevOpen(long at)
    {
        if (IsAlways) return at;
        var year = YearOf(at);
        for (var idle = 0; idle < HorizonYears; idle++, year--)
            if (Times(year).BeginningBefore(at) is { } stretch) return Math.Min(at, stretch.Close);
        return NeverWas;
    }

    /// <summary>The end of the working stretch at this instant, else of the next one; stretches that touch are one. 24x7 never closes.</summary>
    public long ClosingAfter(long at)
    {
        if (IsAlways || EndingAfter(at) is not { } stretch) return Never;
        var close = stretch.Close;
        for (var years = 0; years < HorizonYears && Times(YearOf(close)).IsOpen(close); years++) close = EndingAfter(close)!.Value.Close;
        return IsOpen(close) ? Never : close;
    }

    private (long Open, long Close)? EndingAfter(long at)
    {
        var year = YearOf(at);
        for (var idle = 0; idle < HorizonYears; idle++, year++)
            if (Times(year).EndingAfter(at) is { } stretch) return stretch;
        return null;
    }

    /// <summary>
    /// So many business days later at the same time of day (earlier where negative). A start outside hours moves to the next opening first (going back: to the previous
    /// closing), and an hour that is closed on the day reached moves on in the same way.
    /// </summary>
    public long AddDays(long from, int days)
    {
        if (IsAlways) return from + (days * DayMs);
        var back = days < 0;
        var start = !back ? NextOpen(from) : IsOpen(from) ? from : PrevOpen(from);
        if (start is Never or NeverWas) return start;
        var closing = back && !IsOpen(start) ? 1 : 0; // going back from a closing at midnight starts in the day that it ends
        var local = LocalOf(start - closing);
        if (AddDates(local.Date, days) is not { } date) return back ? NeverWas : Never;
        return Settled(At(date + local.TimeOfDay) + closing, back);
    }

    // Both ends of a stretch are good to be due at: what is due at closing time is due then.
    private long Settled(long at, bool back) => IsOpen(at) || PrevOpen(at) == at ? at : back ? PrevOpen(at) : NextOpen(at);

    /// <summary>So many working dates on (back where negative) from a date; one that does not work moves on to one that does first. Null: never.</summary>
    public LocalDate? AddDates(LocalDate date, int days)
    {
        if (IsAlways) return date.PlusDays(days);
        var year = date.Year;
        // Numbering the working dates from the year's first: a date that does not work has the number of the next, going back of the last.
        long number = Dates(year).Before(date) + days;
        if (days < 0 && !Dates(year).Works(date)) number--;
        for (var idle = 0; idle < HorizonYears;)
        {
            var table = Dates(year);
            if (number >= 0 && number < table.Total) return table.At((int)number);
            if (number < 0) number += Dates(--year).Total;
            else { number -= table.Total; year++; }
            idle = Dates(year).Total == 0 ? idle + 1 : 0;
        }
        return null;
    }

    public bool Works(LocalDate date) => IsAlways || Dates(date.Year).Works(date);

    /// <summary>Working dates after <paramref name="from"/> up to and with <paramref name="to"/>; of a reversed pair the negative of the pair put right.</summary>
    public int DaysBetween(LocalDate from, LocalDate to)
    {
        if (IsAlways) return Period.DaysBetween(from, to);
        if (to < from) return -DaysBetween(to, from);
        var sum = 0;
        for (var year = from.Year; year < to.Year; year++) sum += Dates(year).Total;
        return sum + Dates(to.Year).Before(to) + (Works(to) ? 1 : 0) - Dates(from.Year).Before(from) - (Works(from) ? 1 : 0);
    }

    /// <summary>The first opening of a local date, or null where it does not work.</summary>
    public long? OpeningOf(LocalDate date) => PeriodsOf(date) is { Count: > 0 } all ? YearTable.Instant(Zone, date, all[0].From) : null;

    /// <summary>The last closing of a local date (a night's is on the next one), or null where it does not work.</summary>
    public long? ClosingOf(LocalDate date)
    {
        var last = 0;
        foreach (var period in PeriodsOf(date)) last = Math.Max(last, period.To);
        return last == 0 ? null : YearTable.Instant(Zone, date, last);
    }

    /// <summary>Midnight at the end of a local date.</summary>
    public long EndOf(LocalDate date) => Zone.AtStartOfDay(date.PlusDays(1)).ToInstant().ToUnixTimeMilliseconds();

    public LocalDateTime LocalOf(long at) => Instant.FromUnixTimeMilliseconds(at).InZone(Zone).LocalDateTime;

    public LocalDate DateOf(long at) => LocalOf(at).Date;

    /// <summary>The instant of a local time; one that the zone skips is as much later, of one that comes twice the first.</summary>
    public long At(LocalDateTime local) => Zone.AtLeniently(local).ToInstant().ToUnixTimeMilliseconds();

    private static int YearOf(long at)
    {
        var year = (int)(1970 + (at / MeanYearMs));
        var index = year - FirstYear;
        if (index is < 1 or >= Years - 1) return Instant.FromUnixTimeMilliseconds(at).InUtc().Year;
        // The mean year is off by a day or two at either end.
        return at < Starts[index] ? year - 1 : at >= Starts[index + 1] ? year + 1 : year;
    }

    private YearTable Times(int year)
    {
        var index = year - FirstYear;
        if (year is < LeastYear or > MostYear) return YearTable.Empty;
        if (index is < 0 or >= Years) return YearTable.Build(Zone, PeriodsOf, year);
        return Volatile.Read(ref _times[index]) ?? Keep(ref _times[index], YearTable.Build(Zone, PeriodsOf, year));
    }

    private DateTable Dates(int year)
    {
        var index = year - FirstYear;
        if (year is < LeastYear or > MostYear) return DateTable.Empty;
        if (index is < 0 or >= Years) return new(d => PeriodsOf(d).Count > 0, year);
        return Volatile.Read(ref _dates[index]) ?? Keep(ref _dates[index], new(d => PeriodsOf(d).Count > 0, year));
    }

    private static T Keep<T>(ref T? slot, T made) where T : class
    {
        Volatile.Write(ref slot, made);
        return made;
    }
}
