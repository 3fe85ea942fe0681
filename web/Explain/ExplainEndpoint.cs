using OpsMonitor.Grains.Events;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Ingest;

namespace OpsMonitor.Web.Explain;

/// <summary><c>GET /api/v1/tickets/{id}/explain</c>: every stretch of every clock, and why that policy.</summary>
public static class ExplainEndpoint
{
    public static void MapExplain(this RouteGroupBuilder group) => group.MapGet("/api/v1/tickets/{id}/explain", (RequestDelegate)Answer);

    private static Task Answer(HttpContext context)
    {
        var host = context.RequestServices.GetRequiredService<LocalHost>();
        var id = (string)context.Request.RouteValues["id"]!;
        var (history, policies) = host.Read(shard => (shard.HistoryOf(new(SubjectKind.Ticket, id)), shard.Policies));
        return history.Count == 0
            ? new Problem(404, "not_found", "No event ever named this ticket.").WriteAsync(context)
            : Reply.WriteAsync(context, 200, "application/json", json => ExplainJson.Write(json, id, history, policies, host.Now));
    }
}
