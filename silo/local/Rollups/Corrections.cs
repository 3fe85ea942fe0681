using System.Globalization;
using System.Text.Json.Serialization;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Silo.Local.Rollups;

/// <summary>One number of one interval, revised. Instants in Unix ms.</summary>
/// <param name="Number">of the ledger, in the order of writing</param>
/// <param name="Version">of this number of this interval; what was shown first is 1</param>
/// <param name="Was">JSON; null for no such number before</param>
/// <param name="Turn">when the late data was taken</param>
/// <param name="Causes">JSON: of each source how many late events, and the id of the latest</param>
public sealed record Correction(
    long Number, string Scope, string Step, long Start, long Until, long Version, string Metric, string? Was, string? Now, long Turn, string Causes);

internal sealed record CauseJson(
    [property: JsonPropertyName("source")] string Source, [property: JsonPropertyName("count")] long Count, [property: JsonPropertyName("latest_id")] string LatestId);

[JsonSerializable(typeof(IEnumerable<CauseJson>))]
internal sealed partial class CauseContext : JsonSerializerContext;

/// <summary>What late data added to a minute and what it took off.</summary>
internal sealed class LateSums
{
    private readonly SortedDictionary<MeasureKey, long> _points = [];
    private readonly SortedDictionary<(MeasureKey Key, long Value), int> _samples = [];

    public bool IsNothing => _points.Count == 0 && _samples.Count == 0;

    public void Add(in Contribution c, int sign)
    {
        if (c.Kind == ContributionKind.Point)
        {
            if ((_points[c.Key] = _points.GetValueOrDefault(c.Key) + (sign * c.Amount)) == 0) _points.Remove(c.Key);
            return;
        }
        var sample = (c.Key, c.Amount);
        if ((_samples[sample] = _samples.GetValueOrDefault(sample) + sign) == 0) _samples.Remove(sample);
    }

    /// <summary>As if it had never come.</summary>
    public void TakeOff(Sums sums)
    {
        foreach (var (key, n) in _points)
            if ((sums.Points[key] = sums.Points.GetValueOrDefault(key) - n) == 0) sums.Points.Remove(key);
        foreach (var ((key, value), n) in _samples)
        {
            if (!sums.Samples.TryGetValue(key, out var values)) sums.Samples[key] = values = [];
            for (var i = 0; i < n; i++) values.Remove(value);
            for (var i = 0; i > n; i--) values.Add(value);
            values.Sort();
        }
    }
}

/// <summary>A table of metrics as a flat list: path to JSON text.</summary>
public static class Numbers
{
    public static SortedDictionary<string, string?> Of(IReadOnlyDictionary<string, object?> table)
    {
        var flat = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        Add(flat, "", table);
        return flat;
    }

    private static void Add(SortedDictionary<string, string?> flat, string path, IReadOnlyDictionary<string, object?> table)
    {
        foreach (var (name, value) in table)
            if (value is IReadOnlyDictionary<string, object?> inner) Add(flat, $"{path}{name}/", inner);
            else flat[path + name] = Text(value);
    }

    private static string? Text(object? value) => value switch
    {
        null => null,
        Ratio { Value: { } v } r => $$"""{"value":{{Plain(v)}},"num":{{r.Num.ToString(CultureInfo.InvariantCulture)}},"n":{{r.N.ToString(CultureInfo.InvariantCulture)}}}""",
        Ratio r => $$"""{"value":null,"num":{{r.Num.ToString(CultureInfo.InvariantCulture)}},"n":0}""",
        decimal d => Plain(d),
        IFormattable n => n.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"A metric is no {value.GetType().Name}.", nameof(value)),
    };

    private static string Plain(decimal d) => (d / 1.000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);
}
