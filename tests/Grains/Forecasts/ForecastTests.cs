using OpsMonitor.Grains.Forecasts;
using Xunit;

namespace OpsMonitor.Tests.Grains.Forecasts;

public sealed class ForecastTests
{
    [Fact]
    public void Tickets_are_done_in_the_order_of_their_due_times_at_the_pace_of_the_last_day()
    {
        const long hour = 3_600_000, now = 1_000 * hour;
        OpenWork[] open = [new("c", now + (9 * hour)), new("late", now - hour), new("none", null), new("a", now + hour), new("b", now + (2 * hour))];
        var foreseen = DrainForecast.Of(open, done: 12, windowMs: 24 * hour, now); // one in two hours
        Assert.Equal(["late", "a", "b", "c", "none"], foreseen.Select(f => f.Ticket));
        Assert.Equal([2L, 4, 6, 8, 10], foreseen.Select(f => (f.FinishAt - now) / hour));
        Assert.Equal(["late", "a", "b"], foreseen.Where(f => f.Breaches).Select(f => f.Ticket));
    }

    [Fact]
    public void Where_nothing_is_done_everything_that_is_due_will_be_late() =>
        Assert.All(DrainForecast.Of([new("a", 5), new("b", long.MaxValue - 1)], 0, 86_400_000, 0), f => Assert.True(f.Breaches));

    [Theory] // 100 calls in half an hour of three minutes each are 10 agents' work
    [InlineData(11, 682, 390)]
    [InlineData(12, 449, 640)]
    [InlineData(13, 285, 796)]
    [InlineData(14, 174, 888)]
    public void Erlang_s_formula_gives_the_numbers_of_the_tables(int agents, int waitsPermille, int withinPermille)
    {
        var queue = new ErlangC(100, 1_800_000, 180_000, agents);
        Assert.Equal(10, queue.Load);
        Assert.Equal(waitsPermille, (int)Math.Round(queue.Waits() * 1000));
        Assert.Equal(withinPermille, (int)Math.Round(queue.ServiceLevel(20_000) * 1000));
    }

    [Fact]
    public void Too_few_agents_make_a_queue_that_grows()
    {
        var queue = new ErlangC(100, 1_800_000, 180_000, 10);
        Assert.Equal((true, 1m, 0m, (long?)null), (queue.IsOverloaded, queue.Waits(), queue.ServiceLevel(20_000), queue.MeanWaitMs()));
        Assert.Equal(14, ErlangC.Needed(100, 1_800_000, 180_000, 80, 20_000));
    }
}
