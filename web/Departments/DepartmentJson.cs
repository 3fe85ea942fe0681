using System.Text.Json;
using OpsMonitor.Grains.Accountability;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Read;

namespace OpsMonitor.Web.Departments;

/// <summary>The parts of a department's page as JSON. Instants of what stands now are Unix ms, as on the board.</summary>
internal static class DepartmentJson
{
    private const int Shown = 200;

    public static void Forecast(Utf8JsonWriter json, Outlook outlook, IReadOnlyList<JointCase> joint, IReadOnlyList<KeptForecast> before, Func<string, Row?> row)
    {
        json.WriteStartObject("forecast");
        json.WriteString("model", "all open tickets in one queue by due time, ended as many a day as in the last 24 hours");
        json.WriteNumber("open", outlook.Open);
        json.WriteNumber("breached_open", outlook.BreachedOpen);
        json.WriteNumber("done_24h", outlook.Done);
        var late = outlook.Late.ToList();
        json.WriteNumber("will_breach", late.Count);
        json.WriteStartArray("tickets");
        foreach (var ticket in late.Take(Shown))
        {
            json.WriteStartObject();
            json.WriteString("ticket", ticket.Ticket);
            json.WriteNumber("due_at", ticket.DueAt!.Value);
            if (ticket.FinishAt == long.MaxValue) json.WriteNull("finish_at"); else json.WriteNumber("finish_at", ticket.FinishAt);
            json.WriteString("owner", row(ticket.Ticket)?.Owner);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        Queues(json, outlook);
        Joint(json, joint);
        Score(json, before);
        json.WriteEndObject();
    }

    private static void Queues(Utf8JsonWriter json, Outlook outlook)
    {
        json.WriteStartArray("queues");
        foreach (var q in outlook.Queues)
        {
            json.WriteStartObject();
            json.WriteString("queue", q.Queue);
            json.WriteNumber("arrivals_1h", q.Arrivals);
            json.WriteNumber("aht_s", q.HandleMs / 1000);
            json.WriteNumber("agents", q.Agents);
            json.WriteNumber("threshold_s", q.ThresholdS);
            if (q.HandleMs == 0) { json.WriteNull("service_level"); json.WriteNull("asa_s"); json.WriteNull("agents_needed"); }
            else
            {
                json.WriteNumber("service_level", Math.Round(q.Model.ServiceLevel(q.ThresholdS * 1000L), 4));
                if (q.Model.MeanWaitMs() is { } wait) json.WriteNumber("asa_s", wait / 1000); else json.WriteNull("asa_s");
                json.WriteNumber("agents_needed", Grains.Forecasts.ErlangC.Needed(q.Arrivals, q.Model.WindowMs, q.HandleMs, q.TargetPercent, q.ThresholdS * 1000L));
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Joint(Utf8JsonWriter json, IReadOnlyList<JointCase> joint)
    {
        json.WriteStartArray("consultations");
        foreach (var one in joint)
        {
            json.WriteStartObject();
            json.WriteString("ticket", one.Ticket);
            json.WriteString("lead", one.Lead);
            json.WriteNumber("opened_at", one.OpenedAt);
            Instant(json, "promised_at", one.PromisedAt);
            Instant(json, "finish_at", one.FinishAt);
            json.WriteStartArray("branches");
            foreach (var (department, finish) in one.Branches)
            {
                json.WriteStartObject();
                json.WriteString("department", department);
                Instant(json, "finish_at", finish);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // Of what it called late, what was; of what was late, what it had called so.
    private static void Score(Utf8JsonWriter json, IReadOnlyList<KeptForecast> before)
    {
        var (hits, wrong, missed, right) = (before.Sum(k => k.Hits ?? 0), before.Sum(k => k.False), before.Sum(k => k.Missed), before.Sum(k => k.Right));
        json.WriteStartObject("score");
        json.WriteNumber("horizon_h", ForecastKeeper.HorizonMs / 3_600_000);
        json.WriteNumber("forecasts", before.Count);
        json.WriteNumber("hits", hits);
        json.WriteNumber("false", wrong);
        json.WriteNumber("missed", missed);
        json.WriteNumber("right", right);
        Share(json, "precision", hits, hits + wrong);
        Share(json, "recall", hits, hits + missed);
        json.WriteEndObject();
    }

    private static void Share(Utf8JsonWriter json, string name, long num, long n)
    {
        if (n == 0) json.WriteNull(name); else json.WriteNumber(name, Math.Round((decimal)num / n, 4));
    }

    public static void Case(Utf8JsonWriter json, Subject subject, CaseStory story, long now, long? recurred)
    {
        json.WriteStartObject();
        json.WriteString("id", subject.Id);
        json.WriteString("state", story.State);
        json.WriteString("owner", story.Owner);
        json.WriteString("cluster_id", story.Cluster);
        json.WriteStartArray("ticket_ids");
        foreach (var ticket in story.Tickets) json.WriteStringValue(ticket);
        json.WriteEndArray();
        json.WriteString("root_cause", story.RootCause);
        json.WriteString("measure", story.Measure);
        json.WriteNumber("opened_at", story.OpenedAt);
        Instant(json, "found_at", story.FoundAt);
        Instant(json, "closed_at", story.ClosedAt);
        Instant(json, "verified_at", story.VerifiedAt);
        Instant(json, "due_at", story.DueAt);
        json.WriteBoolean("overdue", story.ClosedAt is null && story.DueAt < now);
        if (subject.Kind == SubjectKind.Improvement)
            if (recurred is { } again) json.WriteNumber("recurred", again); else json.WriteNull("recurred");
        json.WriteEndObject();
    }

    public static void Alerts(Utf8JsonWriter json, string name, IEnumerable<AlertView> alerts)
    {
        json.WritePropertyName(name);
        JsonSerializer.Serialize(json, alerts.Take(Shown), BoardCells.Wire);
    }

    public static void Instant(Utf8JsonWriter json, string name, long? ms)
    {
        if (ms is { } at) json.WriteNumber(name, at); else json.WriteNull(name);
    }
}
