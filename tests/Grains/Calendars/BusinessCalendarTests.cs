using NodaTime;
using OpsMonitor.Grains.Calendars;
using Xunit;

namespace OpsMonitor.Tests.Grains.Calendars;

public sealed class BusinessCalendarTests
{
    private const long Hour = 3_600_000;
    private static readonly DateTimeZone Berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];
    private static readonly DayPeriod WholeDay = new(0, 1440);

    private static DayPeriod P(int from, int to) => new(from * 60, (to < from ? to + 24 : to) * 60);

    private static readonly BusinessCalendar Office = Week([P(9, 12), P(13, 17)], [P(9, 12), P(13, 17)], [P(9, 12), P(13, 17)], [P(9, 12), P(13, 17)], [P(9, 12), P(13, 17)], [], []);

    private static BusinessCalendar Week(params DayPeriod[][] days) =>
        new("test", Berlin, [new(days, new SortedDictionary<LocalDate, IReadOnlyList<DayPeriod>>(), new SortedDictionary<YearDay, IReadOnlyList<DayPeriod>>())]);

    private static long At(int month, int day, int hour, int minute = 0) =>
        Berlin.AtLeniently(new LocalDateTime(2026, month, day, hour, minute)).ToInstant().ToUnixTimeMilliseconds();

    [Fact]
    public void The_lunch_break_does_not_count()
    {
        Assert.Equal(2 * Hour, Office.Between(At(3, 2, 11), At(3, 2, 14)));
        Assert.Equal(At(3, 2, 14), Office.Add(At(3, 2, 11), 2 * Hour));
    }

    [Fact]
    public void Time_used_up_at_closing_is_due_at_closing()
    {
        Assert.Equal(At(3, 2, 12), Office.Add(At(3, 2, 10), 2 * Hour));
        Assert.Equal(At(3, 2, 17), Office.Add(At(3, 2, 16), Hour));
        Assert.Equal(At(3, 3, 9) + 1, Office.Add(At(3, 2, 16), Hour + 1));
    }

    [Fact]
    public void A_start_outside_hours_counts_from_the_next_opening()
    {
        Assert.Equal(At(3, 2, 10), Office.Add(At(3, 2, 6), Hour));
        Assert.Equal(At(3, 9, 10), Office.Add(At(3, 6, 18), Hour)); // Friday evening to Monday
        Assert.Equal(At(3, 10, 9), Office.AddDays(At(3, 7, 15), 1)); // Saturday: from Monday's opening
    }

    [Fact]
    public void Business_days_keep_the_time_of_day_over_the_weekend() => Assert.Equal(At(3, 9, 15), Office.AddDays(At(3, 6, 15), 1));

    [Fact]
    public void A_business_day_that_ends_at_a_closed_hour_ends_at_the_next_opening()
    {
        var days = Week([P(9, 17)], [P(10, 16)], [P(9, 17)], [P(9, 17)], [P(9, 17)], [], []);
        Assert.Equal(At(3, 4, 9), days.AddDays(At(3, 2, 16, 30), 1)); // Tuesday 16:30 is closed
        Assert.Equal(At(3, 3, 16), days.AddDays(At(3, 2, 16), 1)); // closing time itself is good to be due at
        Assert.Equal(At(3, 3, 16), days.AddDays(At(3, 4, 17), -1)); // going back, the previous closing
    }

    [Fact]
    public void A_business_day_from_the_small_hours_of_a_night_shift_never_ends_while_closed()
    {
        var nights = Week([P(22, 6)], [P(22, 6)], [P(22, 6)], [P(22, 6)], [P(22, 6)], [], []);
        Assert.Equal(At(3, 10, 2), nights.AddDays(At(3, 7, 2), 1)); // Saturday 02:00 is Friday's night; a shift of eight hours later
        var mixed = Week([P(9, 17)], [P(9, 17)], [P(9, 17)], [P(9, 17)], [P(22, 6)], [], []);
        Assert.True(mixed.IsOpen(mixed.AddDays(At(3, 7, 2), 1)));
    }

    [Fact]
    public void A_reversed_interval_has_no_business_time() => Assert.Equal(0, Office.Between(At(3, 2, 14), At(3, 2, 11)));

    [Fact]
    public void A_night_shift_runs_past_midnight_into_a_closed_day()
    {
        var nights = Week([], [], [], [], [P(22, 6)], [], []);
        Assert.Equal(8 * Hour, nights.Between(At(3, 6, 12), At(3, 8, 12)));
        Assert.Equal(At(3, 7, 2), nights.Add(At(3, 7, 1), Hour)); // Saturday, inside Friday's shift
        Assert.Equal(At(3, 13, 23), nights.Add(At(3, 7, 6), Hour)); // closed to the next Friday
    }

    [Theory]
    [InlineData(3, 29, 23)] // clocks go forward
    [InlineData(10, 25, 25)] // clocks go back
    [InlineData(6, 7, 24)]
    public void A_whole_sunday_has_the_hours_that_really_pass(int month, int day, int hours)
    {
        var sundays = Week([], [], [], [], [], [], [WholeDay]);
        Assert.Equal(hours * Hour, sundays.Between(At(month, day - 1, 12), At(month, day + 1, 12)));
        Assert.Equal(At(month, day + 1, 0), sundays.Add(At(month, day - 1, 12), hours * Hour));
    }

    [Fact]
    public void A_business_day_over_a_change_of_clocks_keeps_the_local_time()
    {
        var daily = Week([WholeDay], [WholeDay], [WholeDay], [WholeDay], [WholeDay], [WholeDay], [WholeDay]);
        Assert.Equal(At(3, 29, 12), daily.AddDays(At(3, 28, 12), 1));
        Assert.Equal(23 * Hour, At(3, 29, 12) - At(3, 28, 12));
    }

    [Fact]
    public void Adding_what_lies_between_comes_back_to_the_end()
    {
        var random = new Random(1);
        for (var i = 0; i < 1000; i++)
        {
            var from = At(3, 1, 0) + random.NextInt64(300 * 24 * Hour);
            var ms = random.NextInt64(1, 60 * Hour);
            Assert.Equal(ms, Office.Between(from, Office.Add(from, ms)));
        }
    }

    [Fact]
    public void Round_the_clock_every_hour_counts() => Assert.Equal(At(3, 2, 1) + Hour, BusinessCalendar.Always.Add(At(3, 2, 1), Hour));
}
