using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Tests.Grains.Rules;

/// <summary>How stories about rules begin.</summary>
internal static class RuleHeads
{
    public static readonly IReadOnlyDictionary<string, QueuePolicy> Queues = new SortedDictionary<string, QueuePolicy> { ["q"] = QueuePolicy.For("q") with { DepartmentId = "billing" } };

    public static TicketCreated Created(string? tier = null, string? customer = null, int priority = 4, string? issue = null, params string[] flags) =>
        new(TicketKind.Complaint, Channel.Phone, Priority: priority, DepartmentId: "billing", CustomerTier: tier, CustomerRef: customer, IssueKey: issue, RiskFlags: flags.Length == 0 ? null : flags);

    public static Rule Set(Rule rule, RuleNumber number, int value) => rule with { Numbers = new([.. rule.Numbers.All.Select((n, i) => i == (int)number ? value : n)]) };

    /// <summary>A customer calls at nine.</summary>
    public static Story Called(this Story story, params EventData[] and) =>
        story.At("09:00:00", "contact/1", [new ContactInitiated(Channel.Phone, Direction.Inbound, "c-1"), new ContactQueued("q", "billing"), .. and]);

    /// <summary>Nobody answers, or the system cuts off what was critical; five minutes after nine.</summary>
    public static Story Missed(this Story story, bool critical) => critical
        ? story.Called().At("09:01:00", "contact/1", new ContactAnswered("ann", "q")).At("09:05:00", "contact/1", new ContactDisconnected(DisconnectedBy.System, Critical: true))
        : story.Called().At("09:05:00", "contact/1", new ContactAbandoned(AbandonStage.Queue, "q"));

    /// <summary>One who is waited for a minute: then answered, or gone.</summary>
    public static Story Waits(this Story story, long at, bool answered)
    {
        story.WakeUntil(at).Turn(at, Story.Event(at, $"contact/{at}", new ContactInitiated(Channel.Phone, Direction.Inbound), $"i{at}"), Story.Event(at, $"contact/{at}", new ContactQueued("q", "billing"), $"q{at}"));
        return story.WakeUntil(at + Story.Minute)
            .Turn(at + Story.Minute, Story.Event(at + Story.Minute, $"contact/{at}", answered ? new ContactAnswered("ann", "q") : new ContactAbandoned(AbandonStage.Queue, "q"), $"e{at}"));
    }
}
