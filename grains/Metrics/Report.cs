using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Metrics;

/// <summary>Tables of metrics out of a tally: the one way from sums to named numbers, for the API, the report of a replay and the wall.</summary>
public static class Report
{
    private static readonly Measure[] ByThreshold =
        [Measure.AnsweredWithin, Measure.AbandonedWithin, Measure.ShortAbandonedWithin, Measure.CallbackWithin, Measure.WaitingPast];

    /// <param name="scope"><c>all</c>, <c>queue/ID</c> or <c>department/ID</c>; one that nothing ever concerned has an empty table of numbers</param>
    /// <param name="window">edges at whole minutes; ends after now for what is live</param>
    /// <param name="live">adds what is true now (waiting, due within, breached open)</param>
    public static SortedDictionary<string, object?> Of(Tally tally, string scope, Window window, bool live)
    {
        var ledger = tally.Books.Find(scope) ?? new Ledger();
        var sums = ledger.Over(window);
        var level = ledger.Over(window with { From = long.MinValue });
        return MetricTable.Of(sums, level, live ? ledger : null, tally.Now, Thresholds(tally, scope, sums), tally.Policies.FcrWindowMs);
    }

    /// <summary>
    /// The tables of intervals that follow each other, each equal to <see cref="Of"/> its window with nothing live. The first starts at
    /// <paramref name="start"/> (nothing of the scope may lie before it), each ends at its end; edges at whole minutes.
    /// </summary>
    public static IEnumerable<SortedDictionary<string, object?>> Series(Tally tally, string scope, long start, IReadOnlyList<long> ends)
    {
        var ledger = tally.Books.Find(scope) ?? new Ledger();
        var level = new Sums([], []);
        foreach (var sums in ledger.Over(start, ends))
        {
            foreach (var (key, n) in sums.Points) level.Points[key] = level[key.Measure, key.Param] + n;
            yield return MetricTable.Of(sums, level, null, tally.Now, Thresholds(tally, scope, sums), tally.Policies.FcrWindowMs);
        }
    }

    private static IEnumerable<string> Thresholds(Tally tally, string scope, Sums sums)
    {
        var found = sums.Points.Keys.Where(k => ByThreshold.Contains(k.Measure)).Select(k => k.Param);
        var stated = scope.StartsWith("queue/", StringComparison.Ordinal)
            ? tally.Policies.Queue(scope[6..]).ThresholdsS.Select(t => t.ToString(System.Globalization.CultureInfo.InvariantCulture))
            : [];
        return found.Concat(stated).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
    }
}
