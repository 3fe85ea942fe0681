using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Tests.Grains.Metrics.Oracle;

/// <summary>Departments and care: dispatches, escalation, repeats, chasing, surveys, redress.</summary>
internal static class CareOracle
{
    private const long Month = 30 * Story.Day;

    public static void Fill(Question q)
    {
        var lives = Life.All(q);
        long Count(Func<Life, bool> which) => lives.Count(l => which(l) && q.In(null, l.Department, l.At));
        var created = Count(_ => true);
        Dispatches(q, lives);
        q["hops"] = new Ratio(lives.Where(l => q.In(null, l.Department, l.At)).Sum(l => (long)l.Hops), created);
        q["ping_pong"] = (long)lives.Count(l => l.BackAt is { } back && q.In(null, l.Department, back));
        int Level(Life l) => l.Events.Select(e => e.Data).OfType<TicketEscalated>().Select(e => e.ToLevel).DefaultIfEmpty(0).Max();
        q["escalation_rate"] = new Ratio(Count(l => Level(l) >= 1), created);
        var levels = Enumerable.Range(1, 5).Where(n => Count(l => Level(l) >= n) > 0).ToDictionary(n => $"{n}", n => (object?)new Ratio(Count(l => Level(l) >= n), created));
        q["escalation_rate.by_level"] = levels.Count == 0 ? null : new SortedDictionary<string, object?>(levels, StringComparer.Ordinal);
        var (complaints, repeats) = (Count(l => l.Complaint), Count(l => l.Complaint && (SaysRepeat(l) || lives.Exists(o => Repeats(l, o)))));
        q["repeat_rate"] = new Ratio(repeats, complaints);
        q["fcr.ticket"] = new Ratio(lives.Count(l => AtOnce(l, lives) && q.In(null, l.Department, l.ClosedForGood!.Value)), lives.Sum(l => l.Shut.Count(s => q.In(null, l.Department, s.From))));
        Chases(q, lives, created);
        Surveys(q, lives);
        Redress(q, lives);
        Issues(q, lives);
        q["iso10002.received"] = complaints;
        q["iso10002.repeat"] = repeats;
        q["iso10002.resolved_at_point"] = ((Ratio)q.Answers["on_the_spot"]!).Num;
        q["iso10002.reprioritised"] = Count(l => l.Complaint && Priorities(l).Distinct().Count() > 1);
        q["iso10002.referred_external"] = (long)lives.Count(l => l.Complaint && l.Events.Find(e => e.Data is TicketReferredExternal { Direction: ReferralDirection.Out }) is { } out_ && q.In(null, l.Department, out_.At));
    }

    private static IEnumerable<int> Priorities(Life l) => l.Events.Select(e => (e.Data as TicketCreated)?.Priority ?? (e.Data as TicketClassified)?.Priority).OfType<int>();

    private static bool SaysRepeat(Life l) => l.Events.Exists(e => e.Data is TicketLinked { Relation: LinkRelation.Repeat });

    /// <summary>The later one is about the same of the same customer.</summary>
    private static bool Repeats(Life later, Life earlier) =>
        later.Issue is not null && later.Issue == earlier.Issue && later.Made.CustomerRef is { } c && c == earlier.Made.CustomerRef && earlier.At < later.At && later.At - earlier.At <= Month;

    private static bool AtOnce(Life l, List<Life> lives) =>
        l.ClosedForGood is not null && l.Left is null && l.Solved.Count == 1
        && !l.Events.Exists(e => e.Data is TicketDispatchReturned r && l.Events.Exists(d => d.Data is TicketDispatched s && s.DispatchId == r.DispatchId && d.At < e.At))
        && l.Visits.Concat(l.Events.Select(e => e.Data).OfType<TicketDispatched>().Select(d => d.DepartmentId)).Distinct().Count() <= 1
        && !lives.Exists(o => Repeats(o, l));

    private static void Dispatches(Question q, List<Life> lives)
    {
        long sent = 0, returned = 0, sum = 0, rated = 0;
        foreach (var l in lives)
        {
            foreach (var same in l.Events.Where(e => e.Data is TicketDispatched).GroupBy(e => ((TicketDispatched)e.Data!).DispatchId))
            {
                var last = same.Last();
                if (!q.In(null, ((TicketDispatched)last.Data!).DepartmentId, last.At)) continue;
                sent++;
                if (l.Events.Exists(e => e.At > last.At && e.Data is TicketDispatchReturned r && r.DispatchId == same.Key)) returned++;
            }
            foreach (var e in l.Events)
            {
                if (e.Data is not TicketDispatchReviewed { Rating: { } stars } review) continue;
                if (l.Events.FindLast(x => x.At < e.At && x.Data is TicketDispatched d && d.DispatchId == review.DispatchId)?.Data is not TicketDispatched to || !q.In(null, to.DepartmentId, e.At)) continue;
                (sum, rated) = (sum + stars, rated + 1);
            }
        }
        q["dispatch.return_rate"] = new Ratio(returned, sent);
        q["dispatch.first_accuracy"] = new Ratio(sent - returned, sent);
        q["dispatch.reply_satisfaction"] = new Ratio(sum, rated);
    }

