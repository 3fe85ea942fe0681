using System.Globalization;

namespace OpsMonitor.Simulator;

/// <summary>Many schedules; and the table of planted defects: in how many schedules of so many each is caught, and by which guarantee first.</summary>
public static class Defects
{
    public static IEnumerable<Planted> All => Enum.GetValues<Planted>().Where(p => p != Planted.None);

    public static (Coverage Coverage, int Failed) Run(ulong from, ulong to, Planted planted, Action<Outcome> failure)
    {
        var (gate, total, failed) = (new Lock(), new Coverage(), 0);
        Parallel.For((long)from, (long)to + 1, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            var outcome = Schedule.Run((ulong)seed, planted);
            lock (gate)
            {
                total.Add(outcome.Coverage);
                if (outcome.Violation is null) return;
                failed++;
                failure(outcome);
            }
        });
        return (total, failed);
    }

    /// <summary>The first schedule that catches a defect, from seed 1 on; null where none does up to the bound.</summary>
    public static Outcome? FirstCaught(Planted planted, ulong bound)
    {
        for (ulong seed = 1; seed <= bound; seed++)
            if (Schedule.Run(seed, planted) is { Violation: not null } caught) return caught;
        return null;
    }

    /// <returns>how many defects nothing caught</returns>
    /// <param name="from">leaves out those before it in the list</param>
    public static int Table(ulong schedules, Planted from, Action<string> line)
    {
        line("| defect | caught in | first seed | mostly by |\n|---|---|---|---|");
        var missed = 0;
        foreach (var planted in All.Where(p => p >= from))
        {
            var caught = new List<Outcome>();
            Run(1, schedules, planted, caught.Add);
            if (caught.Count == 0) missed++;
            var by = caught.GroupBy(o => o.Violation!.Split(':')[0], StringComparer.Ordinal).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).FirstOrDefault()?.Key;
            line(string.Create(CultureInfo.InvariantCulture, $"| {planted} | {caught.Count} of {schedules} | {caught.MinBy(o => o.Seed)?.Seed} | {by} |"));
        }
        return missed;
    }
}
