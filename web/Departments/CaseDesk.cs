using System.Buffers;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Departments;

/// <summary>Where accountability records and improvements are kept: each step is an event of the vocabulary, durable before the answer.</summary>
internal static class CaseDesk
{
    public const string Source = "/opsmonitor/departments";

    private const int MaxId = 100, MaxWords = 500, MaxTickets = 200;

    private static readonly string[] Fields = ["cluster_id", "root_cause", "measure", "owner"];

    public static async Task Act(HttpContext context, SubjectKind kind)
    {
        var (body, problem) = await RequestBody.ReadAsync(context);
        if (problem is not null) { await problem.WriteAsync(context); return; }
        var (host, department) = (context.RequestServices.GetRequiredService<IOpsHost>(), (string)context.Request.RouteValues["id"]!);
        if (Read(body, kind, department, host.Now, context.KeyOf(), out var fault) is not { } e) { await fault!.WriteAsync(context); return; }
        var (refusal, _) = await host.OfferAsync([e], context.RequestAborted);
        if (refusal != Silo.Local.Refusal.None) { await new Problem(503, "read_only", "Nothing can be stored at the moment.", "", 5).WriteAsync(context); return; }
        await Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteString("id", e.Subject.Id);
            json.WriteString("type", e.Type);
            RowJson.WriteTime(json, "at", e.At);
        });
    }

    /// <summary>Null and a fault for what does not mean anything; the fault names the field and never its value.</summary>
    internal static Event? Read(ReadOnlyMemory<byte> body, SubjectKind kind, string department, long now, ApiKey key, out Problem? fault)
    {
        fault = null;
        try
        {
            using var document = JsonDocument.Parse(body, new() { MaxDepth = 4, AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) { fault = new(400, "bad_body", "The body is a JSON object."); return null; }
            var step = root.TryGetProperty("step", out var said) && said.ValueKind == JsonValueKind.String ? said.GetString() : null;
            string[] steps = kind == SubjectKind.Accountability ? ["opened", "found", "closed"] : ["opened", "closed", "verified"];
            if (step is null || !steps.Contains(step)) { fault = new(400, "bad_field", $"The step is one of {string.Join(", ", steps)}.", "/step"); return null; }
            var id = Text(root, "id", MaxId, ref fault);
            if (id is null && step != "opened") fault ??= new(400, "bad_field", "A record that is open is named by its id.", "/id");
            var due = Text(root, "due_at", 40, ref fault);
            if (due is not null && !Rfc3339.TryParse(due, out _)) fault ??= new(400, "bad_field", "The time is RFC 3339.", "/due_at");
            var tickets = Tickets(root, ref fault);
            var texts = new List<(string Name, string? Text)>();
            foreach (var field in Fields) texts.Add((field, Text(root, field, MaxWords, ref fault)));
            if (fault is not null) return null;
            var kindName = kind == SubjectKind.Accountability ? "accountability" : "improvement";
            var buffer = new ArrayBufferWriter<byte>(512);
            using (var json = new Utf8JsonWriter(buffer)) Write(json);
            return EventReader.Read(buffer.WrittenMemory).Event ?? throw new InvalidOperationException("an own event cannot be read");

            void Write(Utf8JsonWriter json)
            {
                json.WriteStartObject();
                json.WriteString("specversion", "1.0");
                json.WriteString("id", Guid.NewGuid().ToString("N"));
                json.WriteString("source", Source);
                json.WriteString("type", $"{kindName}.{step}");
                json.WriteString("time", RowJson.Time(now));
                json.WriteString("subject", $"{kindName}/{id ?? Guid.NewGuid().ToString("N")[..8]}");
                json.WriteStartObject("data");
                json.WriteString("department_id", department);
                json.WriteString("key", key.Id);
                foreach (var (name, text) in texts)
                    if (text is not null) json.WriteString(name, text);
                if (kind == SubjectKind.Improvement && texts.All(t => t.Name != "owner" || t.Text is null)) json.WriteString("owner", key.Name);
                if (due is not null) json.WriteString("due_at", due);
                if (tickets.Count > 0)
                {
                    json.WriteStartArray("ticket_ids");
                    foreach (var ticket in tickets) json.WriteStringValue(ticket);
                    json.WriteEndArray();
                }
                json.WriteEndObject();
                json.WriteEndObject();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            fault = new(400, "malformed_json", "The body is not well-formed JSON.");
            return null;
        }
    }

    private static List<string> Tickets(JsonElement root, ref Problem? fault)
    {
        var all = new List<string>();
        if (!root.TryGetProperty("ticket_ids", out var sent) || sent.ValueKind == JsonValueKind.Null) return all;
        if (sent.ValueKind == JsonValueKind.Array && sent.GetArrayLength() <= MaxTickets)
        {
            foreach (var one in sent.EnumerateArray())
                if (one.ValueKind == JsonValueKind.String && one.GetString() is { Length: > 0 and <= 256 } id && !id.Any(char.IsControl)) all.Add(id);
            if (all.Count == sent.GetArrayLength()) return all;
        }
        fault ??= new(400, "bad_field", "Tickets are a list of at most 200 ids.", "/ticket_ids");
        return all;
    }

    private static string? Text(JsonElement root, string name, int max, ref Problem? fault)
    {
        if (!root.TryGetProperty(name, out var sent) || sent.ValueKind == JsonValueKind.Null) return null;
        if (sent.ValueKind == JsonValueKind.String && sent.GetString() is { } text && text.Trim() is { Length: > 0 } trimmed && trimmed.Length <= max && !trimmed.Any(char.IsControl)) return trimmed;
        fault ??= new(400, "bad_field", $"The field is text of 1 to {max} characters, none of them a control character.", "/" + name);
        return null;
    }
}
