using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using Xunit;
using static OpsMonitor.Tests.Grains.Rules.RuleHeads;

namespace OpsMonitor.Tests.Grains.Rules;

/// <summary>One story for each rule, in virtual time: when it is raised, when it is over, and when it never was.</summary>
public sealed class RuleTimelineTests
{
    private const string T = "ticket/T-1";

    private static Story With(RuleId id) => Story.Of(PolicySet.Default with { Rules = RuleSet.Standard.Only(id) });

    private static Alert? Of(Story story, RuleId id) => story.Shard.Alerts.All.SingleOrDefault(a => a.Due.Rule == Words.Of(id));

    private static void Raised(Story story, RuleId id, string at, AlertState state = AlertState.Raised)
    {
        var alert = Of(story, id);
        Assert.NotNull(alert);
        Assert.Equal((Story.Iso(at), state), (Story.Iso(alert.Due.RaisedAt), alert.State));
        Assert.Equal(0, alert.LatenessMs);
    }

    [Fact]
    public void A_dispatch_that_nobody_signs_for_is_raised_after_a_business_day()
    {
        var story = With(RuleId.UnsignedDispatch).At("09:00:00", T, Created()).At("10:00:00", T, new TicketDispatched("d1", "returns", DispatchRole.Lead));
        story.WakeUntil(Story.Ms("+1 09:59:59"));
        Assert.Null(Of(story, RuleId.UnsignedDispatch));
        Raised(story.WakeUntil(Story.Ms("+1 10:00:00")), RuleId.UnsignedDispatch, "+1 10:00:00");
        Assert.Equal("returns", Of(story, RuleId.UnsignedDispatch)!.Due.DepartmentId);
        story.At("+1 11:00:00", T, new TicketDispatchAccepted("d1"));
        Raised(story, RuleId.UnsignedDispatch, "+1 10:00:00", AlertState.Resolved);
    }

    [Fact]
    public void A_signature_that_arrives_late_but_was_in_time_retracts_it()
    {
        var story = With(RuleId.UnsignedDispatch).At("09:00:00", T, Created()).At("10:00:00", T, new TicketDispatched("d1", "returns", DispatchRole.Lead)).WakeUntil(Story.Ms("+1 10:30:00"));
        story.Told("+1 10:31:00", "15:00:00", T, new TicketDispatchAccepted("d1"));
        Assert.Equal(AlertState.Retracted, Of(story, RuleId.UnsignedDispatch)!.State);
    }

    [Fact]
    public void The_second_return_is_ping_pong()
    {
        var story = With(RuleId.PingPong).At("09:00:00", T, Created())
            .At("09:10:00", T, new TicketDispatched("d1", "billing", DispatchRole.Lead)).At("09:20:00", T, new TicketDispatchReturned("d1", "wrong"))
            .At("09:30:00", T, new TicketDispatched("d2", "billing", DispatchRole.Lead));
        Assert.Null(Of(story, RuleId.PingPong));
        Raised(story.At("09:40:00", T, new TicketDispatchReturned("d2", "wrong")), RuleId.PingPong, "09:40:00");
    }

    [Fact]
    public void Back_to_where_it_was_is_ping_pong() => Raised(With(RuleId.PingPong).At("09:00:00", T, Created())
        .At("09:10:00", T, new TicketDispatched("d1", "returns", DispatchRole.Lead)).At("09:30:00", T, new TicketDispatched("d2", "billing", DispatchRole.Lead)), RuleId.PingPong, "09:30:00");

    [Fact]
    public void Three_hops_are_ping_pong() => Raised(With(RuleId.PingPong).At("09:00:00", T, Created())
        .At("09:10:00", T, new TicketDispatched("d1", "a", DispatchRole.Lead)).At("09:20:00", T, new TicketDispatched("d2", "b", DispatchRole.Lead))
        .At("09:30:00", T, new TicketDispatched("d3", "c", DispatchRole.Lead)), RuleId.PingPong, "09:30:00");

