using OpsMonitor.Grains.Alerts;
using Xunit;

namespace OpsMonitor.Tests.Grains.Alerts;

public sealed class RetriesTests
{
    private const long Second = 1_000, Minute = 60_000, Hour = 3_600_000;
    private static readonly long[] Schedule = [0, 5 * Second, 5 * Minute, 30 * Minute, 2 * Hour, 5 * Hour, 10 * Hour, 14 * Hour, 20 * Hour, 24 * Hour];

    [Fact]
    public void What_fails_is_tried_ten_times_each_wait_within_a_tenth_of_the_schedule_and_then_there_is_a_reason()
    {
        foreach (var key in Enumerable.Range(0, 200).Select(i => $"letter {i}"))
        {
            var (tried, waits) = (new List<Attempt>(), new List<long>());
            var now = 1_000_000L;
            RetryState state;
            while ((state = Retries.After(key, now, tried)).NextAt is { } at)
            {
                Assert.Null(state.Final);
                Assert.Equal(state, Retries.After(key, now, tried)); // a pure function
                waits.Add(at - (tried.Count == 0 ? now : tried[^1].At));
                tried.Add(new(at + 3, false)); // looked at a little late
            }
            Assert.Equal((RetryState.TriedOut, Retries.Most, Schedule.Length), (state.Final, tried.Count, waits.Count));
            foreach (var (wait, named) in waits.Zip(Schedule)) Assert.InRange(wait, named * 9 / 10, named * 11 / 10);
        }
        Assert.True(Enumerable.Range(0, 50).Select(i => Retries.After($"{i}", 0, [new(0, false)]).NextAt).Distinct().Count() > 25);
    }

    [Fact]
    public void What_the_receiver_asks_for_is_waited_and_never_less_than_the_schedule_nor_more_than_a_day()
    {
        Assert.Equal(new RetryState(100_000 + (10 * Minute), null), Retries.After("a", 0, [new(100_000, false, RetryAfterMs: 10 * Minute)]));
        Assert.InRange(Retries.After("a", 0, [new(0, false, RetryAfterMs: 1)]).NextAt!.Value, 4_500, 5_500);
        Assert.Equal(Retries.LongestMs, Retries.After("a", 0, [new(0, false, RetryAfterMs: long.MaxValue)]).NextAt);
    }

    [Fact]
    public void Who_is_gone_is_tried_no_more_and_what_was_delivered_neither()
    {
        Assert.Equal(new RetryState(null, RetryState.Gone), Retries.After("a", 0, [new(0, false), new(5_000, false, Gone: true)]));
        Assert.Equal(new RetryState(null, RetryState.Delivered), Retries.After("a", 0, [new(0, false), new(5_000, true)]));
    }

    [Fact]
    public void A_full_window_keeps_its_last_place_for_a_digest_of_all_that_waits()
    {
        Rate[] twenty = [new(20, Minute)];
        var now = 500_000L;
        Assert.Equal(new PaceStep(5, false, null), Pace.Next(twenty, [], 5, now, true));
        Assert.Equal(new PaceStep(19, false, null), Pace.Next(twenty, [], 300, now, true));
        var nineteen = Enumerable.Range(0, 19).Select(i => now - 1_000 + i).ToList();
        Assert.Equal(new PaceStep(0, true, null), Pace.Next(twenty, nineteen, 281, now, true));
        Assert.Equal(new PaceStep(1, false, null), Pace.Next(twenty, nineteen, 1, now, true));
        Assert.Equal(new PaceStep(0, false, nineteen[0] + Minute), Pace.Next(twenty, [.. nineteen, now], 3, now, true));
        Assert.Equal(new PaceStep(20, false, null), Pace.Next(twenty, [], 300, now, false)); // single messages only
        Rate[] feishu = [new(100, Minute), new(5, Second)];
        Assert.Equal(new PaceStep(5, false, null), Pace.Next(feishu, [], 90, now, true)); // a second is waited out
        Assert.Equal(now + Second - 4, Pace.Next(feishu, [now - 4, now - 3, now - 2, now - 1, now], 85, now, true).WaitUntil);
    }
}
