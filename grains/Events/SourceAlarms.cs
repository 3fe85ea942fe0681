namespace OpsMonitor.Grains.Events;

/// <summary>What the server says about itself and its sources.</summary>
public enum OwnRule { SourceSilent, LateDetection }

/// <summary>
/// The server's own word about a source: that nothing is heard of it, or that it was itself too late. Told in the history of <c>source/NAME</c>, so that
/// an alert follows from it as from any event, and survives what they survive.
/// </summary>
public abstract record SourceAlarm(OwnRule Rule) : EventData
{
    /// <summary>Every type of these begins so.</summary>
    public const string TypePrefix = "source.alarm_";
}

/// <summary><c>source.alarm_raised</c>: true since an instant (RFC 3339).</summary>
public sealed record SourceAlarmRaised(OwnRule Rule, string DueAt, string? Detail = null) : SourceAlarm(Rule);

/// <summary><c>source.alarm_cleared</c></summary>
public sealed record SourceAlarmCleared(OwnRule Rule) : SourceAlarm(Rule);
