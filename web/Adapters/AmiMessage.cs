using System.Globalization;
using System.Text;

namespace OpsMonitor.Web.Adapters;

/// <summary>One message of Asterisk's manager interface: lines of <c>Name: value</c>, ended by an empty one. Names know no case.</summary>
public sealed class AmiMessage
{
    public const int MaxLines = 200;
    private readonly Dictionary<string, string> _fields = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The value, or null where the field is missing or empty.</summary>
    public string? this[string name] => _fields.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <summary>Adds a line; one that is none is passed over.</summary>
    public void Add(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && _fields.Count < MaxLines) _fields[line[..colon].Trim()] = line[(colon + 1)..].Trim();
    }

    public bool IsEmpty => _fields.Count == 0;

    /// <summary>
    /// The line that queue_log has for what is told, so that one set of rules judges both; null for what it has no line for.
    /// The time is the message's own where the manager is set to <c>timestampevents = yes</c>, else <paramref name="now"/>.
    /// </summary>
    public string? QueueLogLine(DateTimeOffset now) => this["Event"] switch
    {
        "QueueCallerJoin" => Line(now, "NONE", "ENTERQUEUE", "", "", Field("Position")),
        "AgentConnect" => Line(now, Member, "CONNECT", Field("HoldTime"), Field("BridgedUniqueid"), Field("RingTime")),
        "AgentComplete" => Complete(now),
        "QueueCallerAbandon" => Line(now, "NONE", "ABANDON", Field("Position"), Field("OriginalPosition"), Field("HoldTime")),
        "AgentRingNoAnswer" => Line(now, Member, "RINGNOANSWER", Milliseconds("RingTime")),
        "QueueMemberAdded" => Line(now, Member, "ADDMEMBER"),
        "QueueMemberRemoved" => Line(now, Member, "REMOVEMEMBER"),
        "QueueMemberPause" or "QueueMemberPaused" => Line(now, Member, this["Paused"] == "1" ? "PAUSE" : "UNPAUSE", Field("PausedReason")),
        _ => null,
    };

    private string Member => this["Interface"] ?? this["MemberName"] ?? this["Location"] ?? "NONE";

    /// <summary>Where a call was passed on is told by other messages; for the queue it ends here.</summary>
    private string Complete(DateTimeOffset now) => this["Reason"] switch
    {
        "agent" => Line(now, Member, "COMPLETEAGENT", Field("HoldTime"), Field("TalkTime")),
        "transfer" => Line(now, Member, "BLINDTRANSFER", "", "", Field("HoldTime"), Field("TalkTime")),
        _ => Line(now, Member, "COMPLETECALLER", Field("HoldTime"), Field("TalkTime")),
    };

    private string Line(DateTimeOffset now, string agent, string what, params ReadOnlySpan<string> data)
    {
        var at = this["Timestamp"] ?? string.Create(CultureInfo.InvariantCulture, $"{now.ToUnixTimeMilliseconds() / 1000m}");
        var line = new StringBuilder(at).Append('|').Append(Field("Uniqueid", "NONE")).Append('|').Append(Field("Queue", "NONE")).Append('|').Append(Clean(agent)).Append('|').Append(what);
        foreach (var field in data) line.Append('|').Append(field);
        return line.ToString();
    }

    private string Field(string name, string otherwise = "") => this[name] is { } value ? Clean(value) : otherwise;

    private string Milliseconds(string name) =>
        decimal.TryParse(this[name], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var s) && s < 1_000_000 ? (s * 1000).ToString(CultureInfo.InvariantCulture) : "";

    // A bar in a value would be another field of the line.
    private static string Clean(string value) => value.Replace('|', '-');
}
