using NodaTime;
using OpsMonitor.Grains.Calendars;

namespace OpsMonitor.Grains.Policies;

public enum LimitUnit { Second, Minute, Hour, BusinessMinute, BusinessHour, CalendarDay, BusinessDay, Week, Month }

/// <summary>
/// How days are counted. <see cref="IncludeStartDay"/>: the start's day is day one. <see cref="EndOfDay"/>: due at the end of the last day (its closing time for
/// business days). <see cref="Roll"/>: a last day that does not work moves to the next that does.
/// </summary>
public readonly record struct Counting(bool IncludeStartDay = false, bool EndOfDay = false, bool Roll = false);

/// <summary>
/// How long a clock may run. Seconds, minutes and hours are elapsed time; business units ask the calendar; days, weeks and months step local dates in the
/// calendar's zone and keep the time of day. (docs: policies, Units)
/// </summary>
public readonly record struct Limit(long Value, LimitUnit Unit)
{
    private const long DayMs = 86_400_000;

    /// <summary>Nominal length in milliseconds; a day is 24 hours, a month 31 days.</summary>
    public long Ms => Value * Unit switch
    {
        LimitUnit.Second => 1_000,
        LimitUnit.Minute or LimitUnit.BusinessMinute => 60_000,
        LimitUnit.Hour or LimitUnit.BusinessHour => 3_600_000,
        LimitUnit.Week => 7 * DayMs,
        LimitUnit.Month => 31 * DayMs,
        _ => DayMs,
    };

    public bool InBusinessTime => Unit is LimitUnit.BusinessMinute or LimitUnit.BusinessHour or LimitUnit.BusinessDay;

    /// <summary>
    /// The due instant (Unix ms) of a clock that starts at <paramref name="start"/> and is never paused; <see cref="BusinessCalendar.Never"/> where the
    /// calendar never has that much working time.
    /// </summary>
    public long DueFrom(long start, BusinessCalendar calendar, Counting counting = default) => Unit switch
    {
        LimitUnit.Second or LimitUnit.Minute or LimitUnit.Hour => start + Ms,
        LimitUnit.BusinessMinute or LimitUnit.BusinessHour => calendar.Add(start, Ms),
        LimitUnit.BusinessDay => BusinessDays(start, calendar, counting),
        _ => Days(start, calendar, counting),
    };

    /// <summary>The instant that lies this long before another: of a warning so long before the due time.</summary>
    public long Before(long due, BusinessCalendar calendar) => Unit switch
    {
        LimitUnit.Second or LimitUnit.Minute or LimitUnit.Hour => due - Ms,
        LimitUnit.BusinessMinute or LimitUnit.BusinessHour => calendar.Add(due, -Ms),
        LimitUnit.BusinessDay => calendar.AddDays(due, -(int)Value),
        _ => calendar.At(Step(calendar.LocalOf(due).Date, -1) + calendar.LocalOf(due).TimeOfDay),
    };

    private long BusinessDays(long start, BusinessCalendar calendar, Counting counting)
    {
        var days = (int)Value - (counting.IncludeStartDay ? 1 : 0);
        if (!counting.EndOfDay && days > 0) return calendar.AddDays(start, days);
        var opened = calendar.NextOpen(start);
        if (opened == BusinessCalendar.Never || calendar.AddDates(calendar.DateOf(opened), days) is not { } date) return BusinessCalendar.Never;
        return calendar.ClosingOf(date) ?? calendar.EndOf(date);
    }

    private long Days(long start, BusinessCalendar calendar, Counting counting)
    {
        var local = calendar.LocalOf(start);
        var date = Step(local.Date, 1);
        if (counting.IncludeStartDay) date = date.PlusDays(-1);
        if (counting.Roll)
        {
            if (calendar.AddDates(date, 0) is not { } rolled) return BusinessCalendar.Never;
            date = rolled;
        }
        // Counting the start's own day, one day without an end of day would be over before it began.
        return counting.EndOfDay || date == local.Date ? calendar.EndOf(date) : calendar.At(date + local.TimeOfDay);
    }

    private LocalDate Step(LocalDate date, int sign) => Unit switch
    {
        LimitUnit.Week => date.PlusWeeks(sign * (int)Value),
        LimitUnit.Month => date.PlusMonths(sign * (int)Value),
        _ => date.PlusDays(sign * (int)Value),
    };
}
