using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using Xunit;

namespace OpsMonitor.Tests.Grains.Rules;

/// <summary>
/// An alert of each rule goes through its whole life: told, taken by one of two, the time runs out, the next level, shelved, the last level, and a last word
/// after seven days. Ticket's, callback's, customer's and queue's alike.
/// </summary>
public sealed class RuleLadderTests
{
    private const string T = "ticket/T-1";

    // No clock beside it: a breach would keep what is yellow quiet.
    private static readonly Policy NoClocks = Policy.SlaDefault with { Clocks = [] };

    private static Story With(RuleId id) => Story.Of(PolicySet.Default with
    {
        Policy = NoClocks, Book = PolicyBook.Of([NoClocks]), Rules = RuleSet.Standard.Only(id), Queues = new SortedDictionary<string, QueuePolicy> { ["q"] = QueuePolicy.For("q") with { DepartmentId = "billing" } },
    });

    private static TicketCreated Created(string? customer = null, params string[] flags) =>
        new(TicketKind.Complaint, Channel.Phone, Priority: 4, DepartmentId: "billing", CustomerRef: customer, RiskFlags: flags.Length == 0 ? null : flags, IssueKey: "no-internet");

    private static Story Called(RuleId id, params EventData[] and) => With(id).At("09:00:00", "contact/1", [new ContactInitiated(Channel.Phone, Direction.Inbound, "c-1"), new ContactQueued("q", "billing"), .. and]);

    private static Story Bounced(RuleId id, int hops)
    {
        var story = With(id).At("08:00:00", T, Created());
        for (var n = 1; n <= hops; n++) story.At($"08:{n:00}:00", T, new TicketDispatched($"d{n}", "department-" + n, DispatchRole.Lead));
        return story;
    }

    // A clock of twenty days, so that it still runs a week after it is half over.
    private static Story Lane()
    {
        var policy = Policy.SlaDefault with { Clocks = [.. Policy.SlaDefault.Clocks.Where(c => c.Id == "resolution").Select(c => c with { LimitByPriority = [new(20, LimitUnit.CalendarDay)] })] };
        return Story.Of(PolicySet.Default with { Rules = RuleSet.Standard.Only(RuleId.VipLane), Policy = policy, Book = PolicyBook.Of([policy]) })
            .At("09:00:00", T, Created() with { CustomerTier = "vip" });
    }

    private static Story Of(RuleId id) => id switch
    {
        RuleId.VipLane => Lane(),
        RuleId.UnsignedDispatch => With(id).At("09:00:00", T, Created()).At("09:10:00", T, new TicketDispatched("d1", "returns", DispatchRole.Lead)),
        RuleId.PingPong => Bounced(id, 3),
        RuleId.PingPongGuard => Bounced(id, 5),
        RuleId.OutsideFlag => With(id).At("03:00:00", T, Created(flags: "media")),
        RuleId.HardCase => With(id).At("09:00:00", T, Created()).At("10:00:00", T, new TicketEscalated(3, EscalationTrigger.Difficult)),
        RuleId.RepeatComplaint => With(id).At("09:00:00", "ticket/a", Created("c-1")).At("10:00:00", "ticket/b", Created("c-1")).At("11:00:00", "ticket/c", Created("c-1")),
        RuleId.MissedCall => Called(id).At("09:05:00", "contact/1", new ContactAbandoned(AbandonStage.Queue, "q")),
        RuleId.CriticalDrop => Called(id, new ContactAnswered("ann", "q")).At("09:05:00", "contact/1", new ContactDisconnected(DisconnectedBy.System, Critical: true)),
        RuleId.CallbackOverdue => With(id).At("09:00:00", "callback/c", new CallbackPromised(CallbackKind.Promise, Story.Iso("10:00:00"), DepartmentId: "billing")),
        RuleId.LongestWait => Called(id),
        _ => throw new ArgumentOutOfRangeException(nameof(id)),
    };

