using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Callbacks;

/// <summary>A promise to call back lives until it is fulfilled, cancelled or exhausted; it is judged by its due time. (spec: metrics, Callbacks)</summary>
public static class CallbackRules
{
    private sealed class Story
    {
        public CallbackPromised? Promise;
        public long PromisedAt, DueAt;
        public long? WindowStart, FirstAttempt, ReachedAt, CancelledAt, ExhaustedAt;
        public int Attempts;
        public string? Department;
        public readonly SortedSet<string> Anomalies = new(StringComparer.Ordinal);
    }

    public static Evaluation Evaluate(Subject subject, IReadOnlyList<Event> history, PolicySet policies, long now)
    {
        var s = new Story();
        foreach (var e in history) Apply(s, e);
        var j = new Judgement(now);
        if (s.Promise is null) return j.Done(new(subject, "unknown", null, null, null, null, 0, null, [], [.. s.Anomalies]));

        var withdrawn = s.CancelledAt is { } cancelled && cancelled < s.DueAt; // a cancellation before due leaves the denominator
        var over = s.ReachedAt ?? s.CancelledAt ?? s.ExhaustedAt;
        var dueReached = j.Reached(s.DueAt);
        if (!withdrawn && dueReached) Count(s, j);
        if (over is null) j.Member(dueReached ? Measure.CallbackOverdue : Measure.CallbackPending, null, s.Department, s.DueAt);
        if (dueReached && !withdrawn && !(s.ReachedAt <= s.DueAt) && !(s.ExhaustedAt <= s.DueAt))
            j.Alert(new(subject, "callback_missed", 1, "callback", AlertLevel.Red, s.Department, s.DueAt, s.DueAt, over is null));
        Overdue(subject, s, over, policies, j);
        var clocks = CallbackClocks.Judge(
            subject, history, CallbackClocks.FactsOf(s.Promise, s.PromisedAt, s.Department), s.DueAt, s.ReachedAt, s.CancelledAt ?? s.ExhaustedAt, policies, j);
        return j.Done(new(subject, State(s, dueReached), s.Department, null, s.PromisedAt, over, 0, s.Promise.OwnerId, clocks, [.. s.Anomalies])
        {
            DueAt = over is null ? s.DueAt : null,
        }, FactOf(subject, s));
    }

    private static readonly Func<Rule, long, long> OverdueAt = static (rule, dueAt) => dueAt + (rule[RuleNumber.Minutes] * 60_000L);

    // A callback that nobody even tried is the supervisor's after a while.
    private static void Overdue(Subject subject, Story s, long? over, PolicySet policies, Judgement j)
    {
        if (policies.Rules.Due(RuleId.CallbackOverdue, s.Department, s.DueAt, s.DueAt, OverdueAt) is not var (rule, at)) return;
        if (s.FirstAttempt <= at || over <= at || !j.Reached(at)) return;
        j.Alert(new(subject, rule.Name, rule.Version, "callback", rule.Level, s.Department, s.DueAt, at, over is null && s.FirstAttempt is null)
        {
            Ladder = rule.Ladder, Finding = new(rule[RuleNumber.Minutes], 0, rule[RuleNumber.Minutes]), EndedAt = s.FirstAttempt,
        });
    }

    // In the customer's file an attempt shows that somebody got back to him.
    private static ContactFact? FactOf(Subject subject, Story s) => s.FirstAttempt is not { } first || s.Promise?.CustomerRef is not { } customer ? null
        : new(subject, customer, null, false, first, s.ReachedAt ?? first, true, s.ReachedAt is not null, false, null, s.Department);

    private static void Apply(Story s, Event e)
    {
        if (s.Promise is null && e.Data is not CallbackPromised) s.Anomalies.Add("before_promised");
        switch (e.Data)
        {
            case CallbackPromised d when s.Promise is null:
                (s.Promise, s.PromisedAt, s.Department) = (d, e.At, e.DepartmentId);
                (s.DueAt, s.WindowStart) = (Times.Ms(d.DueAt) ?? Times.Ms(d.WindowEnd) ?? e.At, Times.Ms(d.WindowStart));
                break;
            case CallbackPromised: s.Anomalies.Add("promised_twice"); break;
            case CallbackRescheduled { By: RescheduledBy.Customer } d: // an agent who moves it keeps the first promise
                (s.DueAt, s.WindowStart) = (Times.Ms(d.DueAt) ?? Times.Ms(d.WindowEnd) ?? s.DueAt, Times.Ms(d.WindowStart));
                break;
            case CallbackAttempted d:
                s.Attempts++;
                s.FirstAttempt ??= Times.Ms(d.StartedAt) ?? e.At;
                if (d.Outcome == AttemptOutcome.Reached) s.ReachedAt ??= e.At;
                break;
            case CallbackFulfilled: s.ReachedAt ??= e.At; s.FirstAttempt ??= e.At; break;
            case CallbackCancelled: s.CancelledAt ??= e.At; break;
            case CallbackExhausted: s.ExhaustedAt ??= e.At; break;
        }
    }

    private static void Count(Story s, Judgement j)
    {
        var (d, due) = (s.Department, s.DueAt);
        j.Point(Measure.CallbackDue, null, d, due);
        if (s.FirstAttempt is { } first && first <= due && first >= (s.WindowStart ?? long.MinValue)) j.Point(Measure.CallbackPunctual, null, d, due);
        if (s.ReachedAt <= due) j.Point(Measure.CallbackKept, null, d, due);
        if (s.ReachedAt is not null)
        {
            j.Point(Measure.CallbackFulfilled, null, d, due);
            j.Point(Measure.CallbackAttempts, null, d, due, Math.Max(1, s.Attempts));
        }
        if (s.FirstAttempt is null || s.FirstAttempt > due) j.Point(Measure.CallbackMissed, null, d, due);
        if (s.ExhaustedAt is not null && s.ReachedAt is null) j.Point(Measure.CallbackUnreachable, null, d, due);
        if (s.FirstAttempt > due)
        {
            j.Point(Measure.CallbackLate, null, d, due);
            j.Point(Measure.CallbackLateMs, null, d, due, s.FirstAttempt.Value - due);
            j.Sample(Measure.CallbackLateTime, d, due, s.FirstAttempt.Value - due);
        }
    }

    private static string State(Story s, bool due) =>
        s.ReachedAt is not null ? "fulfilled" : s.CancelledAt is not null ? "cancelled" : s.ExhaustedAt is not null ? "exhausted"
        : !due ? "promised" : s.Attempts == 0 ? "missed" : "due";
}
