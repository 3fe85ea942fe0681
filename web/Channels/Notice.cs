using System.Text.Json;
using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Web.Channels;

/// <summary>One change of one alert, as the outbox has it. Instants in Unix ms.</summary>
/// <param name="Alert">the key's id</param>
/// <param name="At">of the change</param>
/// <param name="Since">of the raise that stands, or stood</param>
/// <param name="Taken">the ladder's levels that have been told, in order</param>
/// <param name="Json">as it was stored</param>
internal sealed record Notice(
    string Alert, string Code, AlertState State, long At, string Subject, string Rule, string Clock, AlertLevel Light, string? Department, long DueAt, long RaisedAt,
    long NoticedAt, long Since, Hold Hold, string? By, IReadOnlyList<string> Taken, ReadOnlyMemory<byte> Json)
{
    /// <summary>A group alert stands for it.</summary>
    public bool IsSuppressed { get; private init; }

    public string Priority => Light == AlertLevel.Red ? "P1" : "P2";

    public string StateName => State switch { AlertState.Raised => "raised", AlertState.Resolved => "resolved", _ => "retracted" };

    public static Notice Of(OutboxRow row) => Read(row.Alert, row.Code, row.State, row.At, row.Payload);

    public static AlertState StateOf(string name) => name switch { "raised" => AlertState.Raised, "resolved" => AlertState.Resolved, _ => AlertState.Retracted };

    public static Notice Read(string alert, string code, AlertState state, long at, ReadOnlyMemory<byte> payload)
    {
        using var document = JsonDocument.Parse(payload);
        var e = document.RootElement;
        var noticed = e.GetProperty("noticed_at").GetInt64();
        return new(
            alert, code, state, at, Text(e, "subject") ?? "", Text(e, "rule") ?? "", Text(e, "clock") ?? "", Text(e, "level") == "red" ? AlertLevel.Red : AlertLevel.Yellow,
            Text(e, "department"), e.GetProperty("due_at").GetInt64(), e.GetProperty("raised_at").GetInt64(), noticed, e.TryGetProperty("since", out var since) ? since.GetInt64() : noticed,
            Text(e, "hold") switch { "acknowledged" => Hold.Acknowledged, "shelved" => Hold.Shelved, _ => Hold.Open }, Text(e, "by"),
            e.TryGetProperty("taken", out var taken) ? [.. taken.EnumerateArray().Select(t => t.GetString()!)] : [], payload)
        {
            IsSuppressed = Text(e, "suppressed_by") is not null,
        };
    }

    private static string? Text(JsonElement e, string name) => e.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.String ? found.GetString() : null;
}
