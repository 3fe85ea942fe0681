using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Tests.Grains.Metrics.Oracle;

/// <summary>Queues: entries and how they ended.</summary>
internal static class ContactOracle
{
    private const long Silence = 4 * Story.Hour;

    private sealed class Entry
    {
        public required string Queue;
        public string? Department;
        public long At, Wait;
        public string End = "waiting"; // answered, abandoned, out, callback, lost
        public string Why = "";
    }

    public static void Fill(Question q)
    {
        var entries = q.Stories(SubjectKind.Contact).SelectMany(story => Entries(story, q.Now)).Where(e => q.In(e.Queue, e.Department, e.At)).ToList();
        long Count(params string[] ends) => entries.Count(e => ends.Contains(e.End));
        var (answered, abandoned, gone) = (Count("answered"), Count("abandoned"), Count("out", "callback"));
        var shorts = entries.Count(e => e.End == "abandoned" && e.Wait <= 5_000);
        q["contacts.offered"] = (long)entries.Count;
        q["contacts.answered"] = answered;
        q["contacts.abandoned"] = abandoned;
        q["contacts.flow_out"] = gone;
        q["contacts.short_abandoned"] = (long)shorts;
        q["contacts.lost"] = Count("lost");
        foreach (var why in entries.Where(e => e.Why != "").GroupBy(e => e.Why)) q[$"contacts.flow_out.{why.Key}"] = (long)why.Count();
        Refusals(q, entries.Count);
        q.Distribution("contacts.wait_", entries.Where(e => e.End is "answered" or "abandoned").Select(e => e.Wait));
        q.Distribution("asa_", entries.Where(e => e.End == "answered").Select(e => e.Wait), "s");

        var past = entries.Count(e => e.End == "waiting" && q.Now - e.At > 20_000);
        var n = answered + abandoned + gone + past;
        q["abandon_rate"] = new Ratio(abandoned - shorts, n - shorts);
        q["connect_rate"] = new Ratio(answered, n);
        var inTime = entries.Where(e => e.Wait <= 20_000).ToList();
        var (a, b, bShort, c) = (inTime.Count(e => e.End == "answered"), inTime.Count(e => e.End == "abandoned"), inTime.Count(e => e.End == "abandoned" && e.Wait <= 5_000), inTime.Count(e => e.End == "callback"));
        // Without a threshold stated and with nothing to judge there is nothing to show.
        if (q.Scope.StartsWith("queue/", StringComparison.Ordinal) || a + b + c + past > 0)
            q["service_level"] = new SortedDictionary<string, object?>(StringComparer.Ordinal)
            {
                ["answered_only/20"] = new Ratio(a, answered),
                ["answered_only.flow_outs/20"] = new Ratio(a, answered + gone),
                ["ignore_within/20"] = new Ratio(a, n - shorts - (b - bShort)),
                ["negative/20"] = new Ratio(a, n - shorts),
                ["positive/20"] = new Ratio(a + b - bShort, n - shorts),
                ["removed_within/20"] = new Ratio(a + b + c, n),
            };
        if (!q.Live) return;
        var waiting = q.Stories(SubjectKind.Contact).SelectMany(story => Entries(story, q.Now)).Where(e => e.End == "waiting" && q.Scoped(e.Queue, e.Department)).ToList();
        q["contacts.waiting"] = (long)waiting.Count;
        q["contacts.longest_wait_s"] = waiting.Count == 0 ? null : Question.Seconds(waiting.Max(e => q.Now - e.At));
    }

    private static void Refusals(Question q, int offered)
    {
        var refused = q.Events.Where(e => e.Data is ContactRefused).Select(e => (Data: (ContactRefused)e.Data!, e)).Where(r => q.In(r.Data.QueueId, r.e.DepartmentId, r.e.At)).ToList();
        q["contacts.refused"] = (long)refused.Count;
        q["contacts.received"] = (long)(offered + refused.Count);
        foreach (var reason in refused.GroupBy(r => r.Data.Reason)) q[$"contacts.refused.{reason.Key.ToString().ToLowerInvariant()}"] = (long)reason.Count();
    }

    /// <summary>When a contact that nobody ended is given up.</summary>
    public static bool IsLost(List<Event> story, long now) =>
        !story.Exists(e => e.Data is ContactDisconnected or ContactAbandoned or ContactRefused) && now >= story[^1].At + Silence;

    private static List<Entry> Entries(List<Event> story, long now)
    {
        var entries = new List<Entry>();
        void End(string how, long at, decimal? told = null, string why = "")
        {
            if (entries.LastOrDefault() is not { End: "waiting" } open) return;
            (open.End, open.Wait, open.Why) = (how, told is { } s ? (long)(s * 1000) : at - open.At, why);
        }
        foreach (var e in story)
            switch (e.Data)
            {
                case ContactQueued d:
                    End("out", e.At, why: "requeued");
                    entries.Add(new() { Queue = d.QueueId, Department = e.DepartmentId, At = e.At });
                    break;
                case ContactAnswered d: End("answered", e.At, d.WaitS); break;
                case ContactAbandoned d: End("abandoned", e.At, d.WaitS); break;
                case ContactDisconnected: End("abandoned", e.At); break;
                case ContactDequeued d: End(d.Reason == DequeueReason.Callback ? "callback" : "out", e.At, why: d.Reason.ToString().ToLowerInvariant()); break;
            }
        if (IsLost(story, now)) End("lost", now);
        foreach (var e in entries) if (e.End is "waiting" or "lost") e.Wait = long.MaxValue;
        return entries;
    }
}
