using NodaTime;

namespace OpsMonitor.Grains.Calendars;

/// <summary>
/// One working period of a date, in minutes from its local midnight: 540 to 1020 is 09:00-17:00, 1320 to 1800 is 22:00-06:00 of the next day.
/// A night belongs to the date on which it begins.
/// </summary>
public readonly record struct DayPeriod(int From, int To)
{
    public const int DayMinutes = 1440;
}

/// <summary>A day that comes every year.</summary>
public readonly record struct YearDay(int Month, int Day) : IComparable<YearDay>
{
    public int CompareTo(YearDay other) => Month != other.Month ? Month.CompareTo(other.Month) : Day.CompareTo(other.Day);
}

/// <summary>
/// Which hours a date works. A date of <see cref="Dates"/> (a holiday, a half-day, a working weekend, a one-off override) wins over
/// <see cref="Yearly"/>, that over the week. Outside <see cref="From"/> to <see cref="To"/> (inclusive) no date works.
/// </summary>
/// <param name="Week">Monday first</param>
public sealed record WorkingDays(
    IReadOnlyList<IReadOnlyList<DayPeriod>> Week,
    IReadOnlyDictionary<LocalDate, IReadOnlyList<DayPeriod>> Dates,
    IReadOnlyDictionary<YearDay, IReadOnlyList<DayPeriod>> Yearly,
    LocalDate? From = null,
    LocalDate? To = null)
{
    private static readonly IReadOnlyList<DayPeriod> Closed = [];

    public bool Covers(LocalDate date) => !(date < From) && !(date > To);

    public IReadOnlyList<DayPeriod> Of(LocalDate date) =>
        !Covers(date) ? Closed
        : Dates.TryGetValue(date, out var special) ? special
        : Yearly.TryGetValue(new(date.Month, date.Day), out var yearly) ? yearly
        : Week[(int)date.DayOfWeek - 1];
}
