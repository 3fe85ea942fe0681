using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Grains.Tickets;

/// <summary>The resolution clock of a priority 1 ticket: 4 h from 09:00, warning at 12:00, due at 13:00.</summary>
public sealed class ClockTests
{
    private const string T = "ticket/T-1";
    private static readonly TicketCreated Created = new(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: "billing");
    private static readonly TicketResolved Resolved = new("fixed");
    private static readonly TicketClockPaused Paused = new(PauseReason.AwaitingCustomer);
    private static readonly TicketClockResumed Resumed = new(PauseReason.AwaitingCustomer);

    private static Story Nine() => Story.Of().At("09:00:00", T, Created);

    private static (long Met, long Due) Sla(Story story) =>
        (story.Sums()[Measure.ClockMet, "resolution"], story.Sums()[Measure.ClockDue, "resolution"]);

    [Theory]
    [InlineData("12:59:59.999", "met", 0)]
    [InlineData("13:00:00.000", "met", 0)]
    [InlineData("13:00:00.001", "breached", 1)]
    public void A_promise_is_kept_up_to_and_at_its_due_instant(string resolved, string state, long lateMs)
    {
        var story = Nine().At(resolved, T, Resolved).Tick("14:00:00");
        var clock = story.Clock(T, "resolution");
        Assert.Equal((state, lateMs, Story.Ms("13:00:00")), (clock.State, clock.LateMs, clock.DueAt));
        Assert.Equal((state == "met" ? 1 : 0, 1), Sla(story));
    }

    [Fact]
    public void A_clock_met_early_counts_when_its_due_instant_comes_not_before()
    {
        var story = Nine().At("10:00:00", T, Resolved).Tick("12:59:59.999");
        Assert.Equal((0, 0), Sla(story));
        Assert.Equal((1, 1), Sla(story.Tick("13:00:00")));
    }

    [Theory]
    [InlineData("11:59:59.999", "running", false)]
    [InlineData("12:00:00.000", "running", true)]
    [InlineData("12:59:59.999", "running", true)]
    public void Three_quarters_of_the_limit_raise_yellow(string now, string state, bool warned)
    {
        var story = Nine().Tick(now);
        Assert.Equal(state, story.Clock(T, "resolution").State);
        Assert.Equal(warned, story.Alert("clock_warning", "resolution") is { State: AlertState.Raised });
        Assert.Equal(warned ? 1 : 0, story.Members(Measure.ClockAtRisk, "resolution"));
    }

    [Fact]
    public void The_whole_limit_raises_red_at_the_true_instant_however_late_it_was_noticed()
    {
        var red = Nine().Tick("13:07:30").Alert("clock_breach", "resolution")!;
        Assert.Equal((Story.Ms("13:00:00"), 450_000, AlertState.Raised), (red.Due.RaisedAt, red.LatenessMs, red.State));
    }

    [Fact]
    public void A_warning_ends_in_the_breach() =>
        Assert.Equal(AlertState.Resolved, Nine().Tick("12:30:00").Tick("13:00:00").Alert("clock_warning", "resolution")!.State);

    [Fact]
    public void A_pause_moves_the_due_time_by_its_length()
    {
        var story = Nine().At("10:00:00", T, Paused).At("11:30:00", T, Resumed);
        var clock = story.Clock(T, "resolution");
        Assert.Equal((Story.Ms("14:30:00"), 90 * Story.Minute), (clock.DueAt, clock.PausedMs));
        Assert.Null(story.Tick("14:29:59.999").Alert("clock_breach", "resolution"));
        Assert.NotNull(story.Tick("14:30:00").Alert("clock_breach", "resolution"));
    }

    [Fact]
    public void A_pause_moves_the_warning_by_its_length_too()
    {
        var story = Nine().At("10:00:00", T, Paused).At("11:30:00", T, Resumed);
        Assert.Null(story.Tick("13:29:59.999").Alert("clock_warning", "resolution"));
        Assert.NotNull(story.Tick("13:30:00").Alert("clock_warning", "resolution"));
    }

    [Fact] // a source whose clock is behind, or who paused before it opened
    public void A_pause_counts_from_the_clock_s_start_on()
    {
        var story = Story.Of().Told("09:30:00", "08:00:00", T, Paused).Told("09:30:00", "09:00:00", T, Created).Told("09:30:00", "09:15:00", T, Resumed);
        Assert.Equal((Story.Ms("13:15:00"), 15 * Story.Minute), (story.Clock(T, "resolution").DueAt, story.Clock(T, "resolution").PausedMs));
    }

    [Fact] // else the time that it stood paused would count as ours
    public void A_warning_of_a_due_time_that_a_pause_moved_is_no_older_than_the_pause_s_end()
    {
        var story = Nine().Tick("12:00:00").At("12:30:00", T, new TicketClockPaused(PauseReason.AwaitingCustomer, Until: Story.Iso("14:00:00"))).WakeUntil(Story.Ms("14:10:00"));
        var warned = story.Shard.Alerts.All.Single(a => a.Due.Rule == "clock_warning" && a.State == AlertState.Raised);
        Assert.Equal((Story.Ms("14:30:00"), Story.Ms("14:00:00"), 0L), (warned.Due.DueAt, warned.Due.RaisedAt, warned.LatenessMs));
    }

    [Fact]
    public void Two_reasons_that_overlap_pause_once()
    {
        var story = Nine()
            .At("10:00:00", T, Paused)
            .At("10:30:00", T, new TicketClockPaused(PauseReason.AwaitingThirdParty))
            .At("11:00:00", T, Resumed)
            .At("11:30:00", T, new TicketClockResumed(PauseReason.AwaitingThirdParty));
        Assert.Equal(Story.Ms("14:30:00"), story.Clock(T, "resolution").DueAt);
    }

