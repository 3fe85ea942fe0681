using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Explain;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Policies;

/// <summary>A dry run as JSON: the counts of all open tickets, and the first of them in detail.</summary>
public static class DryRunJson
{
    private const int Shown = 500;

    /// <summary>The open tickets of a running host with their histories. Judging them is done afterwards, so that the writer does not wait for it.</summary>
    internal static async Task<(IReadOnlyList<(Subject Ticket, IReadOnlyList<Event> History)> Open, PolicySet Policies)> OpenAsync(IOpsHost host, CancellationToken stop)
    {
        var (open, policies) = host.Read(tally => (OpenTickets(tally), tally.Policies));
        var all = new List<(Subject, IReadOnlyList<Event>)>(open.Count);
        foreach (var ticket in open)
            if (await host.JudgedAsync(ticket, stop) is { Count: > 0 } history) all.Add((ticket, history));
        return (all, policies);
    }

    public static void Write(Utf8JsonWriter json, IReadOnlyList<(Subject Ticket, IReadOnlyList<Event> History)> open, PolicySet before, PolicySet after, long now)
    {
        var changes = open.Select(t => DryRun.Of(t.Ticket, t.History, before, after, now)).OfType<TicketChange>().ToList();
        var alerts = changes.SelectMany(c => c.Alerts).ToList();
        ExplainJson.Time(json, "as_of", now, DateTimeZone.Utc);
        json.WriteNumber("open_tickets", open.Count);
        json.WriteNumber("tickets_changed", changes.Count);
        json.WriteNumber("alerts_raised", alerts.Count(a => a.Raised));
        json.WriteNumber("alerts_withdrawn", alerts.Count(a => !a.Raised));
        json.WriteStartArray("clocks");
        foreach (var change in changes.SelectMany(c => c.Clocks).Take(Shown))
        {
            json.WriteStartObject();
            json.WriteString("ticket", change.Ticket.Id);
            json.WriteString("clock", change.Clock);
            json.WriteNumber("round", change.Round);
            Side(json, "before", change.Before);
            Side(json, "after", change.After);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("alerts");
        foreach (var change in alerts.Take(Shown))
        {
            json.WriteStartObject();
            json.WriteString("effect", change.Raised ? "raised" : "withdrawn");
            json.WriteString("ticket", change.Alert.Subject.Id);
            json.WriteString("rule", change.Alert.Rule);
            json.WriteString("clock", change.Alert.Clock);
            ExplainJson.Time(json, "due_at", change.Alert.DueAt, DateTimeZone.Utc);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static IReadOnlyList<(Subject Ticket, IReadOnlyList<Event> History)> Open(Shard shard) => [.. OpenTickets(shard).Select(t => (t, shard.HistoryOf(t)))];

    private static List<Subject> OpenTickets(Tally tally) => [.. tally.Rows(SubjectKind.Ticket).Where(r => r.EndedAt is null && r.State != "unknown").Select(r => r.Subject)];

    private static void Side(Utf8JsonWriter json, string name, ClockRow? row)
    {
        if (row is null) { json.WriteNull(name); return; }
        json.WriteStartObject(name);
        json.WriteString("policy", row.Policy);
        json.WriteNumber("version", row.Version);
        json.WriteString("state", row.State);
        ExplainJson.Time(json, "due_at", row.DueAt, DateTimeZone.Utc);
        json.WriteEndObject();
    }
}
