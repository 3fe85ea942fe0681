using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime.Text;

namespace OpsMonitor.Web.Adapters;

public enum ValueKind { AsFound, Text, Number, Boolean, List }

/// <summary>The unit of a duration that a sender writes; what comes out is seconds.</summary>
public enum DurationUnit { Milliseconds, Seconds, Minutes, Hours, Clock }

/// <summary>
/// How one field of <c>data</c> comes about: where the value is from (a constant, the first of some fields that has one, a template, parts put
/// together, a time), then a table of words, then a unit or a kind, and a default where nothing was found.
/// </summary>
public sealed record FieldValue
{
    private static readonly InstantPattern Rfc3339 = InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm:ss.fff'Z'");

    public JsonNode? Constant { get; init; }

    public IReadOnlyList<string> Fields { get; init; } = [];

    /// <summary>Parts put together; one part is a plain template.</summary>
    public IReadOnlyList<Template> Parts { get; init; } = [];

    public FieldTime? Time { get; init; }

    /// <summary>Word of the sender to value; a null value is: say nothing.</summary>
    public IReadOnlyDictionary<string, JsonNode?>? Map { get; init; }

    public bool HasDefault { get; init; }

    public JsonNode? Default { get; init; }

    public DurationUnit? Unit { get; init; }

    public ValueKind Kind { get; init; }

    public bool Slug { get; init; }

    /// <summary>The value for a row, null for none; <paramref name="why"/> where the row has one that cannot be taken.</summary>
    public JsonNode? Of(Row row, out string? why)
    {
        why = null;
        if (Constant is not null) return Constant.DeepClone();
        if (Time is not null) return Time.At(row, out why) is { } at ? Rfc3339.Format(at) : Otherwise(row, ref why);
        if (Found(row) is not { } found) return Default?.DeepClone();
        if (Map is not null)
        {
            var word = Row.TextOf(found);
            if (word is not null && Map.TryGetValue(word, out var mapped)) return mapped?.DeepClone();
            if (HasDefault) return Default?.DeepClone();
            why = "is not in the table of words, and there is no default";
            return null;
        }
        return Converted(found, out why);
    }

    private JsonNode? Otherwise(Row row, ref string? why)
    {
        if (!HasDefault && Fields.Any(f => row.Find(f) is not null)) return null; // there, but no time: the reason stands
        why = null;
        return Default?.DeepClone();
    }

    private JsonElement? Found(Row row)
    {
        foreach (var path in Fields)
            if (row.Find(path) is { } value) return value;
        if (Parts.Count == 0) return null;
        var texts = Parts.Select(p => p.Fill(row, out _)).ToList();
        return texts.Contains(null) ? null : JsonSerializer.SerializeToElement(string.Concat(texts), TextJson.Default.String);
    }

    private JsonNode? Converted(JsonElement found, out string? why)
    {
        why = null;
        if (Unit is { } unit) return Seconds(found, unit) is { } s ? JsonValue.Create(s) : Not("a duration", out why);
        if (Slug) return Conversion.LogText.Slug(Row.TextOf(found)) is { } slug ? JsonValue.Create(slug) : null;
        switch (Kind)
        {
            case ValueKind.Text: return Row.TextOf(found) is { } text ? JsonValue.Create(text) : Not("a text", out why);
            case ValueKind.Number: return Number(found) is { } n ? JsonValue.Create(n) : Not("a number", out why);
            case ValueKind.Boolean: return Boolean(found) is { } b ? JsonValue.Create(b) : Not("yes or no", out why);
            case ValueKind.List: return found.ValueKind == JsonValueKind.Array ? Node(found) : new JsonArray(Node(found));
            default: return Node(found);
        }
    }

    private static JsonNode? Node(JsonElement value) => value.ValueKind == JsonValueKind.String ? JsonValue.Create(value.GetString()!.Trim()) : JsonNode.Parse(value.GetRawText());

    private static JsonNode? Not(string what, out string? why)
    {
        why = $"is not {what}";
        return null;
    }

    private static decimal? Number(JsonElement value) =>
        decimal.TryParse(Row.TextOf(value), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : null;

    private static bool? Boolean(JsonElement value) => Row.TextOf(value)?.ToLowerInvariant() switch
    {
        "true" or "yes" or "1" => true,
        "false" or "no" or "0" => false,
        _ => null,
    };

    private static decimal? Seconds(JsonElement value, DurationUnit unit)
    {
        if (unit == DurationUnit.Clock) return Clock(Row.TextOf(value));
        if (Number(value) is not { } n || n is < 0 or >= 1_000_000_000m) return null;
        return unit switch
        {
            DurationUnit.Milliseconds => n / 1000m,
            DurationUnit.Minutes => n * 60m,
            DurationUnit.Hours => n * 3600m,
            _ => n,
        };
    }

    /// <summary>H:MM:SS or MM:SS.</summary>
    private static decimal? Clock(string? text)
    {
        if (text?.Split(':') is not { Length: 2 or 3 } parts) return null;
        decimal seconds = 0;
        foreach (var part in parts)
        {
            if (!decimal.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n) || n > 1_000_000) return null;
            seconds = (seconds * 60) + n;
        }
        return seconds;
    }
}
