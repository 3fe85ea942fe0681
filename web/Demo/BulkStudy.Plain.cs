using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Web.Demo;

/// <summary>What the specification's own words would find in the same days: at least 5 and over mean + 3 sigma of the same hour four weeks back, or 10.</summary>
/// <param name="Reach">hidden ones whose fullest hour, with what comes anyway, reaches the 5 at all</param>
/// <param name="Found">of these, those over the plain baseline</param>
/// <param name="Limit">the plain limit in the fullest hour of a hidden one, the middle one of all</param>
/// <param name="Others">alerts for anything that was not hidden</param>
public sealed record PlainFigures(int Complaints, int Hidden, int Reach, int Found, long Limit, int Others);

// Why six in an hour are mostly not found: measured, not judged by. The plain baseline is the one that the delivered rule departs from.
public static partial class BulkStudy
{
    private const long HourMs = 60 * 60_000, WeekMs = 7 * 24 * HourMs;

    /// <param name="complaints">hidden in each day; 0 for days as they are</param>
    public static PlainFigures Plain(int seed, int days, int complaints, bool calm)
    {
        var (created, from) = Days(seed, days, calm);
        List<Hidden> hidden = complaints == 0 ? [] : Hide(seed, days, complaints, from);
        var rule = RuleSet.Standard.Of(RuleId.BulkComplaint, null);
        var (begin, reach, found, others, limits) = (from.ToUnixTimeMilliseconds(), new HashSet<Hidden>(), new HashSet<Hidden>(), 0, new List<long>());
        var issues = created.Concat(hidden.SelectMany(h => h.Events)).Where(e => e.Data is TicketCreated { Kind: TicketKind.Complaint, IssueKey: not null })
            .GroupBy(e => (Department: e.DepartmentId, Issue: ((TicketCreated)e.Data!).IssueKey)).OrderBy(g => g.Key.Department, StringComparer.Ordinal).ThenBy(g => g.Key.Issue, StringComparer.Ordinal);
        foreach (var issue in issues)
        {
            var (at, quietUntil) = (issue.Select(e => e.At).Order().ToList(), long.MinValue);
            for (var i = 0; i < at.Count; i++)
            {
                if (at[i] < begin) continue;
                var (count, limit) = (Between(at, at[i] - HourMs, at[i]), PlainLimit(at, at[i], rule));
                var mine = hidden.Find(h => h.Department == issue.Key.Department && h.Issue == issue.Key.Issue && at[i] >= h.From && at[i] <= h.From + SpanMs + HourMs);
                if (mine is not null && count >= rule[RuleNumber.Least]) reach.Add(mine);
                if (mine is not null && at[i] == mine.From + SpanMs) limits.Add(limit);
                if (count < limit) continue;
                if (mine is not null) found.Add(mine); else if (at[i] > quietUntil) others++;
                quietUntil = at[i] + HourMs;
            }
        }
        limits.Sort();
        return new(complaints, hidden.Count, reach.Count, found.Count, limits.Count == 0 ? 0 : limits[limits.Count / 2], others);
    }

    // The smallest count that is at least the least and over mean + sigmas of the same hours before; never more than the fixed count.
    private static long PlainLimit(List<long> at, long now, Rule rule)
    {
        var (weeks, sigma, sum, squares) = (rule[RuleNumber.Weeks], rule[RuleNumber.Sigma], 0L, 0L);
        for (var k = 1; k <= weeks; k++)
        {
            var count = Between(at, now - (k * WeekMs) - HourMs, now - (k * WeekMs));
            (sum, squares) = (sum + count, squares + (count * count));
        }
        for (long count = rule[RuleNumber.Least]; ; count++)
            if (count >= rule[RuleNumber.Count] || ((weeks * count) - sum is var over && over > 0 && over * over > sigma * sigma * ((weeks * squares) - (sum * sum)))) return count;
    }

    // How many in (from, to].
    private static long Between(List<long> at, long from, long to) => First(at, to + 1) - First(at, from + 1);

    private static int First(List<long> at, long from)
    {
        var i = at.BinarySearch(from);
        if (i < 0) return ~i;
        while (i > 0 && at[i - 1] == from) i--;
        return i;
    }
}
