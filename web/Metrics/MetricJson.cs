using System.Text.Json;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Web.Metrics;

/// <summary>
/// Metrics as JSON, one way for reports and the API: counts are integers, rates <c>{value, num, n}</c>, no data is <c>null</c>.
/// Keys come in the order of the table, which is ordinal.
/// </summary>
public static class MetricJson
{
    // Dividing by it takes the trailing zeros off a decimal and leaves its value.
    private const decimal Unscaled = 1.000000000000000000000000000m;

    public static void Write(Utf8JsonWriter json, IReadOnlyDictionary<string, object?> table)
    {
        json.WriteStartObject();
        foreach (var (name, value) in table)
        {
            json.WritePropertyName(name);
            Write(json, value);
        }
        json.WriteEndObject();
    }

    /// <param name="value">a long, a decimal, a <see cref="Ratio"/>, a nested table or null; anything else throws <see cref="ArgumentException"/></param>
    public static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case long count: json.WriteNumberValue(count); break;
            case decimal number: json.WriteNumberValue(number / Unscaled); break;
            case Ratio ratio: Write(json, ratio); break;
            case IReadOnlyDictionary<string, object?> table: Write(json, table); break;
            default: throw new ArgumentException($"A metric is no {value.GetType().Name}.", nameof(value));
        }
    }

    /// <summary>A whole table as JSON in UTF-8.</summary>
    public static byte[] Text(SortedDictionary<string, object?> table)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes)) Write(json, table);
        return bytes.ToArray();
    }

    public static void Write(Utf8JsonWriter json, Ratio ratio)
    {
        json.WriteStartObject();
        json.WritePropertyName("value"u8);
        Write(json, (object?)ratio.Value);
        json.WriteNumber("num"u8, ratio.Num);
        json.WriteNumber("n"u8, ratio.N);
        json.WriteEndObject();
    }
}
