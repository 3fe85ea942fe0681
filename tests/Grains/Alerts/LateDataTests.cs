using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Grains.Alerts;

public sealed class LateDataTests
{
    private const string T = "ticket/T-1";
    private static readonly TicketCreated Created = new(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: "billing");

    private static (long Met, long Due) Sla(Story story) =>
        (story.Sums()[Measure.ClockMet, "resolution"], story.Sums()[Measure.ClockDue, "resolution"]);

    [Fact]
    public void A_breach_that_late_data_undoes_is_retracted_and_the_number_restored()
    {
        var story = Story.Of().At("09:00:00", T, Created).Tick("13:00:00");
        Assert.Equal((0, 1), Sla(story));
        Assert.Equal(AlertState.Raised, story.Alert("clock_breach", "resolution")!.State);
        Assert.Equal(1, story.Members(Measure.ClockBreachedOpen, "resolution"));

        story.Told("13:04:00", "12:55:00", T, new TicketResolved("fixed"));
        Assert.Equal((1, 1), Sla(story));
        Assert.Equal((AlertState.Retracted, Story.Ms("13:04:00")), (story.Alert("clock_breach", "resolution")!.State, story.Alert("clock_breach", "resolution")!.ChangedAt));
        Assert.Equal(0, story.Members(Measure.ClockBreachedOpen, "resolution"));
        Assert.True(story.Last!.MustCommit);
    }

    [Fact]
    public void A_breach_that_ends_late_is_resolved_and_still_counts()
    {
        var story = Story.Of().At("09:00:00", T, Created).At("13:20:00", T, new TicketResolved("fixed"));
        Assert.Equal((0, 1), Sla(story));
        Assert.Equal(AlertState.Resolved, story.Alert("clock_breach", "resolution")!.State);
        Assert.Equal(20 * Story.Minute, story.Clock(T, "resolution").LateMs);
    }

    [Fact]
    public void A_breach_that_was_over_is_retracted_too_by_news_that_it_never_was()
    {
        var story = Story.Of().At("09:00:00", T, Created).WakeUntil(Story.Ms("13:10:00")).At("13:18:00", T, new TicketResolved("fixed"));
        story.At("13:40:00", T, new TicketReplied("mail")); // news, but none of before the end
        Assert.Equal(AlertState.Resolved, story.Alert("clock_breach", "resolution")!.State);
        story.Told("14:00:00", "12:55:00", T, new TicketResolved("by phone"));
        var alert = story.Alert("clock_breach", "resolution")!;
        Assert.Equal((1, 1), Sla(story));
        Assert.Equal((AlertState.Retracted, Story.Ms("14:00:00"), Story.Ms("13:18:00"), "retracted"), (alert.State, alert.ChangedAt, alert.StoodUntil, alert.Care.Final));
        Assert.Contains(alert, story.Last!.Alerts); // whoever was told of it hears of that
        story.Told("14:10:00", "12:50:00", T, new TicketReopened("not yet")); // older than the resolving: nothing to reopen
        Assert.Equal(AlertState.Retracted, story.Alert("clock_breach", "resolution")!.State);
        story.Told("14:20:00", "12:58:00", T, new TicketReopened("it was not"));
        Assert.Equal((0, 1), Sla(story));
        Assert.Equal([AlertState.Retracted, AlertState.Resolved], story.Shard.Alerts.All.Where(a => a.Due is { Rule: "clock_breach", Clock: "resolution" }).Select(a => a.State)); // broken after all, three minutes later
    }

    [Fact]
    public void A_warning_that_helped_stays_over_whatever_is_heard_later()
    {
        var story = Story.Of().At("09:00:00", T, Created).At("12:30:00", T, new TicketResolved("fixed"));
        Assert.Equal(AlertState.Resolved, story.Alert("clock_warning", "resolution")!.State);
        story.Told("14:00:00", "10:00:00", T, new TicketResolved("by phone"));
        Assert.Equal(AlertState.Resolved, story.Alert("clock_warning", "resolution")!.State);
    }

