using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Tickets;

/// <summary>A clock at an instant. A stop at the due instant is in time; the due instant without a stop is a breach.</summary>
/// <param name="Pauses">what counted: merged, in order, each before the due time; an end of long.MaxValue is still going on</param>
internal sealed record ClockState(string State, long? DueAt, IReadOnlyList<(long At, AlertLevel Level)> Warnings, long PausedMs, long LateMs, long? RemainingMs, IReadOnlyList<Pause> Pauses)
{
    /// <summary>Judges one round: its due time is the unpaused one, moved by every pause before it.</summary>
    public static ClockState Of(ClockPolicy clock, ClockPlan plan, ClockRound round, long now)
    {
        var pauses = Merge(round.Pauses, round.StoppedAt ?? round.CancelledAt, now);
        var counted = new List<Pause>();
        var due = Moved(plan.Due, pauses, plan, out var pausedNow, out var paused, counted);
        if (pausedNow is { } since && round.StoppedAt is null && round.CancelledAt is null)
            return new("paused", null, [], paused, 0, plan.Measure.Between(since, due), counted);
        var warnings = WarningsOf(clock, plan, pauses, plan.Named || counted.Count == 0 ? long.MinValue : counted[^1].To);
        long? shown = due == BusinessCalendar.Never ? null : due;
        if (round.StoppedAt is { } stop)
            return new(stop <= due ? "met" : "breached", shown, warnings, paused, Math.Max(0, stop - due), null, counted);
        if (round.CancelledAt is { } cancelled && cancelled <= due)
            return new("cancelled", shown, [], paused, 0, null, counted);
        return new(now >= due ? "breached" : "running", shown, warnings, paused, Math.Max(0, (round.CancelledAt ?? due) - due), null, counted);
    }

    private static List<(long At, AlertLevel Level)> WarningsOf(ClockPolicy clock, ClockPlan plan, List<Pause> pauses, long knownSince)
    {
        var all = new List<(long, AlertLevel)>(clock.Warn.Count);
        // While it was paused nobody knew when it would be due: no warning of this due time is older than the pause's end.
        foreach (var warning in clock.Warn) all.Add((Math.Max(Moved(plan.WarnAt(warning), pauses, plan, out _, out _, null), knownSince), warning.Level));
        return all;
    }

    private static long Moved(long due, List<Pause> pauses, ClockPlan plan, out long? pausedSince, out long pausedMs, List<Pause>? counted)
    {
        (pausedSince, pausedMs) = (null, 0);
        if (plan.Named) return due;
        foreach (var pause in pauses)
        {
            if (pause.From >= due) break;
            if (due <= pause.UnlessDueBy) continue;
            counted?.Add(pause);
            if (pause.To == long.MaxValue) { pausedSince = pause.From; break; }
            var worked = plan.Measure.Between(pause.From, pause.To);
            pausedMs += worked;
            if (due != BusinessCalendar.Never && worked > 0) due = plan.Measure.Add(due, worked);
        }
        return due;
    }

    /// <summary>Overlapping pauses count once. One that outlasts the clock is cut at its end; on a clock without an end it is open.</summary>
    private static List<Pause> Merge(IReadOnlyList<Pause> pauses, long? end, long now)
    {
        var merged = new List<Pause>();
        if (pauses.Count == 0) return merged;
        foreach (var p in pauses.Where(p => end is { } e ? p.From < e : p.From <= now).OrderBy(p => p.From).ThenBy(p => p.To))
        {
            var to = end is { } e ? Math.Min(p.To, e) : p.To > now ? long.MaxValue : p.To;
            if (merged.Count == 0 || p.From > merged[^1].To || p.UnlessDueBy != merged[^1].UnlessDueBy) merged.Add(p with { From = After(merged, p.From), To = to });
            else merged[^1] = merged[^1] with { To = Math.Max(merged[^1].To, to), Why = merged[^1].Why.Contains(p.Why, StringComparison.Ordinal) ? merged[^1].Why : $"{merged[^1].Why}, {p.Why}" };
        }
        merged.RemoveAll(p => p.From >= p.To);
        return merged;
    }

    // One that hangs on a condition stays apart from the others, but shares no time with them.
    private static long After(List<Pause> merged, long from) => merged.Count == 0 ? from : Math.Max(from, merged[^1].To);
}
