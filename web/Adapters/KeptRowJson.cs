using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// A kept row as a line: <c>at</c>, <c>reason</c>, <c>raw</c>, and what else the row was: <c>as</c> (<c>form</c>, <c>event</c>), <c>line</c>,
/// <c>turn</c>, <c>headers</c>, each left out where it says nothing. (docs: adapters)
/// </summary>
internal static class KeptRowJson
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text(KeptRow row)
    {
        using var buffer = new MemoryStream(row.Raw.Length + 256);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("at", row.At.UtcDateTime.ToString(Time, CultureInfo.InvariantCulture));
            json.WriteString("reason", row.Reason);
            json.WriteString("raw", row.Raw);
            if (row.As != KeptAs.Row) json.WriteString("as", row.As == KeptAs.Form ? "form" : "event");
            if (row.Line != 1) json.WriteNumber("line", row.Line);
            if (row.Turn != 0) json.WriteNumber("turn", row.Turn);
            if (row.Headers is { Count: > 0 } headers)
            {
                json.WriteStartObject("headers");
                foreach (var (name, value) in headers) json.WriteString(name, value);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <returns>null for a line that is none, as a crash may leave it</returns>
    public static KeptRow? Read(string line)
    {
        try
        {
            var row = JsonElement.Parse(line);
            return new(
                DateTimeOffset.ParseExact(row.GetProperty("at").GetString()!, Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
                row.GetProperty("reason").GetString()!, row.GetProperty("raw").GetString()!,
                !row.TryGetProperty("as", out var kind) ? KeptAs.Row : kind.GetString() == "form" ? KeptAs.Form : KeptAs.Event)
            {
                Line = row.TryGetProperty("line", out var number) ? number.GetInt64() : 1,
                Turn = row.TryGetProperty("turn", out var turn) ? turn.GetInt64() : 0,
                Headers = row.TryGetProperty("headers", out var headers)
                    ? headers.EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!, StringComparer.OrdinalIgnoreCase) : null,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null;
        }
    }
}
