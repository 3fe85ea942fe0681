using NodaTime;
using OpsMonitor.Grains.Calendars;

namespace OpsMonitor.Tests.Grains.Calendars;

/// <summary>A week of any kind with some special dates, around a change of clocks, a leap day or a year's end.</summary>
internal sealed class RandomCalendar
{
    private static readonly string[] Zones = ["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "America/St_Johns", "UTC"];
    private static readonly LocalDate[] Around = [new(2026, 3, 8), new(2026, 3, 29), new(2026, 10, 25), new(2026, 11, 1), new(2028, 2, 28), new(2026, 12, 31), new(2026, 4, 5)];

    public RandomCalendar(Random random)
    {
        Zone = DateTimeZoneProviders.Tzdb[Zones[random.Next(Zones.Length)]];
        Middle = Around[random.Next(Around.Length)];
        var week = Enumerable.Range(0, 7).Select(_ => (IReadOnlyList<DayPeriod>)Periods(random)).ToList();
        if (week.All(d => d.Count == 0)) week[2] = [new(540, 1020)];
        Week = week;
        for (var i = random.Next(4); i > 0; i--) Dates[Middle.PlusDays(random.Next(-6, 7))] = Periods(random);
        Calendar = new("random", Zone, [new(week, Dates, new SortedDictionary<YearDay, IReadOnlyList<DayPeriod>>())]);
    }

    public BusinessCalendar Calendar { get; }

    public DateTimeZone Zone { get; }

    public LocalDate Middle { get; }

    public IReadOnlyList<IReadOnlyList<DayPeriod>> Week { get; }

    public SortedDictionary<LocalDate, IReadOnlyList<DayPeriod>> Dates { get; } = [];

    // None, a day, a day with a break, a night, a whole day.
    private static List<DayPeriod> Periods(Random random)
    {
        var from = random.Next(0, 12 * 60);
        return random.Next(6) switch
        {
            0 => [],
            1 => [new(0, 1440)],
            2 => [new(1320 + random.Next(100), 1440 + random.Next(1, 600))],
            3 => [new(from, from + 120), new(from + 180, from + 181 + random.Next(300))],
            _ => [new(from, from + 1 + random.Next(700))],
        };
    }
}
