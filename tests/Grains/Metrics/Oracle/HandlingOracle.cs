using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Tests.Grains.Metrics.Oracle;

/// <summary>What became of contacts that somebody took: handling, and whether the customer had to come again.</summary>
internal static class HandlingOracle
{
    private const long Window = 7 * Story.Day, Retry = 5 * Story.Minute;

    private sealed record Call(string Customer, bool Inbound, bool Answered, bool GivenUp, long From, long To, bool Over, string? Queue, string? Department);

    public static void Fill(Question q)
    {
        Handling(q);
        First(q);
    }

    private static void Handling(Question q)
    {
        long handled = 0, transferred = 0, made = 0, missed = 0, claimed = 0, unknown = 0;
        var times = new List<long>();
        foreach (var story in q.Stories(SubjectKind.Contact))
        {
            if (story.Find(e => e.Data is ContactAnswered) is not { } first) continue;
            var entry = story.FindLast(e => e.Data is ContactQueued && story.Exists(a => a.Data is ContactAnswered && a.At > e.At))!;
            if (!q.In(((ContactQueued)entry.Data!).QueueId, entry.DepartmentId, entry.At)) continue;
            made += story.Count(e => e.Data is ContactOffered);
            missed += story.Count(e => e.Data is ContactOfferMissed);
            if (story.Find(e => e.Data is ContactDisconnected) is not { } end) continue;
            var said = (ContactDisconnected)end.Data!;
            var hold = (long)((said.HoldS ?? 0) * 1000);
            var wrapUps = story.Select(e => e.Data).OfType<ContactWrapupCompleted>().ToList();
            handled++;
            times.Add((said.TalkS is { } t ? (long)(t * 1000) : Math.Max(0, end.At - first.At - hold)) + hold + (long)(wrapUps.Sum(w => w.AcwS ?? 0) * 1000));
            if (story.Exists(e => e.Data is ContactTransferred)) transferred++;
            if (wrapUps.LastOrDefault(w => w.Resolved is not null) is { Resolved: true }) claimed++;
            if (story[0].Data is ContactInitiated { Direction: Direction.Inbound, CustomerRef: null }) unknown++;
        }
        q.Distribution("aht_", times, "s");
        q["transfer_rate"] = new Ratio(transferred, handled);
        q["offer_missed_rate"] = new Ratio(missed, made);
        q["fcr.claimed"] = new Ratio(claimed, handled);
        q["fcr.unidentified"] = unknown;
    }

    private static void First(Question q)
    {
        var calls = q.Stories(SubjectKind.Contact).Select(s => CallOf(s, q.Now)).OfType<Call>().ToList();
        long eligible = 0, kept = 0, mature = 0, matureKept = 0, passed = 0;
        foreach (var call in calls.Where(c => c.Inbound && c.Answered))
        {
            var others = calls.Where(c => c != call && c.Customer == call.Customer && c.Inbound).ToList();
            // Somebody who gave up and tries again within minutes has not come before.
            if (others.Exists(o => o.From < call.From && o.To > call.From - Window && !(o.GivenUp && o.To >= call.From - Retry))) continue;
            var again = others.Where(o => o.From > call.From).OrderBy(o => o.From).FirstOrDefault() is { } next && next.From - call.To < Window;
            var ripe = call.Over && q.Now >= call.To + Window;
            if (q.In(call.Queue, call.Department, call.From))
            {
                eligible++;
                if (!again) kept++;
                passed += ripe ? Window / 1000 : (q.Now / 1000) - (call.To / 1000);
            }
            if (ripe && q.In(call.Queue, call.Department, call.To + Window))
            {
                mature++;
                if (!again) matureKept++;
            }
        }
        q["fcr.provisional"] = new Ratio(kept, eligible);
        q["fcr.mature"] = new Ratio(matureKept, mature);
        q["fcr.window_elapsed"] = new Ratio(passed, eligible * Window / 1000);
    }

    private static Call? CallOf(List<Event> story, long now)
    {
        if (story[0].Data is not ContactInitiated { CustomerRef: { } customer } said) return null;
        var end = story.Find(e => e.Data is ContactDisconnected or ContactAbandoned or ContactRefused);
        var answer = story.Find(e => e.Data is ContactAnswered);
        var entry = answer is null ? null : story.FindLast(e => e.Data is ContactQueued && e.At < answer.At);
        var givenUp = answer is null && end?.Data is ContactAbandoned or ContactDisconnected && answer is null;
        return new(customer, said.Direction == Direction.Inbound, answer is not null, givenUp, story[0].At, end?.At ?? story[^1].At,
            end is not null || ContactOracle.IsLost(story, now), (entry?.Data as ContactQueued)?.QueueId, entry?.DepartmentId);
    }
}
