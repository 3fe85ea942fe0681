using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// One thing that a sender told: the body of a request, a line of a file, a row of a table. Fields are found by path: names joined by dots, a
/// number for an element of a list; a text that holds JSON can be walked into. (docs: adapters)
/// </summary>
/// <param name="Line">from 1; the place in a file or in a body with several</param>
/// <param name="Missing">texts that mean: no value</param>
public sealed record Row(JsonElement Body, long Line, DateTimeOffset Arrival, IReadOnlyList<string> Missing)
{
    /// <summary>How many rows of the same key came before, those ignored not counted.</summary>
    public long Number { get; init; }

    /// <summary>What the row is about; null where rows stand alone.</summary>
    public string? Key { get; init; }

    /// <summary>The row of the same key before this one; null for the first, and where rows have no key.</summary>
    public JsonElement? Previous { get; init; }

    /// <summary>How many requests of the same millisecond came before its own.</summary>
    public long Turn { get; init; }

    /// <summary>Headers of the request, without those that authenticate.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>16 hex digits of the SHA-256 of the body: the same body, the same digits.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Body.GetRawText())).AsSpan(0, 8));

    /// <summary>The value at a path; null where there is none, it is null, or it is one of the texts that mean none.</summary>
    public JsonElement? Find(string path)
    {
        if (!path.StartsWith('$')) return Given(Walk(Body, path));
        if (path.StartsWith("$previous.", StringComparison.Ordinal)) return Previous is { } before ? Given(Walk(before, path[10..])) : null;
        return Special(path) is { } text ? JsonSerializer.SerializeToElement(text, TextJson.Default.String) : null;
    }

    /// <summary>The value at a path as text; null as <see cref="Find"/>, and for an object or a list.</summary>
    public string? Text(string path) => Find(path) is { } value ? TextOf(value) : null;

    internal static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!.Trim(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    private string? Special(string path) => path switch
    {
        "$row" => Number.ToString(CultureInfo.InvariantCulture),
        "$line" => Line.ToString(CultureInfo.InvariantCulture),
        "$hash" => Hash,
        "$key" => Key,
        _ when path.StartsWith("$header.", StringComparison.Ordinal) => Headers?.GetValueOrDefault(path[8..]),
        _ => null,
    };

    private JsonElement? Given(JsonElement? value) => value switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.String } text when text.GetString()!.Trim() is var t && (t.Length == 0 || Missing.Contains(t)) => null,
        _ => value,
    };

    private static JsonElement? Walk(JsonElement at, string path)
    {
        if (at.ValueKind == JsonValueKind.String) return Inside(at.GetString()!) is { } inner ? Walk(inner, path) : null;
        // A column may have a dot in its name: the whole path is tried first.
        if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(path, out var whole)) return whole;
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        var name = dot < 0 ? path : path[..dot];
        var step = at.ValueKind switch
        {
            JsonValueKind.Object => at.TryGetProperty(name, out var child) ? child : (JsonElement?)null,
            JsonValueKind.Array when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < at.GetArrayLength() => at[i],
            _ => null,
        };
        return dot < 0 || step is null ? step : Walk(step.Value, path[(dot + 1)..]);
    }

    private static JsonElement? Inside(string text)
    {
        if (text.Length == 0 || text[0] is not ('{' or '[')) return null;
        var (body, broken) = Bodies.Parse(text);
        return broken is null ? body : null;
    }
}
