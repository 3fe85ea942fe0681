namespace OpsMonitor.Grains.Events;

/// <summary>
/// What a person did about many alerts at once, told in the history of <c>silence/ID</c>. It is an event like all others: kept, moved and
/// replayed with them. (spec: alerts)
/// </summary>
public abstract record SilenceDeed(string By) : EventData
{
    /// <summary>Every type of these begins so.</summary>
    public const string TypePrefix = "silence.";
}

/// <summary>
/// <c>silence.opened</c>: alerts that match are told to nobody until an instant (RFC 3339), at most 30 days away. An empty list takes everything; not all
/// of them may be empty.
/// </summary>
/// <param name="Lights">red, yellow</param>
/// <param name="Subjects">such as ticket/T-1</param>
public sealed record SilenceOpened(
    string By, string Until, string Reason, IReadOnlyList<string>? Rules = null, IReadOnlyList<string>? Lights = null, IReadOnlyList<string>? Departments = null,
    IReadOnlyList<string>? Subjects = null) : SilenceDeed(By);

/// <summary><c>silence.ended</c>: before its time; anybody may say so.</summary>
public sealed record SilenceEnded(string By, string? Note = null) : SilenceDeed(By);
