using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Turns;

/// <summary>Counts everything again from the rows: the running sums must equal it at any time. (design: rule 3)</summary>
public static class Recount
{
    public static bool Equals(Tally tally)
    {
        var fresh = new Books();
        foreach (var (who, what) in tally.Contributions()) fresh.Replace(who, [], [what]);
        foreach (var (who, what) in tally.RestingContributions()) fresh.Replace(who, [], [what]);
        foreach (var (scope, ledger) in tally.Books.All)
        {
            var counted = fresh.Find(scope) ?? new Ledger();
            if (!Same(ledger.Over(Window.Always), counted.Over(Window.Always))) return false; // by the hours
            if (!ledger.Minutes().SequenceEqual(counted.Minutes())) return false;
            foreach (var minute in ledger.Minutes())
                if (!Same(ledger.At(minute), counted.At(minute))) return false;
        }
        return true;
    }

    private static bool Same(Sums kept, Sums counted) => Points(kept).SequenceEqual(Points(counted)) && Samples(kept).SequenceEqual(Samples(counted));

    private static IEnumerable<KeyValuePair<MeasureKey, long>> Points(Sums sums) => sums.Points.Where(p => p.Value != 0);

    private static IEnumerable<(MeasureKey, long)> Samples(Sums sums) => sums.Samples.SelectMany(s => s.Value.Order().Select(v => (s.Key, v)));
}
