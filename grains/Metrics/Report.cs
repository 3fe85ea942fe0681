using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Metrics;

/// <summary>Tables of metrics out of a tally: the one way from sums to named numbers, for the API, the report of a replay and the wall.</summary>
public static class Report
{
    /// <summary>A group of departments: <c>departments/A,B</c>. A contribution has one department, so that theirs add up.</summary>
    public const string GroupPrefix = "departments/";

    private const long Minute = 60_000, Week = 7 * 86_400_000L;
    /// <summary>With how many weeks before a count is compared, at most.</summary>
    public const int MostWeeks = 4;

    private static readonly Measure[] ByThreshold =
        [Measure.AnsweredWithin, Measure.AbandonedWithin, Measure.ShortAbandonedWithin, Measure.CallbackWithin, Measure.WaitingPast];

    /// <param name="scope"><c>all</c>, <c>queue/ID</c>, <c>department/ID</c> or <c>departments/ID,ID</c>; one that nothing ever concerned has an empty table of numbers</param>
    /// <param name="window">edges at whole minutes; ends after now for what is live</param>
    /// <param name="live">adds what is true now (waiting, due within, breached open)</param>
    public static SortedDictionary<string, object?> Of(Tally tally, string scope, Window window, bool live)
    {
        var ledgers = LedgersOf(tally, scope);
        return Of(new SumGroup(ledgers), scope, window, tally.Now, tally.Policies, live ? ledgers : []);
    }

    /// <summary>The same from any source of sums.</summary>
    /// <param name="live">see <see cref="Scene.Live"/></param>
    public static SortedDictionary<string, object?> Of(ISumSource source, string scope, Window window, long now, PolicySet policies, IReadOnlyList<Ledger>? live = null)
    {
        var sums = source.Over(window);
        return MetricTable.Of(new(scope, sums, source.Level(window.To), Whole(window), now, Thresholds(policies, scope, sums), policies) { Live = live ?? [], Before = Before(source, window, sums) });
    }

    /// <summary>The tables of windows that follow each other, each equal to <see cref="Of(ISumSource, string, Window, long, PolicySet, IReadOnlyList{Ledger}?)"/> it.</summary>
    public static IEnumerable<SortedDictionary<string, object?>> Series(ISumSource source, string scope, long start, IReadOnlyList<long> ends, long now, PolicySet policies)
    {
        var (level, from) = (source.Level(start), start);
        foreach (var end in ends)
        {
            var window = new Window(from, end);
            var sums = source.Over(window);
            Levels.Add(level, sums);
            yield return MetricTable.Of(new(scope, sums, level, Whole(window), now, Thresholds(policies, scope, sums), policies) { Before = Before(source, window, sums) });
            from = end;
        }
    }

    /// <summary>
    /// The tables of intervals that follow each other, each equal to <see cref="Of"/> its window with nothing live. The first starts at
    /// <paramref name="start"/> (nothing of the scope may lie before it), each ends at its end; edges at whole minutes.
    /// </summary>
    public static IEnumerable<SortedDictionary<string, object?>> Series(Tally tally, string scope, long start, IReadOnlyList<long> ends)
    {
        var ledger = tally.Books.Find(scope) ?? new Ledger();
        var (level, from) = (new Sums([], []), start);
        var i = 0;
        foreach (var sums in ledger.Over(start, ends))
        {
            foreach (var (key, n) in sums.Points) level.Points[key] = level[key.Measure, key.Param] + n;
            var window = Whole(new Window(from, ends[i++]));
            var before = Before(ledger, window, sums);
            yield return MetricTable.Of(new(scope, sums, level, window, tally.Now, Thresholds(tally.Policies, scope, sums), tally.Policies) { Before = before });
            from = window.To;
        }
    }

    /// <summary>Whether what stands in a queue and a department counts in a scope.</summary>
    public static bool Covers(string scope, string? queue, string? department)
    {
        if (scope == "all") return true;
        if (queue is not null && scope == "queue/" + queue) return true;
        if (department is null) return false;
        if (scope == "department/" + department) return true;
        return scope.StartsWith(GroupPrefix, StringComparison.Ordinal) && scope[GroupPrefix.Length..].Split(',').Contains(department);
    }

    public static ISumSource Source(Tally tally, string scope) => new SumGroup(LedgersOf(tally, scope));

    /// <summary>Those that a scope adds up; an empty one for a scope that nothing ever concerned.</summary>
    public static IReadOnlyList<Ledger> LedgersOf(Tally tally, string scope)
    {
        if (!scope.StartsWith(GroupPrefix, StringComparison.Ordinal)) return [tally.Books.Find(scope) ?? new Ledger()];
        var ledgers = new List<Ledger>();
        foreach (var id in scope[GroupPrefix.Length..].Split(',').Distinct(StringComparer.Ordinal))
            if (tally.Books.Find("department/" + id) is { } ledger) ledgers.Add(ledger);
        return ledgers.Count == 0 ? [new Ledger()] : ledgers;
    }

    /// <summary>How many of the weeks before a window anything is known of, up to four; 0 for a window longer than a week, which is no hour of the week.</summary>
    public static int WeeksBack(Tally tally, string scope, Window window) => WeeksBack(window, Source(tally, scope).FirstMinute);

    private static int WeeksBack(Window window, long? first)
    {
        if (first is not { } known || window.From == long.MinValue || window.To == long.MaxValue || window.To - window.From > Week) return 0;
        var weeks = 0;
        while (weeks < MostWeeks && window.To - ((weeks + 1) * Week) > known) weeks++;
        return weeks;
    }

    // The same stretch of the weeks before, as far back as anything is known.
    private static WeeksBefore Before(ISumSource source, Window window, Sums sums)
    {
        if (!sums.Params(Measure.IssueTickets).Any()) return WeeksBefore.None;
        var weeks = WeeksBack(window, source.FirstMinute);
        if (weeks == 0) return WeeksBefore.None;
        var byIssue = new SortedDictionary<string, long>(StringComparer.Ordinal);
        for (var k = 1; k <= weeks; k++)
        {
            var then = source.Over(new(window.From - (k * Week), window.To - (k * Week)));
            foreach (var issue in then.Params(Measure.IssueTickets)) byIssue[issue] = byIssue.GetValueOrDefault(issue) + then[Measure.IssueTickets, issue];
        }
        return new(weeks, byIssue);
    }

    private static Window Whole(Window window) => new(Whole(window.From), Whole(window.To));

    private static long Whole(long at) => at is long.MinValue or long.MaxValue ? at : at - (((at % Minute) + Minute) % Minute);

    private static IEnumerable<string> Thresholds(PolicySet policies, string scope, Sums sums)
    {
        var found = sums.Points.Keys.Where(k => ByThreshold.Contains(k.Measure)).Select(k => k.Param);
        var stated = scope.StartsWith("queue/", StringComparison.Ordinal)
            ? policies.Queue(scope[6..]).ThresholdsS.Select(t => t.ToString(System.Globalization.CultureInfo.InvariantCulture))
            : [];
        return found.Concat(stated).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
    }
}
