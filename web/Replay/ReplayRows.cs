using System.Text.Json;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Metrics;

namespace OpsMonitor.Web.Replay;

/// <summary>Every subject as it stands at until: NDJSON, in ordinal order of the subjects. Times RFC 3339, durations in seconds.</summary>
internal static class ReplayRows
{
    public static void Write(Stream output, Tally tally)
    {
        using var json = new Utf8JsonWriter(output, Json.Plain);
        foreach (var (subject, row) in tally.Rows().Select(r => (r.Subject.ToString(), r)).OrderBy(r => r.Item1, StringComparer.Ordinal))
        {
            json.Reset();
            Write(json, subject, row, tally.Now);
            json.Flush();
            output.WriteByte((byte)'\n');
        }
    }

    private static void Write(Utf8JsonWriter json, string subject, Row row, long now)
    {
        json.WriteStartObject();
        json.WriteString("subject"u8, subject);
        json.WriteString("state"u8, row.State);
        json.WriteString("department_id"u8, row.DepartmentId);
        if (row.QueueId is not null) json.WriteString("queue_id"u8, row.QueueId);
        json.WriteNumber("reopened"u8, row.Reopened);
        json.WriteStartArray("clocks"u8);
        foreach (var clock in row.Clocks) Write(json, clock, now);
        json.WriteEndArray();
        if (row.Anomalies.Count > 0)
        {
            json.WriteStartArray("anomalies"u8);
            foreach (var anomaly in row.Anomalies) json.WriteStringValue(anomaly);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ClockRow clock, long now)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, clock.Id);
        json.WriteString("policy"u8, clock.Policy);
        json.WriteNumber("version"u8, clock.Version);
        ReplayReport.Time(json, "started_at", clock.StartedAt);
        ReplayReport.Time(json, "due_at", clock.DueAt);
        json.WriteString("state"u8, clock.State);
        ReplayReport.Time(json, "stopped_at", clock.StoppedAt);
        Seconds(json, "paused_s", clock.PausedMs);
        Seconds(json, "late_s", clock.LateAt(now));
        if (clock.RemainingMs is { } remaining) Seconds(json, "remaining_s", remaining);
        json.WriteEndObject();
    }

    private static void Seconds(Utf8JsonWriter json, string name, long ms)
    {
        json.WritePropertyName(name);
        MetricJson.Write(json, (object)(ms / 1000m));
    }
}
