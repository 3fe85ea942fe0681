using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Grains.Callbacks;

/// <summary>One promise, made at 09:00 for 10:00.</summary>
public sealed class CallbackTests
{
    private const string B = "callback/B-1";

    private static Story Promised(string? from = null) =>
        Story.Of().At("09:00:00", B, new CallbackPromised(CallbackKind.Promise, DueAt: Story.Iso("10:00:00"), WindowStart: from is null ? null : Story.Iso(from)));

    private static CallbackAttempted Call(AttemptOutcome outcome) => new(1, outcome);

    private static long Num(Story story, string name) => ((Ratio)story.Report()[$"callbacks.{name}"]!).Num;

    private static long Due(Story story) => (long)story.Report()["callbacks.due"]!;

    [Theory]
    [InlineData("09:59:59.999", 1, 0)]
    [InlineData("10:00:00.000", 1, 0)]
    [InlineData("10:00:00.001", 0, 1)]
    public void A_call_at_the_promised_instant_is_punctual_and_reached_is_kept(string called, long kept, long missed)
    {
        var story = Promised().At(called, B, Call(AttemptOutcome.Reached)).Tick("11:00:00");
        Assert.Equal((1, kept, kept, missed, 1), (Due(story), Num(story, "punctual"), Num(story, "kept"), Num(story, "missed"), Num(story, "fulfilled")));
    }

    [Theory]
    [InlineData("09:29:59.999", 0)]
    [InlineData("09:30:00.000", 1)]
    public void A_call_before_its_window_is_not_punctual(string called, long punctual) =>
        Assert.Equal(punctual, Num(Promised(from: "09:30:00").At(called, B, Call(AttemptOutcome.NoAnswer)).Tick("10:00:00"), "punctual"));

    [Fact]
    public void Nothing_is_due_before_its_time()
    {
        var story = Promised().At("09:10:00", B, Call(AttemptOutcome.Reached)).Tick("09:59:59.999");
        Assert.Equal(0, Due(story));
        Assert.Equal(1, Due(story.Tick("10:00:00")));
    }

    [Fact]
    public void Punctual_is_not_kept_when_nobody_picked_up()
    {
        var story = Promised().At("09:50:00", B, Call(AttemptOutcome.NoAnswer)).At("10:10:00", B, Call(AttemptOutcome.Reached));
        Assert.Equal((1, 0, 1, 0), (Num(story, "punctual"), Num(story, "kept"), Num(story, "fulfilled"), Num(story, "missed")));
        Assert.Equal(new Ratio(2, 1), story.Report()["callbacks.attempts"]);
    }

    [Fact]
    public void Lateness_is_from_due_to_the_first_attempt()
    {
        var story = Promised().At("10:07:30", B, Call(AttemptOutcome.NoAnswer)).At("10:30:00", B, Call(AttemptOutcome.Reached));
        Assert.Equal(450m, story.Report()["callbacks.lateness_s"]);
    }

    [Fact]
    public void An_agent_who_moves_it_keeps_the_first_promise()
    {
        var story = Promised().At("09:30:00", B, new CallbackRescheduled(RescheduledBy.Agent, DueAt: Story.Iso("12:00:00"))).At("11:00:00", B, Call(AttemptOutcome.Reached));
        Assert.Equal((1, 0, 1), (Due(story), Num(story, "kept"), Num(story, "missed")));
    }

    [Fact]
    public void A_customer_who_moves_it_moves_the_promise()
    {
        var story = Promised().At("09:30:00", B, new CallbackRescheduled(RescheduledBy.Customer, DueAt: Story.Iso("12:00:00"))).Tick("11:00:00");
        Assert.Equal((0, Story.Ms("12:00:00")), (Due(story), story.Row(B).DueAt));
        story.At("11:30:00", B, Call(AttemptOutcome.Reached)).Tick("12:00:00");
        Assert.Equal((1, 1), (Due(story), Num(story, "kept")));
    }

    [Theory]
    [InlineData("09:59:59.999", 0)]
    [InlineData("10:00:00.000", 1)]
    public void A_cancellation_before_due_leaves_the_denominator(string cancelled, long due)
    {
        var story = Promised().At(cancelled, B, new CallbackCancelled("solved")).Tick("11:00:00");
        Assert.Equal((due, due), (Due(story), Num(story, "missed")));
        Assert.Equal(0L, story.Report()["callbacks.overdue"]);
    }

    [Fact]
    public void A_missed_promise_is_red_and_overdue_until_somebody_is_reached()
    {
        var story = Promised().WakeUntil(Story.Ms("10:00:00"));
        Assert.Equal((AlertState.Raised, 1L, "missed"), (story.Alert("callback_missed", "callback")!.State, story.Report()["callbacks.overdue"], story.Row(B).State));
        story.At("10:20:00", B, Call(AttemptOutcome.NoAnswer));
        Assert.Equal((AlertState.Raised, 1L, "due"), (story.Alert("callback_missed", "callback")!.State, story.Report()["callbacks.overdue"], story.Row(B).State));
        story.At("10:30:00", B, Call(AttemptOutcome.Reached));
        Assert.Equal((AlertState.Resolved, 0L), (story.Alert("callback_missed", "callback")!.State, story.Report()["callbacks.overdue"]));
    }

    [Fact]
    public void A_call_reported_late_retracts_the_miss()
    {
        var story = Promised().Tick("10:00:00").Told("10:05:00", "09:58:00", B, Call(AttemptOutcome.Reached));
        Assert.Equal((AlertState.Retracted, 1, 0), (story.Alert("callback_missed", "callback")!.State, Num(story, "kept"), Num(story, "missed")));
    }

    [Fact]
    public void A_promise_given_up_is_unreachable_not_fulfilled()
    {
        var story = Promised().At("09:50:00", B, Call(AttemptOutcome.NoAnswer)).At("09:55:00", B, new CallbackExhausted(3)).Tick("10:30:00");
        Assert.Equal((1, 0, 1), (Due(story), Num(story, "fulfilled"), Num(story, "unreachable")));
    }
}
