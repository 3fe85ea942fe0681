namespace OpsMonitor.Grains.Metrics;

/// <summary>Where sums over windows come from: a ledger, several added up, a file of rollups, or ledgers put back to an earlier instant.</summary>
public interface ISumSource
{
    /// <summary>The sums over a window; its edges are taken at whole minutes (floor). Samples are sorted.</summary>
    Sums Over(Window window);

    /// <summary>Of what is a level (<see cref="Levels"/>) the sums of all that lies before an instant, floored to its minute.</summary>
    Sums Level(long to);

    /// <summary>The first minute that holds anything, or null.</summary>
    long? FirstMinute { get; }
}

/// <summary>Measures whose sum over all time so far is a level: how many are open, in which state how many agents are.</summary>
public static class Levels
{
    public static bool Has(Measure measure) => measure
        is Measure.OpenDelta or Measure.UnresolvedDelta or Measure.AgentDelta or Measure.AgentAt or Measure.QueueAgentDelta or Measure.QueueAgentAt;

    /// <summary>What a window adds to the levels at its end.</summary>
    public static void Add(Sums level, Sums window)
    {
        foreach (var (key, n) in window.Points)
            if (Has(key.Measure)) level.Points[key] = level.Points.GetValueOrDefault(key) + n;
    }
}

/// <summary>Several sources as one: a contribution has one department, so that the sums of a group of departments add up.</summary>
public sealed class SumGroup(IReadOnlyList<ISumSource> all) : ISumSource
{
    public Sums Over(Window window) => all.Count == 1 ? all[0].Over(window) : Added(source => source.Over(window));

    public Sums Level(long to) => all.Count == 1 ? all[0].Level(to) : Added(source => source.Level(to));

    public long? FirstMinute => all.Select(l => l.FirstMinute).Min();

    private Sums Added(Func<ISumSource, Sums> of)
    {
        var sum = new Sums([], []);
        foreach (var source in all) sum.Add(of(source));
        foreach (var values in sum.Samples.Values) values.Sort();
        return sum;
    }
}
