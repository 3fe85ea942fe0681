using System.Globalization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Tests.Grains.Metrics.Oracle;

/// <summary>Promises to call back, by their due time.</summary>
internal static class CallbackOracle
{
    public static void Fill(Question q)
    {
        long due = 0, punctual = 0, kept = 0, fulfilled = 0, missed = 0, unreachable = 0, attempts = 0, soon = 0, later = 0, overdue = 0;
        var late = new List<long>();
        foreach (var story in q.Stories(SubjectKind.Callback))
        {
            var promise = (CallbackPromised)story[0].Data!;
            var (dueAt, opens) = (Ms(promise.DueAt ?? promise.WindowEnd!), promise.WindowStart is { } w ? Ms(w) : long.MinValue);
            foreach (var move in story.Select(e => e.Data).OfType<CallbackRescheduled>().Where(m => m.By == RescheduledBy.Customer)) (dueAt, opens) = (Ms(move.DueAt!), long.MinValue);
            var tries = story.Where(e => e.Data is CallbackAttempted).ToList();
            var reached = story.Find(e => e.Data is CallbackFulfilled or CallbackAttempted { Outcome: AttemptOutcome.Reached })?.At;
            var cancelled = story.Find(e => e.Data is CallbackCancelled)?.At;
            var exhausted = story.Find(e => e.Data is CallbackExhausted)?.At;
            var department = story[0].DepartmentId;
            if (reached is null && cancelled is null && exhausted is null && q.Scoped(null, department))
            {
                if (dueAt <= q.Now) overdue++;
                if (dueAt > q.Now && dueAt <= q.Now + (15 * Story.Minute)) soon++;
                if (dueAt > q.Now && dueAt <= q.Now + Story.Hour) later++;
            }
            if (cancelled < dueAt || dueAt > q.Now || !q.In(null, department, dueAt)) continue;
            due++;
            var first = tries.Count > 0 ? tries[0].At : story.Find(e => e.Data is CallbackFulfilled)?.At;
            if (first <= dueAt && first >= opens) punctual++;
            if (reached <= dueAt) kept++;
            if (reached is not null) { fulfilled++; attempts += Math.Max(1, tries.Count); }
            if (!(first <= dueAt)) missed++;
            if (exhausted is not null && reached is null) unreachable++;
            if (first > dueAt) late.Add(first.Value - dueAt);
        }
        q["callbacks.due"] = due;
        foreach (var (name, n) in new[] { ("punctual", punctual), ("kept", kept), ("fulfilled", fulfilled), ("missed", missed), ("unreachable", unreachable) })
            q["callbacks." + name] = new Ratio(n, due);
        q["callbacks.attempts"] = new Ratio(attempts, fulfilled);
        q.Distribution("callbacks.lateness_", late, "s");
        if (!q.Live) return;
        q["callbacks.due_15m"] = soon;
        q["callbacks.due_60m"] = later;
        q["callbacks.overdue"] = overdue;
    }

    private static long Ms(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
