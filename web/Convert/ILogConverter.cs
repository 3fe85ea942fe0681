using NodaTime;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Conversion;

/// <summary>
/// Reads another system's log and tells it in OpsMonitor's vocabulary. Deterministic: the same log gives the same events with
/// the same ids, so a file converted and sent twice counts once.
/// </summary>
public interface ILogConverter
{
    /// <summary>What a user types to choose this converter: <c>uci-incidents</c>.</summary>
    string Name { get; }

    /// <summary>
    /// The events of the log, lazily and in the order of its lines. <paramref name="zone"/> places times that carry no offset;
    /// a time that the zone skips or repeats is resolved leniently (moved forward past a gap, the earlier of two).
    /// Throws <see cref="FormatException"/>, naming the line, where the log cannot be read.
    /// </summary>
    IEnumerable<CloudEvent> Convert(TextReader input, DateTimeZone zone);
}

/// <summary>
/// One event about to be written. <see cref="Sequence"/> runs from 0 within the subject and settles the order of events of the
/// same millisecond. <see cref="Time"/> is written truncated to the millisecond.
/// </summary>
public sealed record CloudEvent(string Id, string Source, string Type, Instant Time, string Subject, long Sequence, EventData Data);
