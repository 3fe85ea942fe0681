using System.Text;
using System.Text.Json.Nodes;

namespace OpsMonitor.Tests.Web;

/// <summary>Requests that are wrong in one known way each, made from a good event and a seed.</summary>
internal static class Malformed
{
    public sealed record Request(string Kind, byte[] Body, string? ContentType, bool Batch);

    private const string One = "application/cloudevents+json", Many = "application/cloudevents-batch+json";
    private static readonly string[] Needed = ["specversion", "id", "source", "type", "time", "subject"];
    private static readonly (string Type, string Data, string[] Required)[] Types =
    [
        ("ticket.created", """{"kind":"complaint","channel":"phone","priority":2,"due_at":"2026-03-01T10:00:00Z"}""", ["kind", "channel"]),
        ("contact.queued", """{"queue_id":"q-1","priority":1}""", ["queue_id"]),
        ("callback.attempted", """{"attempt":1,"outcome":"busy","started_at":"2026-03-01T10:00:00Z"}""", ["attempt", "outcome"]),
        ("ticket.dispatched", """{"dispatch_id":"d-1","department_id":"billing","role":"lead"}""", ["dispatch_id", "department_id", "role"]),
    ];

    public static string Good(Random random, string id)
    {
        var (type, data, _) = Types[random.Next(Types.Length)];
        return Event(type, data, id).ToJsonString();
    }

    /// <summary>The id of every event here begins with "bad-", so that a sink can tell.</summary>
    public static Request Next(Random random, int n)
    {
        var (type, data, required) = Types[random.Next(Types.Length)];
        var e = Event(type, data, $"bad-{n}");
        var fields = e["data"]!.AsObject();
        T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];
        byte[] Text() => Encoding.UTF8.GetBytes(e.ToJsonString());
        string? contentType = One;
        byte[]? body = null;
        var kind = Pick(["drop attribute", "null attribute", "retype attribute", "drop field", "null field", "retype field", "no offset", "control", "duplicate", "deep", "bad utf-8", "half surrogate", "content type", "truncated", "subject", "sequence", "data", "huge"]);
        switch (kind)
        {
            case "drop attribute": e.Remove(Pick(Needed)); break;
            case "null attribute": e[Pick(Needed)] = null; break;
            case "retype attribute": e[Pick(Needed)] = Pick<Func<JsonNode>>([() => 7, () => true, () => new JsonObject(), () => new JsonArray(1)])(); break;
            case "drop field": fields.Remove(Pick(required)); break;
            case "null field": fields[Pick(required)] = null; break;
            case "retype field": fields[Pick(required)] = Pick<Func<JsonNode>>([() => true, () => new JsonObject(), () => new JsonArray("x"), () => 1e300])(); break;
            case "no offset": e["time"] = Pick(["2026-03-01T09:00:00", "2026-03-01", "2026-03-01T09:00:00+8", "1772355600", "yesterday"]); break;
            case "control": e[Pick(["id", "source", "type", "subject"])] = "ticket/bad-\0" + (char)random.Next(32); break;
            case "duplicate": body = Encoding.UTF8.GetBytes(e.ToJsonString()[..^1] + $",\"{Pick(Needed)}\":\"bad-again\"}}"); break;
            case "deep": fields["deep"] = JsonNode.Parse(new string('[', 40) + new string(']', 40)); break;
            case "bad utf-8": body = Text(); body[Encoding.UTF8.GetString(body).IndexOf("bad-", StringComparison.Ordinal) + 1] = (byte)random.Next(0x80, 0x100); break;
            case "half surrogate": body = Encoding.UTF8.GetBytes(e.ToJsonString().Replace("bad-", "bad-\\ud83d", StringComparison.Ordinal)); break;
            case "content type": contentType = Pick([null, "", "text/plain", "application/json", "application/xml", "application/cloudevents+xml", One + "; charset=utf-16", ";;;"]); break;
            case "truncated": body = Text(); body = body[..random.Next(body.Length)]; break;
            case "subject": e["subject"] = Pick(["", "/", "ticket", "ticket/", "order/1", "survey/1", "Ticket/1", "ticket/" + new string('x', 257)]); break;
            case "sequence": e["sequence"] = Pick<Func<JsonNode>>([() => -1, () => 1.5m, () => "x", () => "", () => "99999999999999999999", () => true])(); break;
            case "data": e["data"] = Pick<Func<JsonNode?>>([() => null, () => 1, () => "x", () => new JsonArray()])(); break;
            default: fields["x"] = new string('x', 70_000); break;
        }
        body ??= Text();
        // A content type or an end that is missing is a fault of the whole request; the others may sit in a batch.
        var batch = kind is not ("content type" or "truncated") && random.Next(3) == 0;
        return batch
            ? new(kind, [.. "["u8, .. Encoding.UTF8.GetBytes(Good(random, $"good-{n}")), (byte)',', .. body, (byte)']'], Many, true)
            : new(kind, body, contentType, false);
    }

    private static JsonObject Event(string type, string data, string id) => new()
    {
        ["specversion"] = "1.0",
        ["id"] = id,
        ["source"] = "/pbx",
        ["type"] = type,
        ["time"] = "2026-03-01T09:00:00+08:00",
        ["subject"] = type[..type.IndexOf('.', StringComparison.Ordinal)] + "/1",
        ["data"] = JsonNode.Parse(data),
    };
}
