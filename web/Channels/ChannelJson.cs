using System.Text.Json;
using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Web.Channels;

/// <summary>Channels, letters and decisions as the API shows them. Times in Unix ms.</summary>
internal static class ChannelJson
{
    /// <summary>The wall itself: it needs no setting and tells whoever looks.</summary>
    public static void Web(Utf8JsonWriter json, long pending)
    {
        json.WriteStartObject();
        json.WriteString("id", OutboxRow.Web);
        json.WriteString("kind", OutboxRow.Web);
        json.WriteString("state", "ok");
        json.WriteNumber("waiting", pending);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, ChannelEntry channel, LetterTable table, SecretBox secrets)
    {
        var state = table.StateOf(channel.Id);
        json.WriteStartObject();
        json.WriteString("id", channel.Id);
        json.WriteString("kind", channel.Kind);
        json.WriteString("language", channel.Language);
        json.WriteString("zone", channel.Zone.Id);
        json.WriteString("state", state.DisabledAt is not null ? "off" : state.FailedAt > (state.SentAt ?? 0) ? "failing" : state.SentAt is null ? "untried" : "ok");
        json.WriteString("off_because", state.DisabledWhy);
        Time(json, "sent_at", state.SentAt);
        Time(json, "failed_at", state.FailedAt);
        json.WriteString("failed_with", state.Detail);
        json.WriteNumber("waiting", table.Count(channel.Id, LetterState.Waiting));
        json.WriteNumber("retrying", table.CountRetrying(channel.Id));
        json.WriteNumber("dead", table.Count(channel.Id, LetterState.Dead));
        Time(json, "next_at", table.NextAt(channel.Id));
        Secrets(json, channel, secrets);
        json.WriteEndObject();
    }

    /// <summary>Which are set; never what they are.</summary>
    public static void Secrets(Utf8JsonWriter json, ChannelEntry channel, SecretBox secrets)
    {
        json.WriteStartObject("secrets");
        foreach (var name in ChannelKinds.ByName[channel.Kind].Secrets) json.WriteBoolean(name, secrets.Has(channel.Id, name));
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, StoredLetter letter)
    {
        var l = letter.Letter;
        json.WriteStartObject();
        json.WriteNumber("letter", letter.Id);
        json.WriteString("key", l.Key);
        json.WriteString("code", l.Notice.Code);
        json.WriteString("alert_state", l.Notice.StateName);
        json.WriteString("contact", l.Contact);
        json.WriteString("to", l.Level);
        json.WriteString("why", Telling.NameOf(l.Why));
        json.WriteNumber("at", l.Notice.At);
        json.WriteString("state", LetterTable.NameOf(letter.State));
        json.WriteNumber("attempts", letter.Attempts);
        Time(json, "next_at", letter.State == LetterState.Waiting ? letter.NextAt : null);
        Time(json, "done_at", letter.DoneAt);
        json.WriteString("last", letter.Last);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, Decision decision, IReadOnlyList<Contact> people)
    {
        json.WriteStartObject();
        json.WriteNumber("at", decision.At);
        json.WriteString("channel", decision.Channel);
        json.WriteString("contact", decision.Contact is { } id ? people.FirstOrDefault(p => p.Id == id)?.Name ?? id : null);
        json.WriteString("to", decision.Level);
        json.WriteBoolean("told", decision.Tells);
        json.WriteString("why", Telling.NameOf(decision.Why));
        Time(json, "until", decision.Until);
        json.WriteEndObject();
    }

    private static void Time(Utf8JsonWriter json, string name, long? at)
    {
        if (at is { } ms) json.WriteNumber(name, ms); else json.WriteNull(name);
    }
}
