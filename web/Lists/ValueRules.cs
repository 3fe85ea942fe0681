using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Lists;

/// <summary>Means, medians and percentiles: the samples themselves, the greatest first.</summary>
internal sealed class SampleRule(params Measure[] measures) : ListRule
{
    public override void Take(Subject who, IReadOnlyList<Contribution> own, ListScene scene, List<ListItem> into)
    {
        foreach (var c in own)
            if (c.Kind == ContributionKind.Sample && measures.Contains(c.Key.Measure) && scene.Holds(c.At) && scene.Covers(c))
                into.Add(new(who, c.At, c.Queue, c.Department, c.Amount, 1, c.Amount));
    }

    public override List<ListItem> Read(Tally tally, IReadOnlyList<(Subject Who, List<ListItem> Lines)> kept, ListScene scene) =>
        [.. base.Read(tally, kept, scene).OrderByDescending(i => i.Value)]; // stable: equal ones keep their order
}

/// <summary>Sums of times and of money, and differences: each part with its sign.</summary>
internal sealed class AmountRule(params Term[] terms) : ListRule
{
    public override void Take(Subject who, IReadOnlyList<Contribution> own, ListScene scene, List<ListItem> into)
    {
        foreach (var c in own)
        {
            if (c.Kind != ContributionKind.Point || !scene.Holds(c.At) || !scene.Covers(c) || Term.Weight(terms, c.Key) * c.Amount is not (not 0 and var part)) continue;
            into.Add(new(who, c.At, c.Queue, c.Department, part, 1, Unit.Length == 0 ? null : part));
        }
    }
}

/// <summary>Rates whose parts weigh differently: the formula itself, asked of one subject's sums. It is linear, so that the lines add up.</summary>
internal sealed class FormulaRule(Func<Sums, ListScene, Ratio> formula, params Measure[] measures) : ListRule
{
    public override void Take(Subject who, IReadOnlyList<Contribution> own, ListScene scene, List<ListItem> into)
    {
        Contribution? newest = null;
        var sums = new Sums([], []);
        foreach (var c in own)
        {
            if (c.Kind != ContributionKind.Point || !measures.Contains(c.Key.Measure) || !scene.Holds(c.At) || !scene.Covers(c)) continue;
            sums.Points[c.Key] = sums[c.Key.Measure, c.Key.Param] + c.Amount;
            if (newest is null || c.At >= newest.Value.At) newest = c;
        }
        if (newest is { } last && formula(sums, scene) is var (num, n) && (num != 0 || n != 0)) into.Add(new(who, last.At, last.Queue, last.Department, num, n));
    }
}

/// <summary>Open tickets of an age.</summary>
/// <param name="fromMs">age, at least</param>
/// <param name="toMs">age, less than</param>
internal sealed class AgeRule(long fromMs, long toMs) : ListRule
{
    public override long? KeptFrom(Window window) => null;

    public override void Take(Subject who, IReadOnlyList<Contribution> own, ListScene scene, List<ListItem> into)
    {
        foreach (var c in own)
            if (c.Key.Measure == Measure.TicketOpen && scene.Covers(c) && scene.Now - c.At is var age && age >= fromMs && age < toMs)
                into.Add(new(who, c.At, c.Queue, c.Department, 1, 1, age));
    }
}

/// <summary>An issue against the weeks before: each ticket of now weighs as many as there are weeks, each of then counts below.</summary>
internal sealed class IssueRule(string issue) : ListRule
{
    public override long? KeptFrom(Window window) => window.From - (5 * 7 * 86_400_000L);

    public override void Take(Subject who, IReadOnlyList<Contribution> own, ListScene scene, List<ListItem> into)
    {
        foreach (var c in own)
        {
            if (c.Key.Measure != Measure.IssueTickets || c.Key.Param != issue || !scene.Covers(c)) continue;
            if (scene.Holds(c.At) && scene.Weeks > 0) into.Add(new(who, c.At, c.Queue, c.Department, c.Amount * scene.Weeks, 0));
            for (var week = 1; week <= scene.Weeks; week++)
                if (scene.Holds(c.At + (week * 7 * 86_400_000L))) into.Add(new(who, c.At, c.Queue, c.Department, 0, c.Amount));
        }
    }
}

/// <summary>Two lists as one: tickets that wait and contacts that wait.</summary>
internal sealed class BothRule(ListRule one, ListRule other) : ListRule
{
    public override long? KeptFrom(Window window) => (one.KeptFrom(window), other.KeptFrom(window)) switch
    {
        ({ } a, { } b) => Math.Min(a, b),
        var (a, b) => a ?? b,
    };

    public override void Take(Subject who, IReadOnlyList<Contribution> own, ListScene scene, List<ListItem> into)
    {
        one.Take(who, own, scene, into);
        other.Take(who, own, scene, into);
    }
}
