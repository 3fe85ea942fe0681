using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Alerts;

/// <summary>One alert by the code that people say: what it is, who has it, whom the ladder tells next, and the three things to do with it.</summary>
public static class AlertEndpoints
{
    /// <summary>Maps <c>/api/v1/alerts/{code}</c> to be read.</summary>
    public static void MapAlert(this RouteGroupBuilder group) => group.MapGet("/api/v1/alerts/{code}", (RequestDelegate)Get);

    /// <summary>Maps what is done with an alert. Each becomes an event, durable before the answer.</summary>
    public static void MapAlertActs(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/alerts/{code}/acknowledge", (RequestDelegate)(static c => Act(c, ActKind.Acknowledge))).RequireKey(KeyScope.Act);
        routes.MapPost("/api/v1/alerts/{code}/shelve", (RequestDelegate)(static c => Act(c, ActKind.Shelve))).RequireKey(KeyScope.Act);
        routes.MapPost("/api/v1/alerts/{code}/release", (RequestDelegate)(static c => Act(c, ActKind.Release))).RequireKey(KeyScope.Act);
    }

    private static string CodeOf(HttpContext context) => (string)context.Request.RouteValues["code"]!;

    private static Task Get(HttpContext context)
    {
        var host = context.RequestServices.GetRequiredService<IOpsHost>();
        return AlertDesk.Find(host, CodeOf(context)) is { } alert ? Answer(context, alert) : NotFound.WriteAsync(context);
    }

    private static async Task Act(HttpContext context, ActKind kind)
    {
        var (body, problem) = await RequestBody.ReadAsync(context);
        if (problem is { Code: not "empty_body" }) { await problem.WriteAsync(context); return; }
        var act = Wish.Read(kind, body, context.KeyOf(), out var fault);
        if (act is null) { await fault!.WriteAsync(context); return; }
        var outcome = await context.RequestServices.GetRequiredService<AlertDesk>().Act(CodeOf(context), act, context.RequestAborted);
        switch (outcome.Kind)
        {
            case OutcomeKind.NotFound: await NotFound.WriteAsync(context); break;
            case OutcomeKind.Over: await new Problem(409, "alert_over", "The alert stands no longer.").WriteAsync(context, json => Write(json, context, outcome.Alert!)); break;
            case OutcomeKind.Held: await new Problem(409, "alert_held", "Somebody else has it.").WriteAsync(context, json => Write(json, context, outcome.Alert!)); break;
            case OutcomeKind.Full: await new Problem(429, "full", "More events arrive than can be stored.", "", 1).WriteAsync(context); break;
            case OutcomeKind.ReadOnly: await new Problem(503, "read_only", "Nothing can be stored at the moment.", "", 5).WriteAsync(context); break;
            default: await Answer(context, outcome.Alert!); break;
        }
    }

    private static Problem NotFound => new(404, "no_such_alert", "No alert has this code.");

    private static Task Answer(HttpContext context, Alert alert) => Reply.WriteAsync(context, 200, "application/json", json => Write(json, context, alert));

    private static void Write(Utf8JsonWriter json, HttpContext context, Alert alert)
    {
        var scope = alert.Due.DepartmentId is { } department ? "department/" + department : "all";
        json.WriteNumber("now", context.RequestServices.GetRequiredService<IOpsHost>().Now); // a countdown is the server's
        json.WriteString("zone", context.RequestServices.GetRequiredService<BoardDirectory>().Zone(scope));
        json.WritePropertyName("alert");
        JsonSerializer.Serialize(json, AlertView.Of(alert), BoardCells.Wire);
        json.WriteStartArray("covers"); // whose own alerts this one keeps quiet
        foreach (var cover in alert.Covers.All)
            if (cover.To == long.MaxValue) json.WriteStringValue(cover.Subject.ToString());
        json.WriteEndArray();
        json.WriteStartObject("ladder");
        json.WriteStartArray("taken");
        foreach (var step in alert.Care.Taken.All) Step(json, step);
        json.WriteEndArray();
        json.WritePropertyName("next");
        if (alert.Care.Next is { } next) Step(json, next); else json.WriteNullValue();
        json.WriteString("final", alert.Care.Final);
        json.WriteEndObject();
    }

    private static void Step(Utf8JsonWriter json, LadderStep step)
    {
        json.WriteStartObject();
        json.WriteString("to", step.To);
        json.WriteNumber("at", step.At);
        json.WriteEndObject();
    }
}