    [Fact]
    public void An_open_pause_has_no_due_time_but_what_remains()
    {
        var story = Nine().At("12:30:00", T, Paused).Tick("+1 12:30:00");
        var clock = story.Clock(T, "resolution");
        Assert.Equal(("paused", null, 30 * Story.Minute), (clock.State, clock.DueAt, clock.RemainingMs));
        Assert.Equal((0, 0), Sla(story));
        Assert.Null(story.Alert("clock_breach", "resolution"));
    }

    [Fact]
    public void A_reason_that_the_clock_does_not_honour_pauses_nothing() =>
        Assert.Equal(Story.Ms("13:00:00"), Nine().At("10:00:00", T, new TicketClockPaused(PauseReason.LegalHold)).Clock(T, "resolution").DueAt);

    [Theory] // the instant of judging must not matter
    [InlineData("16:00:00")]
    [InlineData("16:00:00.001")]
    public void A_ticket_resolved_while_paused_met_its_promise(string told)
    {
        var story = Nine().At("12:30:00", T, Paused).Told(told, "16:00:00", T, Resolved);
        Assert.Equal(("met", Story.Ms("16:30:00")), (story.Clock(T, "resolution").State, story.Clock(T, "resolution").DueAt));
        Assert.Null(story.Alert("clock_breach", "resolution"));
    }

    [Fact]
    public void A_pause_told_ahead_of_its_time_begins_on_time()
    {
        var story = Nine().Told("09:58:00", "10:00:00", T, Paused);
        Assert.Equal("running", story.Clock(T, "resolution").State);
        Assert.Equal("paused", story.WakeUntil(Story.Ms("10:00:00")).Clock(T, "resolution").State);
    }

    [Fact]
    public void A_reopened_ticket_has_back_what_remained_when_it_was_resolved()
    {
        var story = Nine().At("12:00:00", T, Resolved).At("15:00:00", T, new TicketReopened("not fixed"));
        Assert.Equal(("running", Story.Ms("16:00:00")), (story.Clock(T, "resolution").State, story.Clock(T, "resolution").DueAt));
        Assert.Equal((1, 1, 1), (story.Sums()[Measure.Reopened], story.Sums()[Measure.UnresolvedDelta], story.Row(T).Reopened));
        Assert.NotNull(story.Tick("16:00:00").Alert("clock_breach", "resolution"));
    }

    [Fact]
    public void Merging_cancels_what_is_not_due_yet()
    {
        var story = Nine().At("12:59:59.999", T, new TicketMerged("T-2")).Tick("14:00:00");
        Assert.Equal(("merged", "cancelled"), (story.Row(T).State, story.Clock(T, "resolution").State));
        Assert.Equal((0, 0), Sla(story));
        Assert.Equal((0, 0), (story.Sums()[Measure.OpenDelta], story.Sums()[Measure.UnresolvedDelta]));
        Assert.DoesNotContain(story.Shard.Alerts.All, a => a.State == AlertState.Raised && a.Due.Clock == "resolution");
    }

    [Fact]
    public void Merging_does_not_undo_a_breach()
    {
        var story = Nine().At("13:00:00.001", T, new TicketMerged("T-2"));
        Assert.Equal((0, 1), Sla(story));
        Assert.Equal(AlertState.Resolved, story.Alert("clock_breach", "resolution")!.State);
    }

    [Fact]
    public void A_dispatch_is_due_at_its_own_time_and_of_its_own_department()
    {
        var story = Nine().At("09:30:00", T, new TicketDispatched("D-1", "network", DispatchRole.Assist, DueAt: Story.Iso("11:00:00")));
        Assert.Equal((Story.Ms("11:00:00"), "network"), (story.Clock(T, "department_answer/D-1").DueAt, story.Clock(T, "department_answer/D-1").DepartmentId));
        story.At("11:00:00", T, new TicketDispatchAnswered("D-1")).Tick("11:30:00");
        Assert.Equal((1, 1), (story.Sums("department/network")[Measure.ClockMet, "department_answer"], story.Sums("department/network")[Measure.ClockDue, "department_answer"]));
        Assert.Equal(0, story.Sums("department/billing")[Measure.ClockDue, "department_answer"]);
    }

    [Fact]
    public void A_dispatch_without_a_time_of_its_own_has_a_business_day() =>
        Assert.Equal(Story.Ms("+1 09:30:00"),
            Nine().At("09:30:00", T, new TicketDispatched("D-1", "network", DispatchRole.Assist)).Clock(T, "department_answer/D-1").DueAt);

    [Theory]
    [InlineData(1, "09:15:00")]
    [InlineData(2, "10:00:00")]
    [InlineData(3, "13:00:00")]
    [InlineData(4, "+1 09:00:00")]
    [InlineData(null, "13:00:00")]
    public void The_first_response_is_due_by_priority_and_a_missing_one_counts_as_three(int? priority, string due) =>
        Assert.Equal(Story.Ms(due), Story.Of().At("09:00:00", T, Created with { Priority = priority }).Clock(T, "first_response").DueAt);

    [Fact]
    public void An_answer_after_closing_does_not_breach_a_clock_that_closing_ended()
    {
        var story = Nine().At("09:10:00", T, new TicketClosed("done")).At("09:30:00", T, new TicketReplied("mail")).Tick("10:00:00");
        Assert.Equal("cancelled", story.Clock(T, "first_response").State);
        Assert.Equal(0, story.Sums()[Measure.ClockDue, "first_response"]);
    }
}
