using System.Buffers;
using System.Text.Json;

namespace OpsMonitor.Grains.Alerts;

/// <summary>
/// One change of one alert that one channel must tell. Nothing in it depends on the time of sending or on an attempt, so whoever is told twice
/// finds the same <see cref="Alert"/>, <see cref="State"/> and <see cref="At"/>, and shows it once. (design: Exactly once)
/// </summary>
/// <param name="Alert">the alert's <see cref="AlertKey.Id"/></param>
/// <param name="Code">the name that people say</param>
/// <param name="At">Unix ms of the turn that made the change; not the instant of the breach, which the payload has</param>
/// <param name="Payload">compact JSON in UTF-8: the alert as it was then, since it may have changed again before it is sent</param>
public sealed record OutboxRow(string Channel, string Alert, string Code, AlertState State, long At, ReadOnlyMemory<byte> Payload)
{
    /// <summary>The wallboard and the web pages.</summary>
    public const string Web = "web";

    /// <summary>Everything outside: mail, webhooks, chats. Whoever takes these rows decides whom to tell, and keeps that.</summary>
    public const string Outside = "outside";

    /// <summary>One row a channel, so that a channel that is down holds up no other.</summary>
    public static readonly IReadOnlyList<string> WebAlone = [Web], WebAndOutside = [Web, Outside];

    /// <summary>The rows of one turn's changes, in their order: raised before resolved.</summary>
    public static IReadOnlyList<OutboxRow> Of(IReadOnlyList<Alert> changes, IReadOnlyList<string>? channels = null)
    {
        if (changes.Count == 0) return [];
        channels ??= WebAlone;
        var rows = new List<OutboxRow>(changes.Count * channels.Count);
        var buffer = new ArrayBufferWriter<byte>(512); // of thousands that are due at once each would else make its own
        using var writer = new Utf8JsonWriter(buffer);
        foreach (var alert in changes)
        {
            var (id, payload) = (alert.Key.Id, Json(alert, buffer, writer));
            foreach (var channel in channels) rows.Add(new(channel, id, alert.Code, alert.State, alert.ChangedAt, payload));
        }
        return rows;
    }

    // Who has it, and whom the ladder has told by now: a step is a row like any other change.
    private static void Care(Utf8JsonWriter w, AlertCare care)
    {
        w.WriteString("hold", care.Hold switch { Hold.Acknowledged => "acknowledged", Hold.Shelved => "shelved", _ => "open" });
        if (care.By is { } by) w.WriteString("by", by);
        if (care.Until is { } until) w.WriteNumber("until", until);
        if (care.Mute != Mute.None) w.WriteString("mute", Telling.NameOf(care.Mute == Mute.Silenced ? Why.Silenced : Why.Inhibited));
        if (care.MutedBy is { } muted) w.WriteString("muted_by", muted);
        w.WriteNumber("steps", care.Taken.All.Count);
        if (care.Taken.All.Count == 0) return;
        w.WriteString("told", care.Taken.All[^1].To);
        w.WriteStartArray("taken");
        foreach (var step in care.Taken.All) w.WriteStringValue(step.To);
        w.WriteEndArray();
    }

    private static IReadOnlyList<Rung> RungsOf(Alert alert) => (alert.Due.Ladder ?? Ladder.Default).All;

    private static byte[] Json(Alert alert, ArrayBufferWriter<byte> buffer, Utf8JsonWriter w)
    {
        buffer.ResetWrittenCount();
        w.Reset();
        var due = alert.Due;
        w.WriteStartObject();
        w.WriteString("subject", due.Subject.ToString());
        w.WriteString("rule", due.Rule);
        w.WriteNumber("rule_version", due.RuleVersion);
        w.WriteString("clock", due.Clock);
        w.WriteString("level", due.Level == AlertLevel.Red ? "red" : "yellow");
        if (due.DepartmentId is { } department) w.WriteString("department", department);
        w.WriteNumber("due_at", due.DueAt);
        w.WriteNumber("raised_at", due.RaisedAt);
        w.WriteNumber("noticed_at", alert.NoticedAt);
        w.WriteNumber("since", alert.Since);
        if (alert.SuppressedBy is { } group) w.WriteString("suppressed_by", group);
        if (due.Members is { } members) w.WriteNumber("members", members.All.Count);
        if (due.Finding is { } found)
        {
            w.WriteStartObject("finding");
            w.WriteNumber("num", found.Num);
            w.WriteNumber("n", found.N);
            w.WriteNumber("limit", found.Limit);
            w.WriteEndObject();
        }
        Care(w, alert.Care);
        if (alert.Care.Mute != Mute.None && RungsOf(alert) is var rungs && alert.Care.Taken.All.Count < rungs.Count) w.WriteString("next", rungs[alert.Care.Taken.All.Count].To);
        w.WriteEndObject();
        w.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
