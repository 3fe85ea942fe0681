using System.Globalization;
using System.Text.Json;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Read;

/// <summary>Metric tables and rows as JSON. Instants are RFC 3339 in UTC.</summary>
internal static class TableJson
{
    public static void Write(Utf8JsonWriter writer, IEnumerable<KeyValuePair<string, object?>> table)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in table)
        {
            writer.WritePropertyName(name);
            WriteValue(writer, value);
        }
        writer.WriteEndObject();
    }

    public static void WriteRatio(Utf8JsonWriter writer, Ratio ratio)
    {
        writer.WriteStartObject();
        if (ratio.Value is { } value) writer.WriteNumber("value", value); else writer.WriteNull("value");
        writer.WriteNumber("num", ratio.Num);
        writer.WriteNumber("n", ratio.N);
        writer.WriteEndObject();
    }

    public static string Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static void WriteTime(Utf8JsonWriter writer, string name, long? ms)
    {
        if (ms is { } at) writer.WriteString(name, Time(at)); else writer.WriteNull(name);
    }

    /// <summary>The members of a row, into an object that is open.</summary>
    public static void WriteRow(Utf8JsonWriter writer, Row row, bool clocks)
    {
        writer.WriteString("id", row.Subject.Id);
        writer.WriteString("state", row.State);
        writer.WriteString("department_id", row.DepartmentId);
        writer.WriteString("queue_id", row.QueueId);
        WriteTime(writer, "created_at", row.CreatedAt);
        WriteTime(writer, "ended_at", row.EndedAt);
        WriteTime(writer, "due_at", row.DueAt);
        writer.WriteNumber("reopened", row.Reopened);
        writer.WriteString("owner", row.Owner);
        writer.WriteStartArray("anomalies");
        foreach (var anomaly in row.Anomalies) writer.WriteStringValue(anomaly);
        writer.WriteEndArray();
        if (!clocks) return;
        writer.WriteStartArray("clocks");
        foreach (var clock in row.Clocks) WriteClock(writer, clock);
        writer.WriteEndArray();
    }

    private static void WriteClock(Utf8JsonWriter writer, ClockRow clock)
    {
        writer.WriteStartObject();
        writer.WriteString("id", clock.Id);
        writer.WriteString("policy", clock.Policy);
        writer.WriteNumber("version", clock.Version);
        writer.WriteString("department_id", clock.DepartmentId);
        writer.WriteString("state", clock.State);
        WriteTime(writer, "started_at", clock.StartedAt);
        WriteTime(writer, "due_at", clock.DueAt);
        WriteTime(writer, "stopped_at", clock.StoppedAt);
        writer.WriteNumber("paused_ms", clock.PausedMs);
        writer.WriteNumber("late_ms", clock.LateMs);
        if (clock.RemainingMs is { } left) writer.WriteNumber("remaining_ms", left); else writer.WriteNull("remaining_ms");
        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case long n: writer.WriteNumberValue(n); break;
            case int n: writer.WriteNumberValue(n); break;
            case decimal n: writer.WriteNumberValue(n); break;
            case string text: writer.WriteStringValue(text); break;
            case Ratio ratio: WriteRatio(writer, ratio); break;
            case IEnumerable<KeyValuePair<string, object?>> table: Write(writer, table); break;
            default: throw new InvalidOperationException($"a metric table holds no {value.GetType().Name}");
        }
    }
}
