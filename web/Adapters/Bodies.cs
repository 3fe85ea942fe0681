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
            return document.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array
                ? (document.RootElement.Clone(), null)
                : (default, "no JSON object");
        }
        catch (JsonException)
        {
            return (default, "not well-formed JSON");
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
