using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Metrics;

/// <summary>Tables of metrics out of a shard: the one way from sums to named numbers, for the API, the report of a replay and the wall.</summary>
public static class Report
{
    private static readonly Measure[] ByThreshold =
        [Measure.AnsweredWithin, Measure.AbandonedWithin, Measure.ShortAbandonedWithin, Measure.CallbackWithin, Measure.WaitingPast];

    /// <param name="scope"><c>all</c>, <c>queue/ID</c> or <c>department/ID</c>; one that nothing ever concerned has an empty table of numbers</param>
    /// <param name="window">edges at whole minutes; ends after now for what is live</param>
    /// <param name="live">adds what is true now (waiting, due within, breached open)</param>
    public static SortedDictionary<string, object?> Of(Shard shard, string scope, Window window, bool live)
    {
        var ledger = shard.Books.Find(scope) ?? new Ledger();
        var sums = ledger.Over(window);
        var level = ledger.Over(window with { From = long.MinValue });
        return MetricTable.Of(sums, level, live ? ledger : null, Math.Min(shard.Now, window.To), Thresholds(shard, scope, sums), shard.Policies.FcrWindowMs);
    }

    private static IEnumerable<string> Thresholds(Shard shard, string scope, Sums sums)
    {
        var found = sums.Points.Keys.Where(k => ByThreshold.Contains(k.Measure)).Select(k => k.Param);
        var stated = scope.StartsWith("queue/", StringComparison.Ordinal)
            ? shard.Policies.Queue(scope[6..]).ThresholdsS.Select(t => t.ToString(System.Globalization.CultureInfo.InvariantCulture))
            : [];
        return found.Concat(stated).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
    }
}
