using System.Globalization;
using System.Text.Json.Nodes;

namespace OpsMonitor.Web.Send;

/// <summary>Moves the times of one event: its own, and the promises inside its data that only make sense relative to it.</summary>
internal static class TimeShift
{
    private static readonly string[] DataFields =
        ["due_at", "received_at", "window_start", "window_end", "started_at", "next_update_at", "until"];

    /// <summary>When the event happened; null where <c>time</c> is missing or no RFC 3339 time with offset.</summary>
    public static DateTimeOffset? TimeOf(JsonObject e) => Parse(e["time"]);

    /// <summary>A field that holds no time stays as it is: the server is the one to judge it.</summary>
    public static void Apply(JsonObject e, TimeSpan by)
    {
        Move(e, "time", by);
        if (e["data"] is not JsonObject data) return;
        foreach (var field in DataFields) Move(data, field, by);
    }

    private static void Move(JsonObject holder, string field, TimeSpan by)
    {
        if (Parse(holder[field]) is not { } time) return;
        holder[field] = (time + by).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
    }

    private static DateTimeOffset? Parse(JsonNode? node)
    {
        if (node is not JsonValue value || !value.TryGetValue<string>(out var text)) return null;
        // Shorter than this it has no time or no offset, and a machine's own zone must not decide.
        if (text.Length < "2026-01-01T00:00:00Z".Length || !HasOffset(text)) return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
    }

    private static bool HasOffset(string text) => text[^1] is 'Z' or 'z' || text[^6] is '+' or '-';
}
