using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Surveys;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Contacts;

/// <summary>What a contact is worth to its queues. All of it belongs to the bucket of the queue entry. (spec: metrics, Queue)</summary>
public static class ContactRules
{
    public static Evaluation Evaluate(Subject subject, IReadOnlyList<Event> history, PolicySet policies, long now)
    {
        var s = ContactStory.Of(history, policies);
        var j = new Judgement(now);
        var silentSince = s.LastAt + MaxSilence(s, policies);
        var lost = s.OverAt is null && j.Reached(silentSince);
        foreach (var (queue, reason, at) in s.Refusals)
            j.Point(Measure.Refused, queue, policies.Queue(queue).DepartmentId ?? s.Department, at, 1, reason.ToString().ToLowerInvariant());
        foreach (var leg in s.Legs) CountLeg(leg, policies.Queue(leg.Queue), lost, j);
        if (policies.Rules.Any)
            foreach (var leg in s.Legs) CountLongWait(leg, policies, lost ? silentSince : null, j);
        CountHandling(s, j);
        CountAgents(s, j);
        if (s.Legs.Count > 0) SurveyMeasures.Count(history, s.Legs[^1].Queue, s.Legs[^1].Department, j);
        else SurveyMeasures.Count(history, s.FirstQueue, s.Department, j);
        var work = s.Agents.Work(s.OverAt is null && lost ? silentSince : null, j);
        return j.Done(Row(subject, s, lost), Fact(subject, s, lost)) with { Work = work };
    }

    private static long MaxSilence(ContactStory s, PolicySet policies) =>
        policies.Queue(s.Legs.Count > 0 ? s.Legs[^1].Queue : "").MaxSilenceMs;

    private static void CountLeg(Leg leg, QueuePolicy queue, bool lost, Judgement j)
    {
        void Count(Measure m, long amount = 1, string param = "") => j.Point(m, leg.Queue, leg.Department, leg.EnteredAt, amount, param);
        Count(Measure.Offered);
        switch (leg.End)
        {
            case LegEnd.Answered:
                Count(Measure.Answered);
                Count(Measure.WaitMs, leg.WaitMs);
                Count(Measure.AnswerWaitMs, leg.WaitMs);
                j.Sample(Measure.AnswerWait, leg.Department, leg.EnteredAt, leg.WaitMs, leg.Queue);
                break;
            case LegEnd.Abandoned:
                Count(Measure.Abandoned);
                Count(Measure.WaitMs, leg.WaitMs);
                j.Sample(Measure.AbandonWait, leg.Department, leg.EnteredAt, leg.WaitMs, leg.Queue);
                if (IsShort(leg, queue)) Count(Measure.ShortAbandoned);
                break;
            case LegEnd.FlowOut or LegEnd.Callback:
                Count(Measure.FlowOut);
                Count(Measure.FlowOutBy, 1, leg.Reason ?? "");
                break;
            case LegEnd.Waiting when lost: Count(Measure.Lost); break;
            case LegEnd.Waiting: j.Member(Measure.Waiting, leg.Queue, leg.Department, leg.EnteredAt); break;
        }
        if (leg.End == LegEnd.Waiting && lost) return; // lost is not waiting, so it is past no threshold either
        if (leg.End == LegEnd.Waiting && queue.ThresholdsS.Count > 0 && j.Reached(Past(leg, queue.ThresholdsS[0]))) Count(Measure.WaitingPastFirst);
        foreach (var t in queue.ThresholdsS) CountThreshold(leg, queue, t, j);
    }

