using System.Text.Json;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Read;

namespace OpsMonitor.Web.Adapters;

/// <summary>The way back for what no rule could translate: what it would become by the mapping as it is now, and to try it again. (docs: adapters)</summary>
public static class KeptEndpoints
{
    private const int LookedAt = 10_000, ReasonsShown = 20;

    /// <summary>Maps GET /api/v1/adapters/{name}/kept: counts and reasons, never a value that was sent.</summary>
    public static void MapKept(this RouteGroupBuilder group) => group.MapGet("/api/v1/adapters/{name}/kept", (RequestDelegate)(context => WithMapping(context, LookAsync)));

    /// <summary>Maps POST /api/v1/adapters/{name}/again.</summary>
    public static void MapKeptActs(this RouteGroupBuilder group) => group.MapPost("/api/v1/adapters/{name}/again", (RequestDelegate)(context => WithMapping(context, AgainAsync)));

    private static async Task WithMapping(HttpContext context, Func<HttpContext, Mapping, Quarantine, Task> act)
    {
        try
        {
            _ = new Query(context.Request.Query);
            if (context.RequestServices.GetRequiredService<AdapterShelf>().Find((string)context.Request.RouteValues["name"]!) is { } mapping)
                await act(context, mapping, context.RequestServices.GetRequiredService<Quarantine>());
            else
                await AdapterEndpoints.NoSuchAdapter.WriteAsync(context);
        }
        catch (QueryException fault) { await fault.WriteAsync(context); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await new Problem(503, "kept_unavailable", "The files of what is kept cannot be read or written; what was taken is durable, and the rest waits.", "", 5).WriteAsync(context);
        }
    }

    private static Task LookAsync(HttpContext context, Mapping mapping, Quarantine quarantine)
    {
        var rows = quarantine.Oldest(mapping.Name, LookedAt);
        var delivery = Delivery.Again(mapping, rows);
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteNumber("waiting", quarantine.Waiting(mapping.Name));
            json.WriteNumber("looked_at", rows.Count);
            json.WriteNumber("events", delivery.Events.Count);
            json.WriteNumber("ignored", delivery.Ignored);
            json.WriteNumber("unmapped", delivery.Unmapped.Count);
            json.WriteString("fault", context.RequestServices.GetRequiredService<AdapterShelf>().FaultOf(mapping.Name));
            Reasons(json, delivery.Unmapped);
        });
    }

    private static async Task AgainAsync(HttpContext context, Mapping mapping, Quarantine quarantine)
    {
        var services = context.RequestServices;
        if (services.GetRequiredService<AdapterShelf>().FaultOf(mapping.Name) is { } fault)
        {
            await new Problem(409, "broken_mapping", $"The mapping's file cannot be read, so that the one before it counts: {fault}").WriteAsync(context);
            return;
        }
        var now = (services.GetService<TimeProvider>() ?? TimeProvider.System).GetUtcNow();
        var (all, stays) = (new List<Taken> { Taken.None }, new List<KeptRow>());
        var ran = await quarantine.AgainAsync(mapping.Name, async rows =>
        {
            var taken = await Taken.OfferAsync(services, Delivery.Again(mapping, rows), now, context.RequestAborted);
            all.Add(taken with { Kept = [] });
            stays.AddRange(taken.Kept.Select(static row => row with { Raw = "" })); // for the reasons
            return taken.Refused is null ? taken.Kept : null;
        });
        if (!ran)
        {
            await new Problem(409, "runs_already", "What is kept is being tried again already.", "", 5).WriteAsync(context);
            return;
        }
        // A row that still waits was counted when it came.
        var counters = services.GetRequiredService<AdapterCounters>();
        foreach (var taken in all)
            foreach (var (outcome, count) in taken.Counts.Where(static c => c.Outcome is "accepted" or "duplicate" or "ignored")) counters.Add(mapping.Name, outcome, count);
        await Reply.WriteAsync(context, 200, "application/json", json =>
        {
            foreach (var outcome in all.SelectMany(static t => t.Counts).GroupBy(static c => c.Outcome)) json.WriteNumber(outcome.Key, outcome.Sum(static c => c.Count));
            json.WriteNumber("waiting", quarantine.Waiting(mapping.Name));
            if (all.Select(static t => t.Refused).OfType<Problem>().FirstOrDefault() is { } refused) json.WriteString("stopped", refused.Code); else json.WriteNull("stopped");
            Reasons(json, stays);
        });
    }

    /// <summary>The most frequent first.</summary>
    private static void Reasons(Utf8JsonWriter json, IEnumerable<KeptRow> rows)
    {
        json.WriteStartArray("reasons");
        foreach (var (reason, count) in rows.CountBy(static r => r.Reason).OrderByDescending(static r => r.Value).ThenBy(static r => r.Key, StringComparer.Ordinal).Take(ReasonsShown))
        {
            json.WriteStartObject();
            json.WriteString("reason", reason);
            json.WriteNumber("rows", count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
