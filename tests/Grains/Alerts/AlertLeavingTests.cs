using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains.Alerts;

/// <summary>Which alerts may leave memory, and which must not. (That it changes nothing: LeavingTests, LeavingAlertsTests.)</summary>
public sealed class AlertLeavingTests
{
    private const string T = "ticket/T-1";
    private static readonly TicketCreated Created = new(TicketKind.Complaint, Channel.Phone, Priority: 1);

    [Theory]
    [InlineData(false, 600_000, true)]
    [InlineData(false, long.MaxValue, false)]
    [InlineData(true, 600_000, false)]
    public void Who_never_lets_subjects_go_lets_no_alert_go_and_neither_does_back_fill(bool backfill, long after, bool leave)
    {
        var shard = new Shard(PolicySet.Default, new(backfill, after));
        shard.Step(new(Story.Ms("09:00:00"), [Story.Event(Story.Ms("09:00:00"), T, Created, "1")]));
        shard.Step(new(Story.Ms("13:30:00"), [Story.Event(Story.Ms("13:30:00"), T, new TicketClosed("done"), "2")]));
        foreach (var day in (string[])["+3 00:00:00", "+4 00:00:00", "+13 00:00:00"])
        {
            shard.Step(new(Story.Ms(day), []));
            shard.Leave(shard.Leavers(10));
        }
        Assert.Equal(leave, shard.AlertLeavers(10).Count > 0);
    }

    [Fact]
    public void One_that_covered_another_waits_until_that_one_is_over()
    {
        var (book, group, member) = (new AlertBook(), Subject.Parse("rule/bulk/billing/x"), Subject.Parse("ticket/A"));
        DueAlert Own(bool active) => new(member, "clock_breach", 1, "x", AlertLevel.Red, "billing", 1_000, 1_000, active);
        DueAlert Bulk(bool active) => new(group, "bulk_complaint", 1, "x", AlertLevel.Red, "billing", 2_000, 2_000, active) { Members = active ? new([member]) : null };
        book.Settle(member, [Own(true)], [], 1_000);
        book.Settle(group, [Bulk(true)], [], 2_000);
        book.Settle(group, [Bulk(false)], [], 4_000);
        Assert.True(book.CountsForOthers(book.Of(group).Single())); // the ladder of the ticket stood still for two seconds
        book.Settle(member, [Own(false)], [], 5_000);
        Assert.False(book.CountsForOthers(book.Of(group).Single()));
        Assert.Equal([group, member], book.Leavers(10_000, 10_000, 10, static _ => true).Select(a => a.Due.Subject));
        Assert.Empty(book.Leavers(10_000, 10_001, 10, static _ => true)); // looked at once an hour
        Assert.Single(book.Leavers(4_500, 10_000 + Story.Hour, 10, static _ => true)); // the other one not long enough ago
    }

    [Fact]
    public void A_customers_stays_while_its_ticket_may_bring_it_back_or_another_stands_and_comes_back_with_the_ticket()
    {
        var rules = RuleSet.Off.With(new[] { RuleId.RepeatComplaint, RuleId.MissedCall }.Select(id => RuleSet.Standard.Of(id, null)));
        var (shard, told, kept) = (new Shard(PolicySet.Default with { Rules = rules }, new(LeaveAfterMs: 0)), new List<Event>(), new List<Alert>());
        TurnEffects At(string time, string? subject = null, params EventData[] data)
        {
            Event[] events = [.. data.Select((d, i) => Story.Event(Story.Ms(time) + i, subject!, d, $"e-{told.Count + i:D3}"))];
            var recalled = Recall.For(shard, events, null, subjects => [.. subjects.Select(s => new Recalled(s, [.. told.Where(e => e.Subject == s)]) { Alerts = [.. kept.Where(a => Shard.AnchorOf(a.Key) == s)] })]);
            told.AddRange(events);
            return shard.Step(new(Story.Ms(time), events) { Recalled = recalled });
        }
        Alert Of(RuleId rule) => Assert.Single(shard.Alerts.All, a => a.Due.Rule == Words.Of(rule));
        bool MayLeave(string time, RuleId rule)
        {
            At(time);
            var leavers = shard.AlertLeavers(1_000);
            kept.AddRange(leavers);
            shard.LeaveAlerts(leavers);
            return leavers.Any(a => a.Due.Rule == Words.Of(rule));
        }

        for (var i = 1; i <= 3; i++) At($"09:0{i}:00", $"ticket/K-{i}", new TicketCreated(TicketKind.Complaint, Channel.Phone, CustomerRef: "c-1", Priority: 1));
        At("10:00:00", "contact/X", new ContactInitiated(Channel.Phone, Direction.Inbound, "c-1"), new ContactQueued("q"), new ContactAbandoned(AbandonStage.Queue));
        At("11:30:00");
        At("12:00:00", "contact/Y", new ContactInitiated(Channel.Phone, Direction.Outbound, "c-1"));
        var (repeat, missed) = (Of(RuleId.RepeatComplaint), Of(RuleId.MissedCall));
        Assert.Equal((AlertState.Raised, AlertState.Resolved), (repeat.State, missed.State));

        At("+40 00:00:00");
        At("+40 01:00:00");
        shard.Leave(shard.Leavers(100));
        Assert.False(shard.Has(missed.Due.Subject) || shard.Has(Subject.Parse("contact/X")));
        Assert.False(MayLeave("+40 02:00:00", RuleId.MissedCall)); // the third complaint is open still, and its alert stands
        At("+41 00:00:00", "ticket/K-3", new TicketClosed("done"));
        Assert.True(MayLeave("+41 02:00:00", RuleId.MissedCall));
        Assert.False(MayLeave("+50 00:00:00", RuleId.RepeatComplaint)); // the ticket is in memory: it may be reopened without anybody's recalling it
        shard.Leave(shard.Leavers(100));
        Assert.True(MayLeave("+50 02:00:00", RuleId.RepeatComplaint));
        Assert.DoesNotContain(shard.Alerts.All, a => a.Due.Rule == Words.Of(RuleId.RepeatComplaint));

        var again = Assert.Single(At("+51 00:00:00", "ticket/K-3", new TicketReopened("again")).Alerts, a => a.Due.Rule == Words.Of(RuleId.RepeatComplaint));
        Assert.Equal((AlertState.Raised, repeat.NoticedAt, repeat.Code), (again.State, again.NoticedAt, again.Code));
    }

    [Fact]
    public void A_walk_goes_on_where_it_stopped()
    {
        var book = new AlertBook();
        for (var i = 0; i < 2_500; i++) book.Settle(Subject.Parse($"ticket/{i}"), [new(Subject.Parse($"ticket/{i}"), "clock_breach", 1, "x", AlertLevel.Red, null, i, i, false)], [], i);
        var found = new List<Alert>();
        for (var slices = 0; slices < 10; slices++) found.AddRange(book.Leavers(2_400, 10_000, 400, static a => a.Due.DueAt % 2 == 0));
        Assert.Equal(1_201, found.Distinct().Count());
        Assert.Equal(found.Count, found.Distinct().Count());
    }
}
