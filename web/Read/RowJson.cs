using System.Globalization;
using System.Text.Json;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Read;

/// <summary>Rows as JSON. Instants are RFC 3339 in UTC, spans in ms.</summary>
internal static class RowJson
{
    public static string Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static void WriteTime(Utf8JsonWriter writer, string name, long? ms)
    {
        if (ms is { } at) writer.WriteString(name, Time(at)); else writer.WriteNull(name);
    }

    /// <summary>The members of a row, into an object that is open.</summary>
    public static void WriteRow(Utf8JsonWriter writer, Row row, bool clocks, long now)
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
        foreach (var clock in row.Clocks) WriteClock(writer, clock, now);
        writer.WriteEndArray();
    }

    private static void WriteClock(Utf8JsonWriter writer, ClockRow clock, long now)
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
        writer.WriteNumber("late_ms", clock.LateAt(now));
        if (clock.RemainingMs is { } left) writer.WriteNumber("remaining_ms", left); else writer.WriteNull("remaining_ms");
        writer.WriteEndObject();
    }
}
