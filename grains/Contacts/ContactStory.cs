using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Contacts;

internal enum LegEnd { Waiting, Answered, Abandoned, FlowOut, Callback, Lost }

/// <summary>One entry to one queue: a contact that is queued again elsewhere counts again there.</summary>
internal sealed class Leg(string queue, string? department, long enteredAt)
{
    public string Queue => queue;
    public string? Department => department;
    public long EnteredAt => enteredAt;
    public LegEnd End { get; set; }
    public long? LeftAt { get; set; }
    public long WaitMs { get; set; }

    /// <summary>Why it flowed out.</summary>
    public string? Reason { get; set; }
}

/// <summary>A call, chat or e-mail folded from its events. A sender's own durations win over differences of event times.</summary>
internal sealed class ContactStory
{
    public ContactInitiated? Initiated { get; private set; }
    public long InitiatedAt { get; private set; } = long.MaxValue;
    public long LastAt { get; private set; }
    public List<Leg> Legs { get; } = [];
    public List<(string Queue, RefusalReason Reason, long At)> Refusals { get; } = [];
    public long? AnsweredAt { get; private set; }
    public string? FirstQueue { get; private set; }
    public string? Department { get; private set; }
    public string? Agent { get; private set; }
    public long? OverAt { get; private set; }
    public bool Abandoned { get; private set; }
    public bool Transferred { get; private set; }
    public bool? Claimed { get; private set; }

    /// <summary>Cut off in the middle of something critical: the sender says so.</summary>
    public bool CriticalDrop { get; private set; }
    public string? IssueKey { get; private set; }
    public int OffersMade { get; private set; }
    public int OffersMissed { get; private set; }
    public long? TalkMs { get; private set; }
    public long HoldMs { get; private set; }
    public long AcwMs { get; private set; }
    public AgentTurns Agents { get; } = new();

    /// <summary>In ordinal order; most contacts have none.</summary>
    public IReadOnlyList<string> Anomalies => _anomalies is null ? [] : [.. _anomalies];

    private SortedSet<string>? _anomalies;

    public Leg? Open => Legs.Count > 0 && Legs[^1].End == LegEnd.Waiting ? Legs[^1] : null;

    public static ContactStory Of(IReadOnlyList<Event> history, PolicySet policies)
    {
        var story = new ContactStory();
        for (var i = 0; i < history.Count; i++) story.Apply(history[i], policies);
        return story;
    }

    private void Irregular(string anomaly) => (_anomalies ??= new(StringComparer.Ordinal)).Add(anomaly);

    private void Apply(Event e, PolicySet policies)
    {
        if (e.Subject.Kind != SubjectKind.Contact) return; // a survey about it: the contact itself stays as it is
        InitiatedAt = Math.Min(InitiatedAt, e.At);
        LastAt = Math.Max(LastAt, e.At);
        if (e.DepartmentId is not null) Department ??= e.DepartmentId;
        switch (e.Data)
        {
            case ContactInitiated d:
                Initiated ??= d;
                IssueKey ??= d.IssueKey;
                break;
            case ContactQueued d: Enter(e, d, policies); break;
            case ContactRefused d: Refusals.Add((d.QueueId, d.Reason, e.At)); OverAt ??= e.At; break;
            case ContactOffered d: OffersMade++; Agents.Ring(e.At, d.AgentId); break;
            case ContactOfferMissed d: OffersMissed++; Agents.Miss(e.At, d); break;
            case ContactAnswered d: Answer(e.At, d); break;
            case ContactAbandoned d: Abandon(e.At, d); break;
            case ContactDequeued d: Dequeue(e.At, d); break;
            case ContactTransferred d: Transferred = true; Agents.Transfer(e.At, d); break;
            case ContactDisconnected d: Disconnect(e.At, d); break;
            case ContactWrapupCompleted d:
                AcwMs += Times.Ms(d.AcwS ?? 0);
                Agents.WrapUp(e.At, d);
                Claimed = d.Resolved ?? Claimed;
                IssueKey ??= d.IssueKey;
                break;
        }
    }

    private void Enter(Event e, ContactQueued d, PolicySet policies)
    {
        if (Open is { } open)
        {
            if (open.Queue == d.QueueId) { Irregular("queued_twice"); return; }
            Leave(open, LegEnd.FlowOut, e.At, null);
            open.Reason = "requeued";
        }
        Legs.Add(new(d.QueueId, e.DepartmentId ?? policies.Queue(d.QueueId).DepartmentId, e.At));
        Department ??= Legs[^1].Department;
        OverAt = null;
    }

    private void Answer(long at, ContactAnswered d)
    {
        AnsweredAt ??= at;
        Agent = d.AgentId;
        var leg = Waiting(d.QueueId);
        FirstQueue ??= leg?.Queue ?? d.QueueId;
        if (leg is not null) Leave(leg, LegEnd.Answered, at, d.WaitS);
        else if (Legs.Count > 0) Irregular("answered_while_not_waiting");
        Agents.Answer(at, d.AgentId, leg?.Queue ?? d.QueueId, leg?.Department ?? Department);
    }

    private void Abandon(long at, ContactAbandoned d)
    {
        Agents.Silence(at);
        if (Waiting(d.QueueId) is { } leg) Leave(leg, LegEnd.Abandoned, at, d.WaitS);
        else if (d.Stage != AbandonStage.Ivr) Irregular("abandoned_while_not_waiting");
        Abandoned = AnsweredAt is null;
        OverAt ??= at;
    }

    private void Dequeue(long at, ContactDequeued d)
    {
        Agents.Silence(at);
        if (Waiting(d.QueueId) is { } leg)
        {
            Leave(leg, d.Reason == DequeueReason.Callback ? LegEnd.Callback : LegEnd.FlowOut, at, null);
            leg.Reason = Words.Of(d.Reason);
        }
        else Irregular("dequeued_while_not_waiting");
    }

    private void Disconnect(long at, ContactDisconnected d)
    {
        if (Open is { } leg) Leave(leg, LegEnd.Abandoned, at, null); // hung up while queued: an abandon, whatever the sender calls it
        if (AnsweredAt is null) Abandoned |= Legs.Count > 0;
        HoldMs = d.HoldS is { } hold ? Times.Ms(hold) : HoldMs;
        TalkMs = d.TalkS is { } talk ? Times.Ms(talk) : AnsweredAt is { } answered ? Math.Max(0, at - answered - HoldMs) : null;
        CriticalDrop = d.Critical == true;
        OverAt = at;
        Agents.Disconnect(at, d);
    }

    private Leg? Waiting(string? queue)
    {
        for (var i = Legs.Count - 1; i >= 0; i--)
            if (Legs[i].End == LegEnd.Waiting && (queue is null || Legs[i].Queue == queue)) return Legs[i];
        return null;
    }

    private static void Leave(Leg leg, LegEnd end, long at, decimal? waitS) =>
        (leg.End, leg.LeftAt, leg.WaitMs) = (end, at, waitS is { } s ? Times.Ms(s) : at - leg.EnteredAt);
}