    private static void Chases(Question q, List<Life> lives, long created)
    {
        var chases = 0L;
        foreach (var e in q.Events)
            if (e.Data is ContactLinked { Relation: "chase" } link && lives.Find(l => l.Who.Id == link.TicketId) is { } l && l.IsOpen(e.At) && q.In(null, l.Department, e.At)) chases++;
        var already = lives.Count(l => q.Scoped(null, l.Department) && q.From > long.MinValue && l.IsOpen(q.From - 1));
        var again = lives.Sum(l => l.Shut.Count(s => s.To < long.MaxValue && q.In(null, l.Department, s.To)));
        q["chase_rate"] = new Ratio(chases, already + created + again);
    }

    private static void Surveys(Question q, List<Life> lives)
    {
        long tried = 0, valid = 0, contacted = 0, happy = 0, solved = 0, due = 0, covered = 0;
        var surveys = q.Stories(SubjectKind.Survey);
        foreach (var story in surveys)
        {
            // About whatever any of its events names.
            foreach (var about in story.Select(Target).OfType<string>().Distinct())
            {
                var heard = story.FindAll(e => Target(e) is null || Target(e) == about);
                if (heard.Exists(e => e.Data is SurveyExcluded)) continue;
                var (queue, department) = About(q, lives, about);
                if (about.StartsWith("ticket/", StringComparison.Ordinal) && !lives.Exists(l => l.Who.ToString() == about)) continue;
                if (!q.In(queue, department, heard[0].At)) continue;
                tried++;
                if (heard.FindLast(e => e.Data is SurveyResponded)?.Data is not SurveyResponded { Valid: true } answer) continue;
                valid++;
                if (answer.Contacted == true) contacted++;
                if (Happy(answer.Satisfaction)) happy++;
                if (answer.Resolved == SurveyResolved.Yes) solved++;
            }
        }
        foreach (var l in lives)
            foreach (var (closed, _) in l.Shut)
            {
                if (!q.In(null, l.Department, closed)) continue;
                var asked = surveys.Select(s => s.FindAll(e => Target(e) is null || Target(e) == l.Who.ToString())).Where(s => s.Exists(e => Target(e) == l.Who.ToString()) && s[0].At >= closed).ToList();
                var real = asked.Exists(s => !s.Exists(e => e.Data is SurveyExcluded));
                if (!real && asked.Count > 0) continue;
                due++;
                if (real) covered++;
            }
        q["survey.coverage"] = new Ratio(covered, due);
        q["survey.valid_rate"] = new Ratio(valid, tried);
        q["survey.satisfied"] = new Ratio(happy, valid);
        q["survey.resolved"] = new Ratio(solved, valid);
        q["fcr.surveyed"] = new Ratio(solved, valid);
        q["survey.response"] = new Ratio(contacted, valid);
        q["three_rates"] = new Ratio(1_000 * contacted + 4_000 * happy + 5_000 * solved, 10_000 * valid);
    }

    private static string? Target(Event e) => e.Data switch { SurveySent d => d.Target, SurveyResponded d => d.Target, SurveyExcluded d => d.Target, _ => null };

    private static bool Happy(JsonElement? told) => told switch
    {
        { ValueKind: JsonValueKind.String } word => word.GetString() is "satisfied" or "basically_satisfied",
        { ValueKind: JsonValueKind.Number } points => points.GetInt32() >= 3,
        _ => false,
    };

    private static (string? Queue, string? Department) About(Question q, List<Life> lives, string about)
    {
        if (lives.Find(l => l.Who.ToString() == about) is { } ticket) return (null, ticket.Department);
        var story = q.Events.FindAll(e => e.Subject.ToString() == about);
        var entry = story.FindLast(e => e.Data is ContactQueued);
        return ((entry?.Data as ContactQueued)?.QueueId, (entry ?? story.FirstOrDefault())?.DepartmentId);
    }

    private static void Redress(Question q, List<Life> lives)
    {
        var all = lives.SelectMany(l => l.Events.Where(e => e.Data is TicketRedressRecorded && q.In(null, l.Department, e.At))).Select(e => (TicketRedressRecorded)e.Data!).ToList();
        q["redress.over_authority"] = (long)all.Count(r => r.WithinAuthority == false);
        var kinds = all.GroupBy(r => $"{r.Kind.ToString().ToLowerInvariant()}/{r.AuthorityLevel ?? "unstated"}").ToDictionary(g => g.Key, g => (object?)new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["count"] = (long)g.Count(),
            ["amount"] = g.Sum(r => r.Amount) == 0 ? null : new SortedDictionary<string, object?>(StringComparer.Ordinal) { ["CNY"] = g.Sum(r => r.Amount) },
        });
        q["redress"] = kinds.Count == 0 ? null : new SortedDictionary<string, object?>(kinds, StringComparer.Ordinal);
    }

    private static void Issues(Question q, List<Life> lives)
    {
        var issues = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var issue in lives.Where(l => l.Issue is not null && q.In(null, l.Department, l.At)).GroupBy(l => l.Issue!))
            issues[issue.Key] = new SortedDictionary<string, object?>(StringComparer.Ordinal) { ["count"] = (long)issue.Count() };
        q["hot_issues"] = issues.Count == 0 ? null : issues;
    }
}
