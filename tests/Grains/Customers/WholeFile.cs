using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Tests.Grains.Customers;

/// <summary>
/// A customer's file by the obvious code: each fact compared with all others, nothing remembered. What the rules by the neighbour are checked against.
/// </summary>
internal static class WholeFile
{
    private const long Retry = 5 * Story.Minute, Repeat = 30 * Story.Day;

    public static List<string> Counts(IReadOnlyList<ContactFact> facts, long window, bool perIssue, long now)
    {
        var found = new List<string>();
        for (var i = 0; i < facts.Count; i++)
        {
            var c = facts[i];
            void Count(Measure m, long at, long n = 1) => found.Add(new Contribution(ContributionKind.Point, new(m), c.Contact.Kind == SubjectKind.Ticket ? null : c.Queue, c.Department, at, n).ToString());
            bool SameLine(ContactFact o) => o.Inbound && (!perIssue || (o.IssueKey ?? "") == (c.IssueKey ?? ""));
            bool SameIssue(ContactFact o) => o.Contact.Kind == SubjectKind.Ticket && c.IssueKey is not null && o.IssueKey == c.IssueKey;
            var (before, after) = (facts.Take(i), facts.Skip(i + 1));
            if (c is { Inbound: true, Answered: true } && !before.Any(o => SameLine(o) && c.InitiatedAt - o.LastAt is var gap && gap < window && !(o.Abandoned && gap <= Retry)))
            {
                var repeat = after.FirstOrDefault(SameLine);
                if (repeat is not null && repeat.InitiatedAt - c.LastAt >= window) repeat = null;
                if (repeat is not null) found.Add(new Revocation(c.Contact, repeat.Contact, repeat.InitiatedAt, c.Queue, c.Department).ToString());
                Count(Measure.FcrEligible, c.InitiatedAt);
                if (repeat is null) Count(Measure.FcrKept, c.InitiatedAt);
                if (c.Over && c.LastAt + window <= now)
                {
                    Count(Measure.FcrMature, c.LastAt + window);
                    if (repeat is null) Count(Measure.FcrMatureKept, c.LastAt + window);
                }
                else
                {
                    Count(Measure.FcrOpen, c.InitiatedAt);
                    if (c.LastAt / 1000 != 0) Count(Measure.FcrOpenSinceS, c.InitiatedAt, c.LastAt / 1000);
                }
            }
            if (c.Contact.Kind != SubjectKind.Ticket) continue;
            if (c.Complaint && (c.Repeat || before.Any(o => SameIssue(o) && c.InitiatedAt - o.InitiatedAt <= Repeat))) Count(Measure.RepeatComplaint, c.InitiatedAt);
            if (c.FirstTimeAt is { } closed && !after.Any(o => SameIssue(o) && o.InitiatedAt - c.InitiatedAt <= Repeat)) Count(Measure.TicketFirstTime, closed);
        }
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    /// <summary>What is due: the contact or ticket, the rule, when, until when, how many; of those that may still change.</summary>
    public static List<string> Alerts(IReadOnlyList<ContactFact> facts, RuleSet rules, long now)
    {
        var found = new List<string>();
        for (var i = 0; i < facts.Count; i++)
        {
            var c = facts[i];
            if (c.Complaint)
            {
                var rule = rules.Of(RuleId.RepeatComplaint, c.Department);
                var count = facts.Take(i + 1).Count(o => o.Complaint && o.InitiatedAt > c.InitiatedAt - (rule[RuleNumber.Days] * Story.Day));
                if (count >= rule[RuleNumber.Count] && c.InitiatedAt <= now && !(c.Over && c.InitiatedAt < now - (35 * Story.Day))) found.Add(Line(c, rule.Name, c.InitiatedAt, !c.Over, null, count));
            }
            else if (c.Contact.Kind == SubjectKind.Contact && (c.Critical || c is { Inbound: true, Abandoned: true, Over: true }))
            {
                var rule = rules.Of(c.Critical ? RuleId.CriticalDrop : RuleId.MissedCall, c.Department);
                var due = c.LastAt + (rule[RuleNumber.Minutes] * Story.Minute);
                var returned = facts.Skip(i + 1).FirstOrDefault(o => o.Contact.Kind != SubjectKind.Ticket && o.InitiatedAt >= c.LastAt && (!o.Inbound || o.Answered))?.InitiatedAt;
                var over = returned ?? due + (8 * Story.Day);
                if (due <= now && due >= now - (35 * Story.Day) && !(returned <= due)) found.Add(Line(c, rule.Name, due, over > now, over > now ? null : over, rule[RuleNumber.Minutes]));
            }
        }
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    public static string Line(ContactFact c, string rule, long due, bool active, long? ended, long num) => Line(c.Contact.ToString(), rule, due, active, ended, num);

    public static string Line(string who, string rule, long due, bool active, long? ended, long num) => $"{who} {rule} {due} {(active ? "stands" : "over")} {ended} {num}";
}
