using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Rules;

/// <summary>The rules that raise alerts, and what a draft of one would have raised. Nothing here changes a rule: <see cref="RuleSaving"/> does.</summary>
public static class RuleEndpoints
{
    private const long DayMs = 86_400_000, BaselineMs = 65 * DayMs;
    private const int MostDays = 90;

    // One at a time: it takes a processor and the memory of a second server.
    private static readonly SemaphoreSlim One = new(1, 1);

    public static void MapRules(this RouteGroupBuilder group)
    {
        group.MapGet("/api/v1/rules", (RequestDelegate)List);
        group.MapPost("/api/v1/rules/back-test", (RequestDelegate)Try);
    }

    private static Task List(HttpContext context)
    {
        var (rules, edits) = context.RequestServices.GetRequiredService<IOpsHost>().Read(tally => (tally.Policies.Rules, tally.Edits));
        var revision = PolicyStore.RevisionOf(edits, EditKind.Rules, RuleFile.Id);
        context.Response.Headers.ETag = $"\"{revision}\"";
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteNumber("revision", revision);
            json.WriteString("zone", context.RequestServices.GetRequiredService<BoardDirectory>().Zone("all"));
            json.WriteStartArray("rules");
            foreach (var rule in rules.Common) RuleJson.Write(json, rule);
            json.WriteEndArray();
            json.WriteStartObject("departments");
            foreach (var department in rules.Departments)
            {
                json.WriteStartArray(department);
                foreach (var rule in rules.Common.Where(r => rules.Of(r.Id, department) != r)) RuleJson.Write(json, rules.Of(rule.Id, department));
                json.WriteEndArray();
            }
            json.WriteEndObject();
        });
    }

    // The body is YAML as rules.yaml has it, on top of what stands; empty tries what stands. ?rule= which, ?days= how far back.
    private static async Task Try(HttpContext context)
    {
        var (query, host) = (context.Request.Query, context.RequestServices.GetRequiredService<IOpsHost>());
        if (IdOf(query["rule"].ToString()) is not { } id) { await new Problem(400, "bad_rule", "Say which rule: ?rule=bulk_complaint, or another of the list.").WriteAsync(context); return; }
        if (!int.TryParse(query["days"].ToString() is { Length: > 0 } text ? text : "30", out var days) || days is < 1 or > MostDays) { await new Problem(400, "bad_days", "Days are a whole number from 1 to 90.").WriteAsync(context); return; }
        if (await DraftOf(context) is not { } draft) return;
        var (to, policies) = (host.Now, Standing(context));
        var from = to - (days * DayMs);
        if (!await One.WaitAsync(0)) { await new Problem(429, "busy", "Another rule is being tried.", "", 5).WriteAsync(context); return; }
        try
        {
            if (host.Recorded(from - BaselineMs, to) is not { } recorded) { await new Problem(501, "no_past", "This host cannot read its past.").WriteAsync(context); return; }
            var result = await Task.Run(() => BackTest.Run(recorded, policies, draft, id, from, to, context.RequestAborted), context.RequestAborted);
            await Reply.WriteAsync(context, 200, "application/json", json => RuleJson.Write(json, result));
        }
        catch (InvalidDataException fault) { await new Problem(413, "too_many_events", fault.Message).WriteAsync(context); }
        finally { One.Release(); }
    }

    internal static RuleId? IdOf(string name)
    {
        foreach (var kind in RuleCatalog.All)
            if (Words.Of(kind.Id) == name) return kind.Id;
        return null;
    }

    private static async Task<RuleSet?> DraftOf(HttpContext context)
    {
        var standing = Standing(context).Rules;
        if (context.Request.ContentLength is 0 or null && !context.Request.Headers.ContainsKey("Transfer-Encoding")) return standing;
        if (await PolicyEndpoints.TextAsync(context) is not { } text) return null;
        if (string.IsNullOrWhiteSpace(text)) return standing;
        try { return RuleFile.Draft(text, standing); }
        catch (ReferenceDataException fault)
        {
            await PolicyEndpoints.Refused(context, fault);
            return null;
        }
    }

    private static PolicySet Standing(HttpContext context) => context.RequestServices.GetRequiredService<IOpsHost>().Read(tally => tally.Policies);
}
