using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace OpsMonitor.Web.Adapters;

/// <summary>What stands in a body: JSON, one thing or a list of them, or the fields of a form.</summary>
internal static class Bodies
{
    /// <returns>the element, or an empty one and what is wrong</returns>
    public static (JsonElement Body, string? Broken) Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 32 });
            if (HasHalfCharacters(text, document.RootElement)) return (default, "a text in it ends within a character");
            return document.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array
                ? (document.RootElement.Clone(), null)
                : (default, "no JSON object");
        }
        catch (JsonException)
        {
            return (default, "not well-formed JSON");
        }
    }

    // Well-formed, and yet no reader can have the text: half of a surrogate pair, as senders make it that cut texts to a length.
    private static bool HasHalfCharacters(string text, JsonElement root)
    {
        if (!text.Contains("\\ud", StringComparison.OrdinalIgnoreCase)) return false;
        try { Walk(root); }
        catch (InvalidOperationException) { return true; }
        return false;

        static void Walk(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.String) element.GetString();
            if (element.ValueKind == JsonValueKind.Array) foreach (var item in element.EnumerateArray()) Walk(item);
            if (element.ValueKind != JsonValueKind.Object) return;
            foreach (var property in element.EnumerateObject())
            {
                _ = property.Name;
                Walk(property.Value);
            }
        }
    }

    public static IEnumerable<JsonElement> Items(JsonElement body) => body.ValueKind == JsonValueKind.Array ? body.EnumerateArray() : [body];

    /// <summary>A field that stands several times counts with its first value.</summary>
    public static JsonElement Form(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in QueryHelpers.ParseQuery(text)) fields[name] = values.Count > 0 ? values[0] ?? "" : "";
        return TextJson.Object(fields);
    }
}
