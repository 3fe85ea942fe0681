using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Past;

/// <summary>Sums as they are, with some taken off and others put on. What is nothing then leaves no trace.</summary>
/// <param name="now">sums of the windows that will be asked for</param>
/// <param name="level">levels at the end of the window</param>
/// <param name="minutes">all minutes that hold anything now, ascending, with their sums</param>
public sealed class KnownSums(IReadOnlyDictionary<Window, Sums> now, Sums level, Func<IEnumerable<(long Minute, Sums Sums)>> minutes, Ledger plus, Ledger minus) : ISumSource
{
    public Sums Over(Window window) => Of(now[window], plus.Over(window), minus.Over(window));

    public Sums Level(long to) => Of(level, plus.Level(to), minus.Level(to));

    public long? FirstMinute
    {
        get
        {
            var first = plus.FirstMinute;
            foreach (var (minute, sums) in minutes())
            {
                if (minute >= first) break;
                var then = Of(sums, plus.At(minute), minus.At(minute));
                if (then.Points.Count > 0) return minute;
            }
            return first;
        }
    }

    private static Sums Of(Sums now, Sums plus, Sums minus)
    {
        var sums = new Sums([], []);
        sums.Add(now);
        sums.Add(plus);
        foreach (var (key, n) in minus.Points) sums.Points[key] = sums.Points.GetValueOrDefault(key) - n;
        foreach (var (key, off) in minus.Samples)
            if (sums.Samples.TryGetValue(key, out var values)) sums.Samples[key] = Without(values, off);
        foreach (var values in sums.Samples.Values) values.Sort();
        foreach (var key in sums.Points.Where(p => p.Value == 0).Select(p => p.Key).ToList()) sums.Points.Remove(key);
        foreach (var key in sums.Samples.Where(s => s.Value.Count == 0).Select(s => s.Key).ToList()) sums.Samples.Remove(key);
        return sums;
    }

    private static List<long> Without(List<long> values, List<long> off)
    {
        values.Sort();
        off.Sort();
        var (left, o) = (new List<long>(values.Count), 0);
        foreach (var value in values)
        {
            while (o < off.Count && off[o] < value) o++;
            if (o < off.Count && off[o] == value) o++; else left.Add(value);
        }
        return left;
    }
}