    [Theory]
    [InlineData("callback")]
    [InlineData("dispatch")]
    [InlineData("customer")]
    public void So_is_that_of_a_callback_a_dispatch_and_a_customer(string kind)
    {
        var (story, late, rule) = kind switch
        {
            "callback" => (Ruled().At("09:00:00", "callback/c", new CallbackPromised(CallbackKind.Promise, Story.Iso("10:00:00"), CustomerRef: "c-1", DepartmentId: "billing"))
                .WakeUntil(Story.Ms("10:20:00")).At("10:20:00", "callback/c", new CallbackAttempted(2, AttemptOutcome.Reached)), (EventData)new CallbackAttempted(1, AttemptOutcome.Reached), "callback_missed"),
            "dispatch" => (Ruled().At("09:00:00", T, Created).At("09:10:00", T, new TicketDispatched("d", "returns", DispatchRole.Lead)).WakeUntil(Story.Ms("+1 11:00:00"))
                .At("+1 11:00:00", T, new TicketDispatchAccepted("d")), new TicketDispatchAccepted("d"), "unsigned_dispatch"),
            _ => (Ruled().At("09:00:00", "contact/1", new ContactInitiated(Channel.Phone, Direction.Inbound, "c-1"), new ContactQueued("q", "billing"), new ContactAbandoned(AbandonStage.Queue, "q"))
                .WakeUntil(Story.Ms("10:20:00")).At("10:20:00", "contact/2", new ContactInitiated(Channel.Phone, Direction.Outbound, "c-1")), new ContactInitiated(Channel.Phone, Direction.Outbound, "c-1"), "missed_call"),
        };
        Assert.Equal(AlertState.Resolved, story.Shard.Alerts.All.Single(a => a.Due.Rule == rule).State);
        var subject = kind switch { "callback" => "callback/c", "dispatch" => T, _ => "contact/3" };
        story.Told("+1 12:00:00", "09:30:00", subject, late);
        Assert.Equal(AlertState.Retracted, story.Shard.Alerts.All.Single(a => a.Due.Rule == rule).State);
        static Story Ruled() => Story.Of(OpsMonitor.Grains.Policies.PolicySet.Default with { Rules = OpsMonitor.Grains.Rules.RuleSet.Standard });
    }

    [Fact]
    public void A_ticket_whose_opening_arrives_after_its_resolution_ends_as_if_in_order()
    {
        var story = Story.Of().At("12:00:00", T, new TicketResolved("fixed"));
        Assert.Equal("unknown", story.Row(T).State);
        story.Told("13:30:00", "09:00:00", T, Created);
        Assert.Equal(("resolved", "met"), (story.Row(T).State, story.Clock(T, "resolution").State));
        Assert.Equal((1, 1), Sla(story));
        Assert.Null(story.Alert("clock_breach", "resolution"));
        Assert.Empty(story.Row(T).Anomalies);
    }

    [Fact]
    public void An_alert_is_raised_once_however_often_it_is_looked_at()
    {
        var story = Story.Of().At("09:00:00", T, Created);
        var told = 0;
        for (var second = 0; second < 600; second++)
        {
            story.Turn(Story.Ms("12:55:00") + (second * Story.Second));
            told += story.Last!.Alerts.Count(a => a.Due is { Rule: "clock_breach", Clock: "resolution" });
        }
        Assert.Equal(1, told);
        story.At("13:04:59.500", T, new TicketAssigned("anna"));
        Assert.Empty(story.Last!.Alerts); // evaluated again, the same alert
    }

    [Fact]
    public void The_same_breach_has_the_same_code_whenever_it_was_noticed() =>
        Assert.Equal(
            Story.Of().At("09:00:00", T, Created).Tick("13:00:00").Alert("clock_breach", "resolution")!.Code,
            Story.Of().At("09:00:00", T, Created).Tick("+2 00:00:00").Alert("clock_breach", "resolution")!.Code);

    [Fact]
    public void Back_fill_counts_and_raises_nothing()
    {
        var story = Story.Of(backfill: true).At("09:00:00", T, Created).Tick("14:00:00");
        Assert.Equal((0, 1), Sla(story));
        Assert.Empty(story.Shard.Alerts.All);
    }

    [Theory]
    [InlineData("12:59:59.999", "13:00:02", 2_000)] // known before it was due, noticed two seconds late
    [InlineData("13:00:02", "13:00:02", 0)]         // overdue already when it was first told of
    [InlineData("+3 09:00:00", "+3 09:00:00", 0)]
    public void A_breach_whose_cause_came_after_its_due_time_is_late_data_and_no_late_detection(string told, string looked, long late)
    {
        var alert = Story.Of().Told(told, "09:00:00", T, Created).Tick(looked).Alert("clock_breach", "resolution")!;
        Assert.Equal((Story.Ms("13:00:00"), Story.Ms(looked), late), (alert.Due.RaisedAt, alert.NoticedAt, alert.LatenessMs));
    }
}
