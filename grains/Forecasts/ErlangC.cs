namespace OpsMonitor.Grains.Forecasts;

/// <summary>
/// A queue of callers before equal agents: arrivals and talks at random, nobody gives up. The usual formula, by decimals. It promises too little
/// where callers give up, and nothing where more work comes than the agents can do.
/// </summary>
/// <param name="Arrivals">calls in a window</param>
/// <param name="HandleMs">mean handling time of one</param>
public readonly record struct ErlangC(long Arrivals, long WindowMs, long HandleMs, int Agents)
{
    private const int MostAgents = 10_000;

    /// <summary>Work offered, in agents.</summary>
    public decimal Load => WindowMs == 0 ? 0 : (decimal)Arrivals * HandleMs / WindowMs;

    /// <summary>More comes than can be done: the queue grows for as long as that lasts.</summary>
    public bool IsOverloaded => Load >= Agents;

    /// <summary>How probably a caller has to wait.</summary>
    public decimal Waits()
    {
        if (IsOverloaded) return 1;
        var (load, agents) = (Load, Math.Min(Agents, MostAgents));
        var blocked = 1m;
        for (var k = 1; k <= agents; k++) blocked = load * blocked / (k + (load * blocked));
        return agents * blocked / (agents - (load * (1 - blocked)));
    }

    /// <summary>Share of callers answered within so many ms; 0 where the queue grows.</summary>
    public decimal ServiceLevel(long withinMs) => IsOverloaded || HandleMs == 0 ? (IsOverloaded ? 0 : 1) : 1 - (Waits() * Exp((Agents - Load) * withinMs / HandleMs));

    /// <summary>Mean wait in ms; null where the queue grows.</summary>
    public long? MeanWaitMs() => IsOverloaded ? null : (long)(Waits() * HandleMs / (Agents - Load));

    /// <summary>The fewest agents with whom so much of a percentage is answered within so many ms.</summary>
    public static int Needed(long arrivals, long windowMs, long handleMs, int percent, long withinMs)
    {
        var least = (int)Math.Min(MostAgents, windowMs == 0 ? 0 : arrivals * handleMs / windowMs) + 1;
        for (var agents = least; agents < MostAgents; agents++)
            if (new ErlangC(arrivals, windowMs, handleMs, agents).ServiceLevel(withinMs) * 100 >= percent) return agents;
        return MostAgents;
    }

    // e to the power of -x, by its series on a small part of x, squared back.
    private static decimal Exp(decimal x)
    {
        if (x > 60) return 0;
        var halvings = 0;
        while (x > 0.5m) { x /= 2; halvings++; }
        var (sum, term) = (1m, 1m);
        for (var n = 1; n <= 18; n++) { term *= -x / n; sum += term; }
        for (var n = 0; n < halvings; n++) sum *= sum;
        return sum;
    }
}
