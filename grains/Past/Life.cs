using System.Numerics;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Past;

/// <summary>
/// When a subject's numbers were not yet what they are: before <see cref="First"/> it counted nowhere, from <see cref="Until"/> on it counts as it
/// does now. An instant outside has nothing to look for in it. Unix ms; rather too long than too short.
/// </summary>
public readonly record struct Life(long First, long Until)
{
    /// <summary>The greatest <see cref="Length"/>: 2^40 ms are 34 years.</summary>
    public const int Longest = 40;

    /// <summary>No instant falls into it.</summary>
    public static readonly Life None = new(long.MaxValue, long.MinValue);

    /// <summary>The power of two that its length in ms does not exceed.</summary>
    public int Length => Until <= First ? 0 : Math.Min(Longest, 64 - BitOperations.LeadingZeroCount((ulong)(Until - First)));

    /// <summary>Whether it may have counted otherwise at an instant, in minutes before <paramref name="end"/>.</summary>
    public bool Holds(long at, long end) => First < end && Until > at;

    /// <param name="events">in their one order</param>
    /// <param name="edits">savings reach what was open then, and change what it is judged by</param>
    public static Life Of(Evaluation now, IReadOnlyList<Event> events, IReadOnlyList<PolicyEdit> edits)
    {
        if (events.Count == 0) return None;
        var (first, until) = (events[0].At, Math.Max(events[^1].At, now.KnownSince));
        foreach (var c in now.Contributions)
            if (c.Kind != ContributionKind.Member) first = Math.Min(first, c.At);
        var over = now is { NextChangeAt: long.MaxValue, Row.EndedAt: { } ended } ? Math.Max(ended, until) : long.MaxValue;
        foreach (var edit in edits)
            if (edit.At <= over) until = Math.Max(until, edit.At);
        return new(first, until);
    }
}
