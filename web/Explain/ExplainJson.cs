using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Tickets;

namespace OpsMonitor.Web.Explain;

/// <summary>An explanation as JSON: times RFC 3339 in the clock's own zone, so that they can be held against the calendar; durations in milliseconds.</summary>
public static class ExplainJson
{
    /// <summary>The members <c>ticket</c>, <c>as_of</c>, <c>clocks</c> and <c>time_ledger</c> of an object that is open already.</summary>
    public static void Write(Utf8JsonWriter json, string ticket, IReadOnlyList<Event> history, PolicySet policies, long now)
    {
        json.WriteString("ticket", ticket);
        Time(json, "as_of", now, DateTimeZone.Utc);
        json.WriteStartArray("clocks");
        foreach (var clock in TicketExplanation.Of(history, policies, now)) Write(json, clock);
        json.WriteEndArray();
        TimeLedgerJson.Write(json, TimeLedger.Of(history, policies, now));
    }

    private static void Write(Utf8JsonWriter json, ExplainedClock c)
    {
        var zone = DateTimeZoneProviders.Tzdb[c.Zone];
        json.WriteStartObject();
        json.WriteString("id", c.Id);
        json.WriteNumber("round", c.Round);
        json.WriteString("state", c.State);
        json.WriteString("policy", c.Policy);
        json.WriteNumber("version", c.Version);
        json.WriteString("calendar", c.Calendar);
        json.WriteString("time_zone", c.Zone);
        json.WriteString("limit", c.Limit);
        json.WriteBoolean("due_named", c.DueNamed);
        Time(json, "started_at", c.StartedAt, zone);
        Time(json, "counted_from", c.CountedFrom, zone);
        Time(json, "due_at", c.DueAt, zone);
        Time(json, "stopped_at", c.StoppedAt, zone);
        json.WriteNumber("paused_ms", c.PausedMs);
        json.WriteNumber("late_ms", c.LateMs);
        json.WriteStartArray("stretches");
        foreach (var s in c.Stretches)
        {
            json.WriteStartObject();
            Time(json, "from", s.From, zone);
            Time(json, "to", s.To, zone);
            json.WriteString("kind", Words.Of(s.Kind));
            json.WriteNumber("ms", s.To - s.From);
            if (s.Why is not null) json.WriteString("why", s.Why);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("policies");
        foreach (var r in c.Reasons)
        {
            json.WriteStartObject();
            json.WriteString("policy", r.Policy);
            json.WriteNumber("version", r.Version);
            json.WriteBoolean("chosen", r.Chosen);
            json.WriteString("why", r.Why);
            json.WriteString("reason", r.Reason);
            json.WriteString("asked", r.Asked);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    internal static void Time(Utf8JsonWriter json, string name, long? at, DateTimeZone zone)
    {
        if (at is not { } ms || ms == BusinessCalendar.Never) { json.WriteNull(name); return; }
        json.WriteString(name, NodaTime.Text.OffsetDateTimePattern.Rfc3339.Format(Instant.FromUnixTimeMilliseconds(ms).InZone(zone).ToOffsetDateTime()));
    }
}
