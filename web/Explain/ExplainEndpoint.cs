using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Explain;

/// <summary><c>GET /api/v1/tickets/{id}/explain</c>: every stretch of every clock, and why that policy.</summary>
public static class ExplainEndpoint
{
    public static void MapExplain(this RouteGroupBuilder group) => group.MapGet("/api/v1/tickets/{id}/explain", (RequestDelegate)Answer);

    private static async Task Answer(HttpContext context)
    {
        var host = context.RequestServices.GetRequiredService<IOpsHost>();
        var id = (string)context.Request.RouteValues["id"]!;
        var (row, policies) = (Whole.Find(host, new(SubjectKind.Ticket, id)), host.Read(tally => tally.Policies));
        var history = row is null ? null : await host.HistoryAsync(row.Subject, context.RequestAborted);
        if (history is null or { Count: 0 }) await new Problem(404, "not_found", "No event ever named this ticket.").WriteAsync(context);
        else await Reply.WriteAsync(context, 200, "application/json", json =>
        {
            ExplainJson.Write(json, id, history, policies, host.Now);
            Frozen(json, host, row!.Subject);
        });
    }

    // Sent to and fro too often: who decides, and by which alert.
    private static void Frozen(System.Text.Json.Utf8JsonWriter json, IOpsHost host, Subject ticket)
    {
        var guard = Words.Of(RuleId.PingPongGuard);
        var alert = host.Read(tally =>
        {
            foreach (var one in tally.Alerts.Of(ticket))
                if (one.State == AlertState.Raised && one.Due.Rule == guard) return one;
            return null;
        });
        if (alert is null) { json.WriteNull("frozen"); return; }
        json.WriteStartObject("frozen");
        ExplainJson.Time(json, "since", alert.Due.RaisedAt, NodaTime.DateTimeZone.Utc);
        json.WriteString("adjudicator", alert.Due.Clock);
        json.WriteNumber("moves", alert.Due.Finding?.Num ?? 0);
        json.WriteString("alert", alert.Code);
        json.WriteEndObject();
    }
}
