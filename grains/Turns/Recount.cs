using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Turns;

/// <summary>Counts everything again from the rows: the running sums must equal it at any time. (design: rule 3)</summary>
public static class Recount
{
    public static bool Equals(Tally tally)
    {
        var fresh = new Books();
        foreach (var (who, what) in tally.Contributions()) fresh.Replace(who, [], [what]);
        if (tally is Shard shard)
            foreach (var (who, what) in shard.RestingContributions()) fresh.Replace(who, [], [what]);
        foreach (var (scope, ledger) in tally.Books.All)
        {
            var kept = ledger.Over(Window.Always);
            var counted = (fresh.Find(scope) ?? new Ledger()).Over(Window.Always);
            if (!Points(kept).SequenceEqual(Points(counted))) return false;
            if (!Samples(kept).SequenceEqual(Samples(counted))) return false;
        }
        return true;
    }

    private static IEnumerable<KeyValuePair<MeasureKey, long>> Points(Sums sums) => sums.Points.Where(p => p.Value != 0);

    private static IEnumerable<(MeasureKey, long)> Samples(Sums sums) => sums.Samples.SelectMany(s => s.Value.Select(v => (s.Key, v)));
}
