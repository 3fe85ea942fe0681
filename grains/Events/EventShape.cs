using System.Text.Json;
using System.Text.Unicode;

namespace OpsMonitor.Grains.Events;

/// <summary>Everything that can be said about an event's bytes before anyone asks what they mean.</summary>
internal static class EventShape
{
    public const int MaxBytes = 64 * 1024;
    public const int MaxDepth = 32;
    private const int MaxNameInPointer = 128;

    private static readonly JsonReaderOptions Scan = new() { MaxDepth = int.MaxValue };
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
    private static readonly JsonDocumentOptions Loose = new() { MaxDepth = MaxDepth };

    /// <summary>The parsed document, or null and why not. The caller disposes the document.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> json, out EventError? error)
    {
        error = Check(json.Span);
        if (error is not null) return null;
        try
        {
            return JsonDocument.Parse(json, Strict);
        }
        catch (JsonException) // well formed and shallow enough: only a repeated key is left
        {
            using var loose = JsonDocument.Parse(json, Loose);
            error = new("duplicate_key", Duplicate(loose.RootElement, "") ?? "", "An object has the same key twice.", null);
            return null;
        }
    }

    private static EventError? Check(ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxBytes) return new("too_large", "", "An event has at most 64 KiB.", null);
        if (!Utf8.IsValid(json)) return Malformed("The event is not valid UTF-8.");
        try
        {
            var reader = new Utf8JsonReader(json, Scan);
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= MaxDepth)
                    return new("too_deep", "", "An event is nested at most 32 levels deep.", null);
                // Half a surrogate pair passes the tokenizer and would only fail when the text is first read.
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) _ = reader.GetString();
            }
            return null;
        }
        catch (JsonException)
        {
            return Malformed("The event is not well-formed JSON.");
        }
        catch (InvalidOperationException)
        {
            return Malformed("The event has an escape that is no character.");
        }
    }

    private static EventError Malformed(string detail) => new("malformed_json", "", detail, null);

    private static string? Duplicate(JsonElement value, string at)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var p in value.EnumerateObject())
            {
                var here = p.Name.Length > MaxNameInPointer ? at : $"{at}/{JsonPointer.Escape(p.Name)}";
                if (!seen.Add(p.Name)) return here;
                if (Duplicate(p.Value, here) is { } found) return found;
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            var i = 0;
            foreach (var item in value.EnumerateArray())
                if (Duplicate(item, $"{at}/{i++}") is { } found) return found;
        }
        return null;
    }
}
