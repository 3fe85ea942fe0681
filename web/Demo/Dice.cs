namespace OpsMonitor.Web.Demo;

/// <summary>The only source of chance in the demo: one seeded generator, so one seed is one history.</summary>
internal sealed class Dice(int seed)
{
    private readonly Random _random = new(seed);

    public bool Chance(double probability) => _random.NextDouble() < probability;

    public double Between(double low, double high) => low + (high - low) * _random.NextDouble();

    /// <summary>Minutes in, milliseconds out.</summary>
    public long Minutes(double low, double high) => (long)(Between(low, high) * 60_000);

    /// <summary>Seconds in, milliseconds out.</summary>
    public long Seconds(double low, double high) => (long)(Between(low, high) * 1_000);

    /// <summary>Exponential with the given mean, in the unit of the mean.</summary>
    public long Exponential(double mean) => (long)(-mean * Math.Log(1 - _random.NextDouble()));

    /// <summary>Log-normal with the given median, in the unit of the median.</summary>
    public long Lognormal(double median, double sigma)
    {
        var normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        return (long)(median * Math.Exp(sigma * normal));
    }

    public int Below(int limit) => _random.Next(limit);

    public T Pick<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];

    /// <summary>An index, drawn in proportion to the weights.</summary>
    public int Weighted(params ReadOnlySpan<double> weights)
    {
        var sum = 0.0;
        foreach (var weight in weights) sum += weight;
        var left = _random.NextDouble() * sum;
        for (var i = 0; i < weights.Length - 1; i++)
        {
            if ((left -= weights[i]) < 0) return i;
        }
        return weights.Length - 1;
    }
}
