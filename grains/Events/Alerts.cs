namespace OpsMonitor.Grains.Events;

/// <summary>
/// What a person did with an alert, told in the history of the alert's own subject, so that it is kept, moved and replayed with it.
/// <see cref="Alert"/> is the id of the alert's key; <see cref="By"/> who did it.
/// </summary>
public abstract record AlertDeed(string Alert, string By) : EventData
{
    /// <summary>Every type of these begins so; the subject is the alert's, of whatever kind.</summary>
    public const string TypePrefix = "alert.";
}

/// <summary><c>alert.acknowledged</c>: looks after it until an instant (RFC 3339), 30 minutes where none is named.</summary>
public sealed record AlertAcknowledged(string Alert, string By, string? Until = null, string? Note = null) : AlertDeed(Alert, By);

/// <summary><c>alert.shelved</c>: puts it aside until an instant, at most a day away, for a reason.</summary>
public sealed record AlertShelved(string Alert, string By, string Until, string Reason) : AlertDeed(Alert, By);

/// <summary><c>alert.released</c>: nobody looks after it any more; anybody may say so.</summary>
public sealed record AlertReleased(string Alert, string By, string? Note = null) : AlertDeed(Alert, By);
