using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Lists;

/// <summary>One line of the list behind a number. All lines of a list add up: <see cref="Num"/> to the numerator, <see cref="N"/> to the denominator.</summary>
/// <param name="At">the instant at which it counted, Unix ms</param>
/// <param name="Value">a time in ms, an amount in thousandths; null for what only counts</param>
internal sealed record ListItem(Subject Subject, long At, string? Queue, string? Department, long Num, long N, long? Value = null)
{
    public static readonly Comparison<ListItem> Order = static (a, b) =>
        a.Subject.CompareTo(b.Subject) is not 0 and var who ? who
        : a.At != b.At ? a.At.CompareTo(b.At)
        : a.Num != b.Num ? b.Num.CompareTo(a.Num) : b.N.CompareTo(a.N);
}

/// <summary>What a list is asked for.</summary>
/// <param name="Window">edges at whole minutes, as the sums have them</param>
/// <param name="Now">Unix ms up to which everything is judged</param>
/// <param name="Weeks">how many weeks before the window are known</param>
internal sealed record ListScene(string Scope, Window Window, long Now, PolicySet Policies, int Weeks)
{
    public static ListScene Of(Tally tally, string scope, Window window)
    {
        var whole = new Window(Floor(window.From), Floor(window.To));
        return new(scope, whole, tally.Now, tally.Policies, Report.WeeksBack(tally, scope, whole));
    }

    public bool Covers(in Contribution c) => Report.Covers(Scope, c.Queue, c.Department);

    public bool Holds(long at) => at >= Window.From && at < Window.To;

    public static long Floor(long at) => at is long.MinValue or long.MaxValue ? at : at - (((at % 60_000) + 60_000) % 60_000);
}

/// <summary>A measure that is added (or taken off) on one side of a number; a null parameter is any.</summary>
internal readonly record struct Term(Measure Measure, string? Param = "", int Sign = 1)
{
    public static Term[] Sum(params Measure[] measures) => [.. measures.Select(m => new Term(m))];

    public static int Weight(Term[] terms, MeasureKey key)
    {
        var weight = 0;
        foreach (var term in terms)
            if (term.Measure == key.Measure && (term.Param is null || term.Param == key.Param)) weight += term.Sign;
        return weight;
    }
}

/// <summary>From what a subject adds to the sums to its lines in the list. The sums are of the same contributions, so both agree.</summary>
internal abstract class ListRule
{
    /// <summary>What <see cref="ListItem.Value"/> is: <c>s</c> (kept in ms), <c>amount</c> (kept in thousandths); "" for none.</summary>
    public string Unit { get; init; } = "";

    /// <summary>From when on those that left memory can count, Unix ms; null where they cannot: nothing of them is true now.</summary>
    public virtual long? KeptFrom(Window window) => window.From;

    /// <summary>The lines of one subject.</summary>
    public abstract void Take(Subject who, IReadOnlyList<Contribution> own, ListScene scene, List<ListItem> into);

    /// <summary>The whole list, in its order.</summary>
    /// <param name="kept">lines of those that left memory; a subject that memory has is read there</param>
    public virtual List<ListItem> Read(Tally tally, IReadOnlyList<(Subject Who, List<ListItem> Lines)> kept, ListScene scene)
    {
        var items = new List<ListItem>();
        foreach (var (who, own) in BySubject(tally))
        {
            var before = items.Count;
            Take(who, own, scene, items);
            if (items.Count == before || Behind(tally, who) is not { } behind) continue;
            for (var i = before; i < items.Count; i++) items[i] = items[i] with { Subject = behind };
        }
        foreach (var (who, lines) in kept)
            if (!tally.Has(who)) items.AddRange(Behind(tally, who) is { } behind ? lines.Select(l => l with { Subject = behind }) : lines);
        items.Sort(ListItem.Order);
        return items;
    }

    // A customer's file counts for the contacts and tickets in it: these are what somebody can look at.
    private static Subject? Behind(Tally tally, Subject who) => who.Kind == SubjectKind.Other ? tally.InFile(who) : null;

    /// <summary>Contributions of each subject together; the list is used again for the next one.</summary>
    protected static IEnumerable<(Subject Who, IReadOnlyList<Contribution> Own)> BySubject(Tally tally)
    {
        var own = new List<Contribution>();
        var last = default(Subject);
        foreach (var (who, what) in tally.Contributions())
        {
            if (who != last && own.Count > 0)
            {
                yield return (last, own);
                own.Clear();
            }
            last = who;
            own.Add(what);
        }
        if (own.Count > 0) yield return (last, own);
    }
}
