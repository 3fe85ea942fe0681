using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Sources;

namespace OpsMonitor.Grains.Turns;

/// <summary>How far one integration can be trusted. Depends on arrival, so it never stands in a report of the numbers.</summary>
public sealed class SourceStats
{
    /// <summary>What arrives so long after it happened is late, in ms.</summary>
    public const long LateMs = 5 * 60_000;

    public SourceStats()
    {
    }

    public SourceStats(long lastSeen, long lastEventAt, long accepted, long duplicates, long unknown, long refused, long reordered) =>
        (LastSeen, LastEventAt, Accepted, Duplicates, Unknown, Refused, Reordered) = (lastSeen, lastEventAt, accepted, duplicates, unknown, refused, reordered);

    public long LastSeen { get; private set; } = long.MinValue;
    public long LastEventAt { get; private set; } = long.MinValue;
    public long Accepted { get; private set; }
    public long Duplicates { get; set; }
    public long Unknown { get; private set; }
    public long Refused { get; private set; }
    public long Reordered { get; private set; }

    /// <summary>Arrived more than <see cref="LateMs"/> after they happened; of live ones.</summary>
    public long Late { get; set; }

    /// <summary>Which numbers of its sequence are here.</summary>
    public GapBook Numbers { get; init; } = new();

    /// <summary>Of live events: in back-fill the time of arrival says nothing.</summary>
    public LagBook Lag { get; init; } = new();

    internal SourceStats Copy() => new(LastSeen, LastEventAt, Accepted, Duplicates, Unknown, Refused, Reordered) { Late = Late, Numbers = Numbers.Copy(), Lag = Lag.Copy() };

    internal void Take(Event e, long now, bool live = true)
    {
        Accepted++;
        if (e.Sequence >= 0) Numbers.Take(e.Sequence);
        if (live)
        {
            Lag.Take(now - e.At, now);
            if (now - e.At > LateMs) Late++;
        }
        LastSeen = now;
        if (e.At < LastEventAt) Reordered++;
        LastEventAt = Math.Max(LastEventAt, e.At);
        if (e.Data is null) Unknown++;
    }

    /// <summary>Counts one event by its verdict, for a host whose verdicts come from elsewhere.</summary>
    public void Count(Event e, Verdict verdict, long now)
    {
        if (verdict == Verdict.Accepted) Take(e, now);
        else if (verdict == Verdict.Duplicate) Duplicates++;
        else Refuse(verdict);
    }

    internal Verdict Refuse(Verdict why)
    {
        Refused++;
        return why;
    }
}
