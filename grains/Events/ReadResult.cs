namespace OpsMonitor.Grains.Events;

/// <summary>Why an event was refused. Names places, never values, so that it may be logged and answered.</summary>
/// <param name="Code">Stable snake_case name of the fault.</param>
/// <param name="Pointer">RFC 6901 pointer into the structured event; empty for the event as a whole.</param>
/// <param name="Detail">One sentence for a person.</param>
/// <param name="Id">The event's own id where it could be read, else null.</param>
public sealed record EventError(string Code, string Pointer, string Detail, string? Id);

/// <summary>Either an event or the first fault found in it; exactly one of the two is set.</summary>
public readonly record struct ReadResult(Event? Event, EventError? Error)
{
    public static implicit operator ReadResult(Event e) => new(e, null);
    public static implicit operator ReadResult(EventError error) => new(null, error);
}
