using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Alerts;

/// <summary>Alerts that nobody is told of for a while: which, until when, by whom, why. Each is an event, durable before the answer.</summary>
public static class SilenceEndpoints
{
    private const int MostListed = 500, MostMinutes = (int)(Silence.LongestMs / 60_000), DefaultMinutes = 120, MostTexts = 50, MostChars = 200;
    private static readonly string[] Lists = ["rules", "lights", "departments", "subjects"];

    /// <summary>Maps <c>/api/v1/silences</c> to be read.</summary>
    public static void MapSilences(this RouteGroupBuilder group) => group.MapGet("/api/v1/silences", (RequestDelegate)List);

    /// <summary>Maps what is done with silences.</summary>
    public static void MapSilenceActs(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/silences", (RequestDelegate)Open).RequireKey(KeyScope.Act);
        routes.MapPost("/api/v1/silences/{id}/end", (RequestDelegate)End).RequireKey(KeyScope.Act);
    }

    private static IOpsHost Host(HttpContext context) => context.RequestServices.GetRequiredService<IOpsHost>();

    private static Task List(HttpContext context)
    {
        var host = Host(context);
        var (all, counts) = host.Read(tally =>
        {
            var silences = tally.Alerts.Silences.All.OrderBy(s => s.To <= host.Now).ThenByDescending(s => s.From).ThenBy(s => s.Id, StringComparer.Ordinal).Take(MostListed).ToList();
            var quiet = tally.Alerts.Standing.Where(a => a.Care.Mute == Mute.Silenced).GroupBy(a => a.Care.MutedBy!, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
            return (silences, quiet);
        });
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteNumber("now", host.Now);
            json.WriteStartArray("silences");
            foreach (var silence in all) Write(json, silence, host.Now, counts.GetValueOrDefault(silence.Id));
            json.WriteEndArray();
        });
    }

    private static async Task Open(HttpContext context)
    {
        var (body, problem) = await RequestBody.ReadAsync(context);
        if (problem is not null) { await problem.WriteAsync(context); return; }
        var host = Host(context);
        var wish = Read(body, context.KeyOf(), host.Now, out var fault);
        if (wish is null) { await fault!.WriteAsync(context); return; }
        var id = "S-" + Guid.NewGuid().ToString("N")[..8].ToUpperInvariant();
        await Offer(context, id, "silence.opened", json =>
        {
            json.WriteString("by", wish.By);
            json.WriteString("until", wish.Until);
            json.WriteString("reason", wish.Reason);
            foreach (var (name, texts) in new[] { ("rules", wish.Rules), ("lights", wish.Lights), ("departments", wish.Departments), ("subjects", wish.Subjects) })
            {
                if (texts is null) continue;
                json.WriteStartArray(name);
                foreach (var text in texts) json.WriteStringValue(text);
                json.WriteEndArray();
            }
        });
    }

    private static async Task End(HttpContext context)
    {
        var (body, problem) = await RequestBody.ReadAsync(context);
        if (problem is { Code: not "empty_body" }) { await problem.WriteAsync(context); return; }
        var act = Wish.Read(ActKind.Release, body, context.KeyOf(), out var fault);
        if (act is null) { await fault!.WriteAsync(context); return; }
        var (host, id) = (Host(context), (string)context.Request.RouteValues["id"]!);
        if (host.Read(tally => tally.Alerts.Silences.Find(id)) is not { } silence) { await new Problem(404, "no_such_silence", "No silence has this id.").WriteAsync(context); return; }
        if (silence.To <= host.Now) { await new Problem(409, "silence_over", "The silence is over.").WriteAsync(context); return; }
        await Offer(context, id, "silence.ended", json =>
        {
            json.WriteString("by", act.By);
            if (act.Words is { } note) json.WriteString("note", note);
        });
    }

    private static async Task Offer(HttpContext context, string id, string type, Action<Utf8JsonWriter> data)
    {
        var host = Host(context);
        if (host.Read(static tally => tally is not Shard)) { await new Problem(501, "not_here", "A cluster's node keeps no silences yet.").WriteAsync(context); return; }
        var e = ServerEvents.Make(AlertDesk.Source, Guid.NewGuid().ToString("N"), type, host.Now, "silence/" + id, data);
        var (refusal, _) = await host.OfferAsync([e], context.RequestAborted);
        if (refusal == Refusal.Full) { await new Problem(429, "full", "More events arrive than can be stored.", "", 1).WriteAsync(context); return; }
        if (refusal != Refusal.None) { await new Problem(503, "read_only", "Nothing can be stored at the moment.", "", 5).WriteAsync(context); return; }
        var silence = host.Read(tally => tally.Alerts.Silences.Find(id))!;
        await Reply.WriteAsync(context, type == "silence.opened" ? 201 : 200, "application/json", json =>
        {
            json.WritePropertyName("silence");
            Write(json, silence, host.Now, host.Read(tally => tally.Alerts.Standing.Count(a => a.Care.MutedBy == id)));
        });
    }

    private static void Write(Utf8JsonWriter json, Silence silence, long now, int alerts)
    {
        json.WriteStartObject();
        json.WriteString("id", silence.Id);
        json.WriteString("state", now < silence.To ? "open" : "over");
        json.WriteString("by", silence.What.By);
        json.WriteString("reason", silence.What.Reason);
        json.WriteNumber("from", silence.From);
        json.WriteNumber("until", silence.To);
        json.WriteString("ended_by", silence.EndedBy);
        json.WriteNumber("alerts", alerts);
        foreach (var (name, texts) in new[] { ("rules", silence.What.Rules), ("lights", silence.What.Lights), ("departments", silence.What.Departments), ("subjects", silence.What.Subjects) })
        {
            json.WriteStartArray(name);
            foreach (var text in texts ?? []) json.WriteStringValue(text);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    // A fault names the field and never its value.
    private static SilenceOpened? Read(ReadOnlyMemory<byte> body, ApiKey key, long now, out Problem? fault)
    {
        fault = null;
        try
        {
            using var document = JsonDocument.Parse(body, new() { MaxDepth = 4, AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) { fault = new(400, "bad_body", "The body is a JSON object."); return null; }
            var by = Wish.Text(root, "by", 100, ref fault) ?? key.Name;
            var reason = Wish.Text(root, "reason", 500, ref fault);
            if (reason is null) fault ??= new(400, "bad_field", "A silence needs a reason.", "/reason");
            var minutes = DefaultMinutes;
            if (root.TryGetProperty("minutes", out var sent) && (sent.ValueKind != JsonValueKind.Number || !sent.TryGetInt32(out minutes) || minutes is < 1 or > MostMinutes))
                fault ??= new(400, "bad_field", $"Minutes are a whole number from 1 to {MostMinutes}.", "/minutes");
            var texts = new List<string>?[Lists.Length];
            for (var i = 0; i < Lists.Length; i++) texts[i] = Texts(root, Lists[i], ref fault);
            if (Array.TrueForAll(texts, static t => t is null)) fault ??= new(400, "bad_field", "A silence of everything is a mistake: name rules, lights, departments or subjects.", "/departments");
            if (texts[1]?.Exists(static t => t is not ("red" or "yellow")) == true) fault ??= new(400, "bad_field", "Lights are red and yellow.", "/lights");
            return fault is null ? new(by, RowJson.Time(now + (minutes * 60_000L)), reason!, texts[0], texts[1], texts[2], texts[3]) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            fault = new(400, "malformed_json", "The body is not well-formed JSON.");
            return null;
        }
    }

    private static List<string>? Texts(JsonElement root, string name, ref Problem? fault)
    {
        if (!root.TryGetProperty(name, out var sent) || sent.ValueKind == JsonValueKind.Null || (sent.ValueKind == JsonValueKind.Array && sent.GetArrayLength() == 0)) return null;
        if (sent.ValueKind == JsonValueKind.Array && sent.GetArrayLength() <= MostTexts
            && sent.EnumerateArray().All(static t => t.ValueKind == JsonValueKind.String && t.GetString() is { Length: > 0 and <= MostChars } text && !text.Any(char.IsControl)))
            return [.. sent.EnumerateArray().Select(static t => t.GetString()!)];
        fault ??= new(400, "bad_field", $"The field is a list of up to {MostTexts} texts.", "/" + name);
        return null;
    }
}
