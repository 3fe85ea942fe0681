using NodaTime;
using OpsMonitor.Grains.Calendars;
using Xunit;

namespace OpsMonitor.Tests.Grains.Calendars;

/// <summary>Business days against a walk from date to date, over years' ends and long closed spells.</summary>
public sealed class BusinessDayOracleTests
{
    [Fact]
    public void Business_days_agree_with_a_walk_over_the_dates()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var calendar = Make(random);
            for (var i = 0; i < 100; i++)
            {
                var (date, days) = (new LocalDate(2026, 11, 1).PlusDays(random.Next(120)), random.Next(-15, 16));
                var walked = Walk(calendar, date, days);
                Assert.True(walked == calendar.AddDates(date, days), $"seed {seed}: {days} business days from {date:uuuu-MM-dd}");
                Assert.Equal(Count(calendar, date, walked), calendar.DaysBetween(date, walked));
                var at = calendar.At(date + new LocalTime(random.Next(24), random.Next(60)));
                Assert.True(Walk(calendar, at, days) == calendar.AddDays(at, days), $"seed {seed}: {days} business days from {at}");
            }
        }
    }

    // The first working date at hand counts as none: from a date that does not work, the next one (going back, the last).
    private static LocalDate Walk(BusinessCalendar calendar, LocalDate date, int days)
    {
        var step = days < 0 ? -1 : 1;
        while (calendar.PeriodsOf(date).Count == 0) date = date.PlusDays(step);
        for (var left = Math.Abs(days); left > 0;)
        {
            date = date.PlusDays(step);
            if (calendar.PeriodsOf(date).Count > 0) left--;
        }
        return date;
    }

    private static long Walk(BusinessCalendar calendar, long at, int days)
    {
        var back = days < 0;
        var start = calendar.IsOpen(at) ? at : back ? calendar.PrevOpen(at) : calendar.NextOpen(at);
        var local = calendar.LocalOf(start);
        var due = calendar.At(Walk(calendar, local.Date, days) + local.TimeOfDay);
        return calendar.IsOpen(due) || calendar.PrevOpen(due) == due ? due : back ? calendar.PrevOpen(due) : calendar.NextOpen(due);
    }

    private static int Count(BusinessCalendar calendar, LocalDate from, LocalDate to)
    {
        if (to < from) return -Count(calendar, to, from);
        var count = 0;
        for (var date = from.PlusDays(1); date <= to; date = date.PlusDays(1))
            if (calendar.PeriodsOf(date).Count > 0) count++;
        return count;
    }

    private static BusinessCalendar Make(Random random)
    {
        var week = Enumerable.Range(0, 7).Select(_ => (IReadOnlyList<DayPeriod>)(random.Next(3) == 0 ? [] : [new(480 + random.Next(120), 960 + random.Next(120))])).ToList();
        if (week.All(d => d.Count == 0)) week[0] = [new(540, 1020)];
        var dates = new SortedDictionary<LocalDate, IReadOnlyList<DayPeriod>>();
        for (var i = random.Next(40); i > 0; i--) dates[new LocalDate(2026, 12, 15).PlusDays(random.Next(60))] = random.Next(4) == 0 ? [new(600, 900)] : [];
        return new("random", DateTimeZoneProviders.Tzdb["Europe/Berlin"], [new(week, dates, new SortedDictionary<YearDay, IReadOnlyList<DayPeriod>> { [new(12, 25)] = [] })]);
    }
}
