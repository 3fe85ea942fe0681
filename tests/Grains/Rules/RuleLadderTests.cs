using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using Xunit;
using static OpsMonitor.Tests.Grains.Rules.RuleHeads;

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
        Policy = NoClocks, Book = PolicyBook.Of([NoClocks]), Rules = RuleSet.Standard.Only(id).With([Small(RuleSet.Standard.Of(id, null))]), Queues = Queues,
    });

    // So that one call in each half hour, or one complaint in four hours, keeps it standing for a week.
    private static Rule Small(Rule rule) => rule.Id switch
    {
        RuleId.ServiceLevel or RuleId.AbandonRate => Set(rule, RuleNumber.N, 1),
        RuleId.BulkComplaint => Set(rule, RuleNumber.WithinMin, 1_440),
        _ => rule,
    };

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
            .At("09:00:00", T, Created("vip"));
    }

    private static Story Of(RuleId id) => id switch
    {
        RuleId.VipLane => Lane(),
        RuleId.UnsignedDispatch => With(id).At("09:00:00", T, Created()).At("09:10:00", T, new TicketDispatched("d1", "returns", DispatchRole.Lead)),
        RuleId.PingPong => Bounced(id, 3),
        RuleId.PingPongGuard => Bounced(id, 5),
        RuleId.OutsideFlag => With(id).At("03:00:00", T, Created(flags: "media")),
        RuleId.HardCase => With(id).At("09:00:00", T, Created()).At("10:00:00", T, new TicketEscalated(3, EscalationTrigger.Difficult)),
        RuleId.RepeatComplaint => With(id).At("09:00:00", "ticket/a", Created(customer: "c-1")).At("10:00:00", "ticket/b", Created(customer: "c-1")).At("11:00:00", "ticket/c", Created(customer: "c-1")),
        RuleId.MissedCall => With(id).Missed(critical: false),
        RuleId.CriticalDrop => With(id).Missed(critical: true),
        RuleId.CallbackOverdue => With(id).At("09:00:00", "callback/c", new CallbackPromised(CallbackKind.Promise, Story.Iso("10:00:00"), DepartmentId: "billing")),
        RuleId.LongestWait => With(id).Called(),
        RuleId.ServiceLevel => With(id).Waits(Story.Ms("09:05:00"), answered: true).Waits(Story.Ms("09:35:00"), answered: true),
        RuleId.AbandonRate => With(id).Waits(Story.Ms("09:05:00"), answered: false),
        RuleId.Occupancy => With(id).At("09:00:00", "agent/a", new AgentStateChanged(AgentState.Busy, "billing", ["q"])),
        RuleId.BulkComplaint => Enumerable.Range(0, 10).Aggregate(With(id), (story, n) => story.At($"09:0{n}:00", $"ticket/{n}", Created(issue: "no-internet"))),
        _ => throw new ArgumentOutOfRangeException(nameof(id)),
    };

    // How often something must happen so that it stands; 0 for never.
    private static int EveryMinutes(RuleId id) => id switch { RuleId.LongestWait => 120, RuleId.ServiceLevel or RuleId.AbandonRate => 30, RuleId.BulkComplaint => 240, _ => 0 };

    private static void GoesOn(Story story, RuleId id, long at)
    {
        if (id == RuleId.LongestWait) story.WakeUntil(at).Turn(at, Story.Event(at, $"contact/{at}", new ContactInitiated(Channel.Phone, Direction.Inbound), $"i{at}"), Story.Event(at, $"contact/{at}", new ContactQueued("q", "billing"), $"q{at}"));
        else if (id == RuleId.BulkComplaint) story.WakeUntil(at).Turn(at, Story.Event(at, $"ticket/{at}", Created(issue: "no-internet"), $"t{at}"));
        else story.Waits(at, answered: id == RuleId.ServiceLevel);
    }

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
    [InlineData(RuleId.ServiceLevel, "10:00:00", "rule/queue/q")]
    [InlineData(RuleId.AbandonRate, "09:30:00", "rule/queue/q")]
    [InlineData(RuleId.Occupancy, "09:30:00", "rule/queue/q")]
    [InlineData(RuleId.BulkComplaint, "09:09:00", "rule/bulk/billing/no-internet")]
    public void Told_taken_run_out_told_further_shelved_told_to_the_end_and_once_more_after_seven_days(RuleId id, string raisedAt, string subject)
    {
        var (story, since) = (Of(id).WakeUntil(Story.Ms(raisedAt)), Story.Ms(raisedAt));
        var happens = EveryMinutes(id) == 0 ? long.MaxValue / 2 : since + (Math.Min(EveryMinutes(id), 120) * Story.Minute / 6);
        Alert Now() => Assert.Single(story.Shard.Alerts.All, a => a.Due.Rule == Words.Of(id) && a.State == AlertState.Raised);
        AlertCare Care() => Now().Care;
        string Told() => string.Join(' ', Care().Taken.All.Select(s => $"{s.To}+{(s.At - since) / Story.Minute}"));
        void At(int minutes, EventData deed)
        {
            Until(since + (minutes * Story.Minute));
            story.Turn(since + (minutes * Story.Minute), Story.Event(since + (minutes * Story.Minute), subject, deed, $"deed-{minutes}"));
        }
        void Until(long to) // nobody waits for a week: one after the other does, and so do the calls of each half hour
        {
            for (; happens + (2 * Story.Minute) <= to; happens += EveryMinutes(id) * Story.Minute) GoesOn(story, id, happens);
            story.WakeUntil(to);
        }
        string[] levels = id is RuleId.OutsideFlag or RuleId.PingPongGuard or RuleId.HardCase ? ["department_head", "executive"] : ["supervisor", "department_head", "executive"];

        Assert.Equal((subject, since, since, $"{levels[0]}+0"), (Now().Due.Subject.ToString(), Now().Due.RaisedAt, Now().Since, Told()));
        Assert.Equal(new LadderStep(levels[1], since + (15 * Story.Minute)), Care().Next);
        At(10, new AlertAcknowledged(Now().Key.Id, "Chen", Story.Iso(since + (40 * Story.Minute)), "on it"));
        At(11, new AlertAcknowledged(Now().Key.Id, "Li"));
        Assert.Equal((Hold.Acknowledged, "Chen", since + (40 * Story.Minute), null), (Care().Hold, Care().By, Care().Until, Care().Next));
        Until(since + (40 * Story.Minute)); // his time is over and nothing has happened
        Assert.Equal((Hold.Open, new LadderStep(levels[1], since + (45 * Story.Minute)), $"{levels[0]}+0"), (Care().Hold, Care().Next, Told()));
        Until(since + (45 * Story.Minute));
        Assert.Equal($"{levels[0]}+0 {levels[1]}+45", Told());
        At(50, new AlertShelved(Now().Key.Id, "Li", Story.Iso(since + (110 * Story.Minute)), "waits for the lab"));
        Assert.Equal((Hold.Shelved, "Li", since + (110 * Story.Minute), null), (Care().Hold, Care().By, Care().Until, Care().Next));
        Until(since + (200 * Story.Minute));
        Assert.Equal(string.Join(' ', new[] { $"{levels[0]}+0", $"{levels[1]}+45", levels.Length > 2 ? $"{levels[2]}+120" : "" }).TrimEnd(), Told());
        Assert.Equal(new LadderStep("administrator", since + (7 * Story.Day)), Care().Next);
        Until(since + (7 * Story.Day));
        Assert.Equal((Hold.Open, null, "ladder_ended", new LadderStep("administrator", since + (7 * Story.Day))), (Care().Hold, Care().Next, Care().Final, Care().Taken.All[^1]));
    }

    [Theory]
    [InlineData(RuleId.ServiceLevel, "10:00:00", "rule/queue/q", 60)]
    [InlineData(RuleId.AbandonRate, "09:30:00", "rule/queue/q", 60)]
    [InlineData(RuleId.Occupancy, "09:30:00", "rule/queue/q", 60)]
    [InlineData(RuleId.BulkComplaint, "09:09:00", "rule/bulk/billing/no-internet", 1_440)]
    public void Taken_and_its_time_run_out_it_ends_with_an_all_clear_and_nobody_is_told_further(RuleId id, string raisedAt, string subject, int endsAfter)
    {
        var (story, since) = (Of(id).WakeUntil(Story.Ms(raisedAt)), Story.Ms(raisedAt));
        Alert Now() => Assert.Single(story.Shard.Alerts.All, a => a.Due.Rule == Words.Of(id));
        story.WakeUntil(since + Story.Minute).Turn(since + Story.Minute, Story.Event(since + Story.Minute, subject, new AlertAcknowledged(Now().Key.Id, "Chen", Story.Iso(since + (20 * Story.Minute))), "taken"));
        if (id is RuleId.ServiceLevel or RuleId.AbandonRate) story.Waits(since + (10 * Story.Minute), answered: id == RuleId.ServiceLevel); // one more bad half hour
        story.WakeUntil(since + (25 * Story.Minute));
        Assert.Equal((AlertState.Raised, Hold.Open), (Now().State, Now().Care.Hold)); // his time is over
        if (id == RuleId.Occupancy) story.WakeUntil(since + (30 * Story.Minute)).Turn(since + (30 * Story.Minute), Story.Event(since + (30 * Story.Minute), "agent/a", new AgentStateChanged(AgentState.Available, "billing", ["q"]), "free"));
        story.WakeUntil(since + (endsAfter * Story.Minute) - 1);
        Assert.Equal(AlertState.Raised, Now().State);
        var told = Now().Care.Taken.All.Count;
        story.WakeUntil(since + (endsAfter * Story.Minute));
        Assert.Equal((AlertState.Resolved, since + (endsAfter * Story.Minute), since + (endsAfter * Story.Minute)), (Now().State, Now().ChangedAt, Now().Due.EndedAt));
        Assert.Equal(("resolved", null, told), (Now().Care.Final, Now().Care.Next, Now().Care.Taken.All.Count));
        story.WakeUntil(since + (8 * Story.Day));
        Assert.Equal((AlertState.Resolved, told), (Now().State, Now().Care.Taken.All.Count)); // and no last word
    }
}
