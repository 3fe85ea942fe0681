using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Lists;

internal enum When { InWindow, UpToEnd, Now, Within }

/// <summary>
/// Counts and shares: a subject stands as often as it counts. What is taken off again (a ticket closed, a short abandon) strikes out a line,
/// that of the same instant where there is one, else the newest before.
/// </summary>
internal sealed class UnitRule(Term[] above, Term[] below, When when = When.InWindow, long withinMs = 0) : ListRule
{
    private record struct One(long At, string? Queue, string? Department, Measure Measure, long Count);

    /// <summary>What had come to be before the window, and still was at its beginning; counts below.</summary>
    public Term[] Before { get; init; } = [];

    /// <summary>The value of a line is how long ago its instant is.</summary>
    public bool Aged { get; init; }

    // Who is over is in no level any more: of them a level counts only those whose end lies after it.
    public override long? KeptFrom(Window window) => when switch { When.Now or When.Within => null, When.UpToEnd => window.To, _ => window.From };

    public override void Take(Subject who, IReadOnlyList<Contribution> own, ListScene scene, List<ListItem> into)
    {
        List<One>? up = null, down = null;
        foreach (var c in own)
        {
            if (!scene.Covers(c)) continue;
            var amount = c.Kind == ContributionKind.Member ? 1 : c.Amount;
            if (c.At < scene.Window.From) Put(ref down, c, amount * Term.Weight(Before, c.Key));
            if (!In(scene, c.At)) continue;
            Put(ref up, c, amount * Term.Weight(above, c.Key));
            Put(ref down, c, amount * Term.Weight(below, c.Key));
        }
        if (up is null && down is null) return;
        Pair(who, Standing(up), Standing(down), scene, into);
    }

    // What a file says above and the ticket itself below is one line; nobody else says the two sides apart.
    public override List<ListItem> Read(Tally tally, IReadOnlyList<(Subject Who, List<ListItem> Lines)> kept, ListScene scene)
    {
        var items = base.Read(tally, kept, scene);
        var joined = new List<ListItem>(items.Count);
        foreach (var item in items)
        {
            if (joined.Count > 0 && joined[^1] is { N: 0, Num: 1 } before && item is { N: 1, Num: 0 } && before.Subject == item.Subject && before.At == item.At)
                joined[^1] = item with { Num = 1 };
            else joined.Add(item);
        }
        return joined;
    }

    private bool In(ListScene scene, long at) => when switch
    {
        When.Now => true,
        When.Within => at >= scene.Now && at <= scene.Now + withinMs,
        When.UpToEnd => at < scene.Window.To,
        _ => scene.Holds(at),
    };

    private static void Put(ref List<One>? units, in Contribution c, long count)
    {
        if (count != 0) (units ??= []).Add(new(c.At, c.Queue, c.Department, c.Key.Measure, count));
    }

    private static List<One> Standing(List<One>? changes)
    {
        var standing = new List<One>();
        if (changes is null) return standing;
        // Of one instant what is added comes before what is taken off.
        changes.Sort((a, b) => a.At != b.At ? a.At.CompareTo(b.At) : b.Count.CompareTo(a.Count));
        var owed = 0L;
        foreach (var change in changes)
        {
            for (var n = change.Count; n > 0; n--)
                if (owed > 0) owed--; else standing.Add(change with { Count = 1 });
            for (var n = change.Count; n < 0; n++)
            {
                if (standing.Count == 0) { owed++; continue; }
                var same = standing.FindLastIndex(u => u.At == change.At && u.Queue == change.Queue && u.Department == change.Department);
                standing.RemoveAt(same < 0 ? standing.Count - 1 : same);
            }
        }
        return standing;
    }

    private void Pair(Subject who, List<One> up, List<One> down, ListScene scene, List<ListItem> into)
    {
        void Add(One u, int num, int n) => into.Add(new(who, u.At, u.Queue, u.Department, num, n, Aged ? Math.Max(0, scene.Now - u.At) : null));
        // Those of the same instant belong together; what is left of both sides is still one unit of one subject.
        var alone = new List<One>();
        foreach (var unit in up)
        {
            var same = down.FindIndex(d => d.At == unit.At && d.Queue == unit.Queue && d.Department == unit.Department);
            if (same < 0) { alone.Add(unit); continue; }
            Add(down[same], 1, 1);
            down.RemoveAt(same);
        }
        foreach (var unit in alone)
        {
            if (down.Count == 0) { Add(unit, 1, 0); continue; }
            Add(down[0], 1, 1);
            down.RemoveAt(0);
        }
        foreach (var unit in down) Add(unit, 0, 1);
    }
}
