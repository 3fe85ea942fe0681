using OpsMonitor.Grains.Calendars;
using Xunit;

namespace OpsMonitor.Tests.Grains.Calendars;

/// <summary>What business time must obey whatever the calendar, to the millisecond: instants are not whole minutes here.</summary>
public sealed class BusinessTimeLawTests
{
    private const int CalendarCount = 200, CasesPerCalendar = 100;
    private const long Day = 86_400_000;

    [Fact]
    public void Elapsed_time_is_additive() => ForAll((calendar, random, at) =>
    {
        var (a, b, c) = InOrder(at(), at(), at());
        return calendar.Between(a, b) + calendar.Between(b, c) == calendar.Between(a, c);
    });

    [Fact]
    public void Elapsed_time_never_runs_backwards_nor_faster_than_the_clock() => ForAll((calendar, random, at) =>
    {
        var (a, b, c) = InOrder(at(), at(), at());
        return calendar.Between(a, c) >= calendar.Between(a, b) && calendar.Between(a, c) >= calendar.Between(b, c) && calendar.Between(a, b) <= b - a && calendar.Between(b, a) == 0;
    });

    [Fact]
    public void More_time_is_due_later_and_a_later_start_is_due_no_earlier() => ForAll((calendar, random, at) =>
    {
        var (a, b, _) = InOrder(at(), at(), at());
        var (less, more) = (random.NextInt64(1, 2 * Day), random.NextInt64(2 * Day, 4 * Day));
        return calendar.Add(a, less) < calendar.Add(a, more) && calendar.Add(a, less) <= calendar.Add(b, less);
    });

    [Fact]
    public void From_a_start_to_its_due_time_the_limit_has_elapsed_exactly() => ForAll((calendar, random, at) =>
    {
        var (start, limit) = (at(), random.NextInt64(1, 5 * Day));
        var due = calendar.Add(start, limit);
        return calendar.Between(start, due) == limit && calendar.Between(start, due - 1) == limit - 1;
    });

    [Fact]
    public void Two_limits_one_after_the_other_are_due_when_their_sum_is() => ForAll((calendar, random, at) =>
    {
        var (start, first, second) = (at(), random.NextInt64(1, 2 * Day), random.NextInt64(1, 2 * Day));
        return calendar.Add(calendar.Add(start, first), second) == calendar.Add(start, first + second);
    });

    private static (long, long, long) InOrder(long a, long b, long c)
    {
        long[] all = [a, b, c];
        Array.Sort(all);
        return (all[0], all[1], all[2]);
    }

    private static void ForAll(Func<BusinessCalendar, Random, Func<long>, bool> holds)
    {
        for (var seed = 0; seed < CalendarCount; seed++)
        {
            var random = new Random(seed);
            var made = new RandomCalendar(random);
            var middle = made.Zone.AtStartOfDay(made.Middle).ToInstant().ToUnixTimeMilliseconds();
            for (var i = 0; i < CasesPerCalendar; i++)
                Assert.True(holds(made.Calendar, random, () => middle + random.NextInt64(-9 * Day, 9 * Day)), $"calendar {seed}, case {i}");
        }
    }
}