    [Fact]
    public void After_too_much_of_it_the_ticket_is_frozen_and_an_adjudicator_named()
    {
        var story = With(RuleId.PingPongGuard).At("09:00:00", T, Created());
        foreach (var (n, department) in ((int, string)[])[(1, "a"), (2, "b"), (3, "c"), (4, "d")]) story.At($"09:{n}0:00", T, new TicketDispatched($"d{n}", department, DispatchRole.Lead));
        Assert.Null(Of(story, RuleId.PingPongGuard));
        story.At("09:50:00", T, new TicketDispatched("d5", "e", DispatchRole.Lead));
        Raised(story, RuleId.PingPongGuard, "09:50:00");
        Assert.Equal(("department_head", "department_head"), (Of(story, RuleId.PingPongGuard)!.Due.Clock, Of(story, RuleId.PingPongGuard)!.Care.Taken.All[0].To));
        story.At("09:55:00", T, new TicketDispatched("d6", "f", DispatchRole.Lead));
        Assert.Contains("dispatched_while_frozen", story.Row(T).Anomalies);
        story.At("10:00:00", T, new TicketSupervised("head"));
        Raised(story, RuleId.PingPongGuard, "09:50:00", AlertState.Resolved);
    }

    [Theory]
    [InlineData("regulator")]
    [InlineData("media")]
    public void A_flag_of_the_outside_is_raised_at_once(string flag)
    {
        Raised(With(RuleId.OutsideFlag).At("03:00:00", T, Created(flags: flag)), RuleId.OutsideFlag, "03:00:00");
        Raised(With(RuleId.OutsideFlag).At("03:00:00", T, Created()).At("04:00:00", T, new TicketClassified("x", RiskFlags: [flag])), RuleId.OutsideFlag, "04:00:00");
    }

    [Fact]
    public void An_escalation_to_the_regulator_is_such_a_flag() => Raised(With(RuleId.OutsideFlag).At("03:00:00", T, Created())
        .At("05:00:00", T, new TicketEscalated(5, EscalationTrigger.Regulator)), RuleId.OutsideFlag, "05:00:00");

    [Fact]
    public void A_clock_in_the_green_lane_warns_red_at_half_its_time()
    {
        var story = With(RuleId.VipLane).At("09:00:00", T, Created("vip", priority: 1)); // resolution in 4 h, first response in 15 min, acknowledge in a day
        story.WakeUntil(Story.Ms("10:59:59"));
        Assert.Null(story.Alert("vip_lane", "resolution"));
        story.WakeUntil(Story.Ms("11:00:00"));
        var alert = story.Alert("vip_lane", "resolution")!;
        Assert.Equal((Story.Ms("11:00:00"), AlertLevel.Red), (alert.Due.RaisedAt, alert.Due.Level));
        story.At("11:30:00", T, new TicketResolved("done"));
        Assert.Equal(AlertState.Resolved, story.Alert("vip_lane", "resolution")!.State); // a warning that helped is over; nothing is taken back
        Assert.DoesNotContain(With(RuleId.VipLane).At("09:00:00", T, Created("gold", priority: 1)).WakeUntil(Story.Ms("12:00:00")).Shard.Alerts.All, a => a.Due.Rule == "vip_lane");
    }

    [Fact]
    public void A_missed_callback_is_the_supervisor_s_after_half_an_hour()
    {
        var promise = new CallbackPromised(CallbackKind.Promise, Story.Iso("10:00:00"), DepartmentId: "billing");
        var story = With(RuleId.CallbackOverdue).At("09:00:00", "callback/c", promise).WakeUntil(Story.Ms("10:29:59"));
        Assert.Null(Of(story, RuleId.CallbackOverdue));
        Raised(story.WakeUntil(Story.Ms("10:30:00")), RuleId.CallbackOverdue, "10:30:00");
        Assert.Equal("supervisor", Of(story, RuleId.CallbackOverdue)!.Care.Taken.All[0].To);
        Raised(story.At("10:40:00", "callback/c", new CallbackAttempted(1, AttemptOutcome.NoAnswer)), RuleId.CallbackOverdue, "10:30:00", AlertState.Resolved);
        Assert.Null(Of(With(RuleId.CallbackOverdue).At("09:00:00", "callback/c", promise).At("10:20:00", "callback/c", new CallbackAttempted(1, AttemptOutcome.Busy)).WakeUntil(Story.Ms("12:00:00")), RuleId.CallbackOverdue));
    }