    private static void CountThreshold(Leg leg, QueuePolicy queue, int t, Judgement j)
    {
        void Count(Measure m) => j.Point(m, leg.Queue, leg.Department, leg.EnteredAt, 1, t.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var within = leg.WaitMs <= t * 1000L; // on the threshold is within
        switch (leg.End)
        {
            case LegEnd.Answered when within: Count(Measure.AnsweredWithin); break;
            case LegEnd.Abandoned when within:
                Count(Measure.AbandonedWithin);
                if (IsShort(leg, queue)) Count(Measure.ShortAbandonedWithin);
                break;
            case LegEnd.Callback when within: Count(Measure.CallbackWithin); break;
            // A burning queue turns red before anybody answers.
            case LegEnd.Waiting when j.Reached(Past(leg, t)): Count(Measure.WaitingPast); break;
        }
    }

    // A stretch in which somebody waits longer than anybody should, as its two ends.
    private static void CountLongWait(Leg leg, PolicySet policies, long? lostAt, Judgement j)
    {
        var queue = policies.Queue(leg.Queue);
        if (policies.Rules.Due(RuleId.LongestWait, queue.DepartmentId ?? leg.Department, leg.EnteredAt, (queue, leg.EnteredAt), TooLongAt) is not var (_, from)) return;
        var left = leg.LeftAt ?? lostAt;
        if (left <= from || !j.Reached(from)) return;
        j.Point(Measure.LongWaitDelta, leg.Queue, leg.Department, from);
        if (left is { } to) j.Point(Measure.LongWaitDelta, leg.Queue, leg.Department, to, -1);
    }

    private static readonly Func<Rule, (QueuePolicy Queue, long EnteredAt), long> TooLongAt = static (rule, wait) => wait.EnteredAt + QueueFile.MostWaitMs(rule, wait.Queue);

    private static long Past(Leg leg, int thresholdS) => leg.EnteredAt + (thresholdS * 1000L) + 1;

    /// <summary>A short abandon: gone within the queue's few seconds. A setting of 0 switches the rule off.</summary>
    private static bool IsShort(Leg leg, QueuePolicy queue) => queue.ShortAbandonS > 0 && leg.WaitMs <= queue.ShortAbandonS * 1000L;

    private static void CountHandling(ContactStory s, Judgement j)
    {
        if (s.AnsweredAt is not { } answered) return;
        var leg = s.Legs.FindLast(static l => l.End == LegEnd.Answered);
        var (queue, department, at) = leg is null ? (s.FirstQueue, s.Department, answered) : (leg.Queue, leg.Department, leg.EnteredAt);
        if (s.OffersMade > 0) j.Point(Measure.OffersMade, queue, department, at, s.OffersMade);
        if (s.OffersMissed > 0) j.Point(Measure.OffersMissed, queue, department, at, s.OffersMissed);
        if (s.TalkMs is not { } talk) return;
        j.Point(Measure.Handled, queue, department, at);
        j.Point(Measure.HandleMs, queue, department, at, talk + s.HoldMs + s.AcwMs);
        j.Sample(Measure.HandleTime, department, at, talk + s.HoldMs + s.AcwMs, queue);
        if (s.Transferred) j.Point(Measure.Transferred, queue, department, at);
        if (s.Claimed == true) j.Point(Measure.ClaimedResolved, queue, department, at);
        if (s.Initiated is { Direction: Direction.Inbound, CustomerRef: null }) j.Point(Measure.FcrUnidentified, queue, department, at);
    }

    // What an agent did belongs to the minute in which it began, not to that in which the contact entered its queue.
    private static void CountAgents(ContactStory s, Judgement j)
    {
        foreach (var turn in s.Agents.Turns)
        {
            void Count(Measure m, long amount = 1) => j.Point(m, turn.Queue, turn.Department, turn.AnsweredAt, amount, turn.Agent);
            Count(Measure.AgentAnswered);
            if (turn.TalkMs is not { } talk) continue;
            Count(Measure.AgentHandled);
            Count(Measure.AgentTalkMs, talk);
            Count(Measure.AgentAcwMs, turn.AcwMs);
        }
    }

    private static Row Row(Subject subject, ContactStory s, bool lost)
    {
        var state = lost ? "lost" : s.OverAt is not null ? (s.Abandoned ? "abandoned" : s.AnsweredAt is null && s.Refusals.Count > 0 ? "refused" : "completed")
            : s.Open is not null ? "queued" : s.AnsweredAt is not null ? "connected" : "in_ivr";
        var queue = s.Legs.Count > 0 ? s.Legs[^1].Queue : s.Refusals.Count > 0 ? s.Refusals[^1].Queue : s.FirstQueue;
        return new(subject, state, s.Department, queue, s.InitiatedAt, s.OverAt, 0, s.Agent, [], s.Anomalies);
    }

    private static ContactFact? Fact(Subject subject, ContactStory s, bool lost)
    {
        if (s.Initiated?.CustomerRef is not { } customer) return null;
        var first = s.Legs.Find(static l => l.End == LegEnd.Answered);
        return new(subject, customer, s.IssueKey, s.Initiated.Direction == Direction.Inbound, s.InitiatedAt, s.OverAt ?? s.LastAt, lost || s.OverAt is not null,
            s.AnsweredAt is not null, s.Abandoned, first?.Queue ?? s.FirstQueue, first?.Department ?? s.Department)
        {
            Critical = s.CriticalDrop,
        };
    }
}
