using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Past;

/// <summary>What late events of one turn changed in numbers of hours that were over: the contributions of each subject concerned, before and after.</summary>
/// <param name="Now">the turn's instant, Unix ms</param>
/// <param name="Events">the late ones, in the order of the turn</param>
public sealed record LateTurn(long Now, IReadOnlyList<Event> Events, IReadOnlyList<LateChange> Changes)
{
    /// <summary>How long after the end of its hour an event is no news any more but late, in ms: a minute's number is on the wall by then.</summary>
    public const long GraceMs = 2 * 60_000;

    private const long Hour = 3_600_000;

    /// <summary>Whether something that ended at an instant had been shown as complete.</summary>
    public static bool IsOver(long end, long now) => end + GraceMs <= now;

    public static bool IsLate(Event e, long now) => IsOver(e.At - (((e.At % Hour) + Hour) % Hour) + Hour, now);

    /// <summary>Of each source how many events, and the latest of them by its own time: the reason that is shown.</summary>
    public IReadOnlyList<LateCause> Causes()
    {
        var causes = new SortedDictionary<string, (long Count, Event Latest)>(StringComparer.Ordinal);
        foreach (var e in Events)
            causes[e.Source] = causes.TryGetValue(e.Source, out var known) ? (known.Count + 1, e.CompareTo(known.Latest) > 0 ? e : known.Latest) : (1, e);
        return [.. causes.Select(c => new LateCause(c.Key, c.Value.Count, c.Value.Latest.Id))];
    }
}

/// <summary>A subject's contributions before and after.</summary>
public readonly record struct LateChange(IReadOnlyList<Contribution> Was, IReadOnlyList<Contribution> Is);

/// <summary>So many late events of one source, and the id of the latest.</summary>
public sealed record LateCause(string Source, long Count, string LatestId);