    [Fact]
    public void The_third_complaint_of_a_customer_in_thirty_days_is_raised_with_it()
    {
        var story = With(RuleId.RepeatComplaint).At("09:00:00", "ticket/a", Created(customer: "c-1")).At("+20 09:00:00", "ticket/b", Created(customer: "c-1"));
        Assert.Null(Of(story, RuleId.RepeatComplaint));
        story.At("+29 09:00:00", "ticket/c", Created(customer: "c-1"));
        Raised(story, RuleId.RepeatComplaint, "+29 09:00:00");
        Assert.Equal(("ticket/c", "rule/customer/c-1"), (Of(story, RuleId.RepeatComplaint)!.Due.Clock, Of(story, RuleId.RepeatComplaint)!.Due.Subject.ToString()));
        story.At("+29 10:00:00", "rule/customer/c-1", new AlertAcknowledged(Of(story, RuleId.RepeatComplaint)!.Key.Id, "bob"));
        Assert.Equal("bob", Of(story, RuleId.RepeatComplaint)!.Care.By);
        story.At("+29 11:00:00", "ticket/c", new TicketClosed("done"));
        Raised(story, RuleId.RepeatComplaint, "+29 09:00:00", AlertState.Resolved);
        Assert.Null(Of(With(RuleId.RepeatComplaint).At("09:00:00", "ticket/a", Created(customer: "c-1")).At("+20 09:00:00", "ticket/b", Created(customer: "c-1"))
            .At("+30 09:00:00", "ticket/c", Created(customer: "c-1")), RuleId.RepeatComplaint));
    }

    private static Story Missed(RuleId rule, bool critical = false) => With(rule).Missed(critical);

    [Fact]
    public void A_missed_call_that_nobody_returns_is_raised_after_an_hour()
    {
        Raised(Missed(RuleId.MissedCall).WakeUntil(Story.Ms("10:05:00")), RuleId.MissedCall, "10:05:00");
        var story = Missed(RuleId.MissedCall).WakeUntil(Story.Ms("10:30:00"));
        story.At("10:40:00", "contact/2", new ContactInitiated(Channel.Phone, Direction.Outbound, "c-1"));
        Raised(story, RuleId.MissedCall, "10:05:00", AlertState.Resolved);
    }

    [Fact]
    public void A_call_out_a_callback_or_getting_through_returns_it()
    {
        Assert.Null(Of(Missed(RuleId.MissedCall).At("09:30:00", "contact/2", new ContactInitiated(Channel.Phone, Direction.Outbound, "c-1")).WakeUntil(Story.Ms("12:00:00")), RuleId.MissedCall));
        Assert.Null(Of(Missed(RuleId.MissedCall).At("09:30:00", "callback/k", new CallbackPromised(CallbackKind.MissedCall, Story.Iso("10:00:00"), CustomerRef: "c-1"))
            .At("09:50:00", "callback/k", new CallbackAttempted(1, AttemptOutcome.NoAnswer)).WakeUntil(Story.Ms("12:00:00")), RuleId.MissedCall));
        Assert.Null(Of(Missed(RuleId.MissedCall).At("09:30:00", "contact/2", new ContactInitiated(Channel.Phone, Direction.Inbound, "c-1"), new ContactQueued("q"))
            .At("09:31:00", "contact/2", new ContactAnswered("bob", "q")).WakeUntil(Story.Ms("12:00:00")), RuleId.MissedCall));
    }

    [Fact]
    public void A_critical_call_cut_off_is_raised_after_ten_minutes()
    {
        Raised(Missed(RuleId.CriticalDrop, critical: true).WakeUntil(Story.Ms("09:15:00")), RuleId.CriticalDrop, "09:15:00");
        Assert.Null(Of(Missed(RuleId.CriticalDrop, critical: true).At("09:14:00", "contact/2", new ContactInitiated(Channel.Phone, Direction.Outbound, "c-1")).WakeUntil(Story.Ms("10:00:00")), RuleId.CriticalDrop));
    }

    [Fact]
    public void A_hard_case_stands_until_its_consultation_is_concluded()
    {
        var story = With(RuleId.HardCase).At("09:00:00", T, Created()).At("10:00:00", T, new TicketEscalated(3, EscalationTrigger.Difficult));
        Raised(story, RuleId.HardCase, "10:00:00");
        story.At("10:30:00", T, new TicketConsultationOpened("k", ["billing", "returns", "legal"], "legal"));
        Raised(story, RuleId.HardCase, "10:00:00");
        story.At("15:00:00", T, new TicketConsultationConcluded("k", ["billing", "returns", "legal"], Outcome: "refund"));
        Raised(story, RuleId.HardCase, "10:00:00", AlertState.Resolved);
    }
}
