using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Turns;

/// <summary>How far one integration can be trusted. Depends on arrival, so it never stands in a report of the numbers.</summary>
public sealed class SourceStats
{
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

    internal SourceStats Copy() => new(LastSeen, LastEventAt, Accepted, Duplicates, Unknown, Refused, Reordered);

    internal void Take(Event e, long now)
    {
        Accepted++;
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