    [Theory]
    [InlineData(RuleId.VipLane, "+10 09:00:00", "ticket/T-1")]
    [InlineData(RuleId.UnsignedDispatch, "+1 09:10:00", "ticket/T-1")]
    [InlineData(RuleId.PingPong, "08:03:00", "ticket/T-1")]
    [InlineData(RuleId.PingPongGuard, "08:05:00", "ticket/T-1")]
    [InlineData(RuleId.OutsideFlag, "03:00:00", "ticket/T-1")]
    [InlineData(RuleId.HardCase, "10:00:00", "ticket/T-1")]
    [InlineData(RuleId.RepeatComplaint, "11:00:00", "rule/customer/c-1")]
    [InlineData(RuleId.MissedCall, "10:05:00", "rule/customer/c-1")]
    [InlineData(RuleId.CriticalDrop, "09:15:00", "rule/customer/c-1")]
    [InlineData(RuleId.CallbackOverdue, "10:30:00", "callback/c")]
    [InlineData(RuleId.LongestWait, "09:02:00", "rule/queue/q")]
    public void Told_taken_run_out_told_further_shelved_told_to_the_end_and_once_more_after_seven_days(RuleId id, string raisedAt, string subject)
    {
        var (story, since) = (Of(id).WakeUntil(Story.Ms(raisedAt)), Story.Ms(raisedAt));
        Alert Now() => Assert.Single(story.Shard.Alerts.All, a => a.Due.Rule == Words.Of(id) && a.State == AlertState.Raised);
        AlertCare Care() => Now().Care;
        string Told() => string.Join(' ', Care().Taken.All.Select(s => $"{s.To}+{(s.At - since) / Story.Minute}"));
        void At(int minutes, EventData deed) => story.WakeUntil(since + (minutes * Story.Minute)).Turn(since + (minutes * Story.Minute), Story.Event(since + (minutes * Story.Minute), subject, deed, $"deed-{minutes}"));
        void Until(long to) // nobody waits for a week: one after the other does
        {
            for (var at = since + (2 * Story.Hour); id == RuleId.LongestWait && at < to; at += 2 * Story.Hour)
                if (at > story.Shard.Now) story.WakeUntil(at).Turn(at, Story.Event(at, $"contact/{at}", new ContactInitiated(Channel.Phone, Direction.Inbound), $"i{at}"), Story.Event(at, $"contact/{at}", new ContactQueued("q", "billing"), $"q{at}"));
            story.WakeUntil(to);
        }
        string[] levels = id is RuleId.OutsideFlag or RuleId.PingPongGuard or RuleId.HardCase ? ["department_head", "executive"] : ["supervisor", "department_head", "executive"];

        Assert.Equal((subject, since, since, $"{levels[0]}+0"), (Now().Due.Subject.ToString(), Now().Due.RaisedAt, Now().Since, Told()));
        Assert.Equal(new LadderStep(levels[1], since + (15 * Story.Minute)), Care().Next);
        At(10, new AlertAcknowledged(Now().Key.Id, "Chen", Story.Iso(since + (40 * Story.Minute)), "on it"));
        At(11, new AlertAcknowledged(Now().Key.Id, "Li"));
        Assert.Equal((Hold.Acknowledged, "Chen", since + (40 * Story.Minute), null), (Care().Hold, Care().By, Care().Until, Care().Next));
        story.WakeUntil(since + (40 * Story.Minute)); // his time is over and nothing has happened
        Assert.Equal((Hold.Open, new LadderStep(levels[1], since + (45 * Story.Minute)), $"{levels[0]}+0"), (Care().Hold, Care().Next, Told()));
        story.WakeUntil(since + (45 * Story.Minute));
        Assert.Equal($"{levels[0]}+0 {levels[1]}+45", Told());
        At(50, new AlertShelved(Now().Key.Id, "Li", Story.Iso(since + (110 * Story.Minute)), "waits for the lab"));
        Assert.Equal((Hold.Shelved, "Li", since + (110 * Story.Minute), null), (Care().Hold, Care().By, Care().Until, Care().Next));
        Until(since + (200 * Story.Minute));
        Assert.Equal(string.Join(' ', new[] { $"{levels[0]}+0", $"{levels[1]}+45", levels.Length > 2 ? $"{levels[2]}+120" : "" }).TrimEnd(), Told());
        Assert.Equal(new LadderStep("administrator", since + (7 * Story.Day)), Care().Next);
        Until(since + (7 * Story.Day));
        Assert.Equal((Hold.Open, null, "ladder_ended", new LadderStep("administrator", since + (7 * Story.Day))), (Care().Hold, Care().Next, Care().Final, Care().Taken.All[^1]));
    }
}
