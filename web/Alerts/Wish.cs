using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;

namespace OpsMonitor.Web.Alerts;

internal enum ActKind { Acknowledge, Shelve, Release }

/// <summary>What somebody wants done with an alert. <see cref="KeyId"/> is kept with it: the name is what he says, the key what he has.</summary>
internal sealed record Wish(ActKind Kind, string By, int Minutes, string? Words, string KeyId)
{
    private const int MaxName = 100, MaxWords = 500;

    /// <summary>Null and a fault for what does not mean anything; the fault names the field and never its value.</summary>
    public static Wish? Read(ActKind kind, ReadOnlyMemory<byte> body, ApiKey key, out Problem? fault)
    {
        fault = null;
        try
        {
            using var document = JsonDocument.Parse(body.Length == 0 ? "{}"u8.ToArray() : body, new() { MaxDepth = 4, AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) { fault = new(400, "bad_body", "The body is a JSON object."); return null; }
            var by = Text(root, "by", MaxName, ref fault) ?? key.Name;
            var text = Text(root, kind == ActKind.Shelve ? "reason" : "note", MaxWords, ref fault);
            if (kind == ActKind.Shelve && text is null) fault ??= new(400, "bad_field", "To shelve an alert needs a reason.", "/reason");
            var minutes = (int)(AlertCare.DefaultMs / 60_000);
            if (root.TryGetProperty("minutes", out var sent) && (sent.ValueKind != JsonValueKind.Number || !sent.TryGetInt32(out minutes) || minutes is < 1 or > (int)(AlertCare.LongestMs / 60_000)))
                fault ??= new(400, "bad_field", "Minutes are a whole number from 1 to 1440.", "/minutes");
            return fault is null ? new(kind, by, minutes, text, key.Id) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            fault = new(400, "malformed_json", "The body is not well-formed JSON.");
            return null;
        }
    }

    internal static string? Text(JsonElement root, string name, int max, ref Problem? fault)
    {
        if (!root.TryGetProperty(name, out var sent) || sent.ValueKind == JsonValueKind.Null) return null;
        if (sent.ValueKind == JsonValueKind.String && sent.GetString() is { } text && text.Trim().Length is > 0 and var length && length <= max && !text.Any(char.IsControl)) return text.Trim();
        fault ??= new(400, "bad_field", $"The field is text of 1 to {max} characters, none of them a control character.", "/" + name);
        return null;
    }
}
