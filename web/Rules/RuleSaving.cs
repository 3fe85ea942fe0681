using System.Text.Json;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Rules;

/// <summary>
/// PUT of settings of rules, as <c>rules.yaml</c> has them, on top of what is in force: checked as a whole, durable, judged by from then on. <c>If-Match</c>
/// carries the revision that the writer has seen, "0" for rules as the start has them. (docs: rules, Saving)
/// </summary>
public static class RuleSaving
{
    public static void MapRuleSaving(this RouteGroupBuilder group) => group.MapPut("/api/v1/rules", (RequestDelegate)Save);

    public static void MapRuleHistory(this RouteGroupBuilder group) => group.MapGet("/api/v1/rules/history", (RequestDelegate)History);

    private static async Task Save(HttpContext context)
    {
        if (await PolicyEndpoints.TextAsync(context) is not { } text) return;
        var (key, store) = (context.KeyOf(), context.RequestServices.GetRequiredService<PolicyStore>());
        Problem? problem = null;
        try
        {
            var (saved, end) = await store.SaveAsync(EditKind.Rules, text, $"{key.Name} ({key.Id})", tried => Task.FromResult((problem = PolicySaving.Unseen(context, tried)) is null), context.RequestAborted);
            if (saved is null) { await (problem ?? PolicySaving.End(end)).WriteAsync(context); return; }
            context.Response.Headers.ETag = $"\"{saved.Edit.Number}\"";
            await Reply.WriteAsync(context, 200, "application/json", json => Write(json, saved.Edit, saved.Shelf.Set.Rules));
        }
        catch (ReferenceDataException fault) { await PolicyEndpoints.Refused(context, fault); }
    }

    // Who saved what when, newest first, with the rules that it changed.
    private static Task History(HttpContext context)
    {
        var store = context.RequestServices.GetRequiredService<PolicyStore>();
        var edits = store.Edits;
        var sets = new List<(PolicyEdit Edit, RuleSet Rules)>();
        for (var set = store.Standing(edits).Set.Rules; set.Before is { } before; set = before) sets.Add((edits.Where(e => e.Kind == EditKind.Rules).ElementAt(^(sets.Count + 1)), set));
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteStartArray("saved");
            foreach (var (edit, rules) in sets)
            {
                json.WriteStartObject();
                Write(json, edit, rules);
                json.WriteString("text", edit.Text);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, PolicyEdit edit, RuleSet rules)
    {
        json.WriteNumber("revision", edit.Number);
        json.WriteNumber("version", edit.Version);
        PolicyEndpoints.Who(json, edit);
        json.WriteStartArray("changed");
        foreach (var department in rules.Departments.Prepend(null))
            foreach (var rule in rules.Common)
                if (rules.IsNew(rule.Id, department)) RuleJson.Write(json, rules.Of(rule.Id, department), department);
        json.WriteEndArray();
    }
}
