using System.Globalization;
using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Channels;

namespace OpsMonitor.Web.Out;

/// <summary>
/// What OpsMonitor itself publishes, in the envelope in which it is told things: CloudEvents 1.0. A change of an alert is one or two events; type, id and
/// content follow from the change alone, so that whoever is told twice, by a webhook or the stream, finds the same id. (spec: events)
/// </summary>
internal static class OwnEvents
{
    public const string Source = "opsmonitor";

    public static readonly IReadOnlyList<string> Types =
    [
        "alert.acknowledged", "alert.cleared", "alert.escalated", "alert.raised", "alert.shelved", "callback.missed", "cluster.closed", "cluster.opened", "sla.breached", "sla.warned",
    ];

    /// <summary>What a change says: that something came to be comes before that somebody is to act on it.</summary>
    public static IReadOnlyList<string> TypesOf(Notice n)
    {
        if (n.State != AlertState.Raised) return n.Rule == "bulk_complaint" ? ["cluster.closed", "alert.cleared"] : ["alert.cleared"];
        if (n.At == n.Since)
            return n.Rule switch
            {
                "clock_warning" => ["sla.warned", "alert.raised"],
                "clock_breach" => ["sla.breached", "alert.raised"],
                "callback_missed" => ["callback.missed", "alert.raised"],
                "bulk_complaint" => ["cluster.opened", "alert.raised"],
                _ => ["alert.raised"],
            };
        return n.Hold switch { Hold.Acknowledged => ["alert.acknowledged"], Hold.Shelved => ["alert.shelved"], _ => ["alert.escalated"] };
    }

    /// <summary>The same for the same change, whoever asks and how often.</summary>
    public static string IdOf(Notice n, string type) => string.Create(CultureInfo.InvariantCulture, $"{n.Alert}.{type}.{n.At}");

    /// <summary>The event as JSON in UTF-8. It happened when it was true, not when it was noticed.</summary>
    /// <param name="link">where people read of it; null for none</param>
    public static byte[] Write(Notice n, string type, string? link)
    {
        var happened = type is "sla.breached" or "sla.warned" or "callback.missed" or "cluster.opened" ? n.RaisedAt : n.At;
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("specversion", "1.0");
            json.WriteString("id", IdOf(n, type));
            json.WriteString("source", Source);
            json.WriteString("type", type);
            json.WriteString("time", Time(happened));
            json.WriteString("timestamp", Time(n.At)); // what readers of Standard Webhooks look for
            json.WriteString("subject", n.Subject);
            if (n.Department is { } department) json.WriteString("departmentid", department);
            json.WriteStartObject("data");
            json.WriteString("alert", n.Alert);
            json.WriteString("code", n.Code);
            json.WriteString("state", n.StateName);
            json.WriteString("priority", n.Priority);
            json.WriteString("rule", n.Rule);
            json.WriteString("clock", n.Clock);
            json.WriteString("due_at", Time(n.DueAt));
            json.WriteString("raised_at", Time(n.RaisedAt));
            json.WriteString("noticed_at", Time(n.NoticedAt));
            json.WriteString("by", n.By);
            json.WriteNumber("steps", n.Taken.Count);
            json.WriteString("told", n.Taken.Count > 0 ? n.Taken[^1] : null);
            json.WriteString("link", link);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private static string Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>Programs that want every event, not what a person should hear: channels of the kind <c>events</c>. No ladder, mute or working hours holds them up.</summary>
internal static class Subscriptions
{
    public const string Kind = "events";

    public static IEnumerable<Letter> Of(ChannelSettings settings, Notice n)
    {
        foreach (var channel in settings.Channels.Values)
        {
            if (channel.Kind != Kind || (channel.Departments.Count > 0 && (n.Department is null || !channel.Departments.Contains(n.Department, StringComparer.Ordinal)))) continue;
            foreach (var type in OwnEvents.TypesOf(n))
                if (channel.Types.Count == 0 || channel.Types.Contains(type, StringComparer.Ordinal))
                    yield return new(OwnEvents.IdOf(n, type), channel.Id, Planner.LaneOf(n.Alert, channel.Id, null), null, LetterKind.Event, type, Why.FirstTime, null, n, n.At, false);
        }
    }
}
