using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Ingest;

/// <summary>Whoever keeps events. Answers only when what it accepted is durable.</summary>
public interface IEventSink
{
    /// <summary>Offers one or more well-formed events. Verdicts come in the order of the events; none where the answer is full or read-only.</summary>
    ValueTask<IngestAnswer> OfferAsync(IReadOnlyList<Event> events, CancellationToken cancel);
}

public enum EventStatus { Accepted, Duplicate, Rejected }

/// <param name="Code">For a rejected event: stable snake_case, such as <c>too_old</c>.</param>
/// <param name="Pointer">RFC 6901 pointer into the event itself, such as <c>/time</c>.</param>
/// <param name="Detail">One sentence that holds no value of the event.</param>
public readonly record struct EventVerdict(EventStatus Status, string? Code = null, string? Pointer = null, string? Detail = null);

/// <param name="Full">No room at the moment; nothing of the offer was taken.</param>
/// <param name="ReadOnly">Nothing can be written until somebody acts; nothing of the offer was taken.</param>
public sealed record IngestAnswer(bool Full, bool ReadOnly, IReadOnlyList<EventVerdict> Verdicts);
