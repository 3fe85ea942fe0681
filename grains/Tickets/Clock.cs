using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Tickets;

/// <summary>A clock at an instant. A stop at the due instant is in time; the due instant without a stop is a breach.</summary>
/// <param name="Pauses">what counted: merged, in order, each before the due time; an end of long.MaxValue is still going on</param>
internal readonly record struct ClockState(string State, long? DueAt, long PausedMs, long LateMs, long? RemainingMs, IReadOnlyList<Pause> Pauses)
{
    private static readonly List<Pause> NoPauses = [];

    private readonly List<Pause> _merged = NoPauses;
    private readonly long _knownSince = long.MinValue;

    private ClockState(string state, long? due, long paused, long late, List<Pause> merged, List<Pause> counted, bool named) : this(state, due, paused, late, null, counted) =>
        (_merged, _knownSince) = (merged, named || counted.Count == 0 ? long.MinValue : counted[^1].To);

    /// <summary>Judges one round: its due time is the unpaused one, moved by every pause before it.</summary>
    public static ClockState Of(in ClockPlan plan, in ClockRound round, long now)
    {
        var pauses = Merge(round.Pauses, round.StoppedAt ?? round.CancelledAt, now);
        var counted = pauses.Count == 0 ? NoPauses : [];
        var due = Moved(plan.Due, pauses, plan, out var pausedNow, out var paused, counted);
        if (pausedNow is { } since && round.StoppedAt is null && round.CancelledAt is null)
            return new("paused", null, paused, 0, plan.Measure.Between(since, due), counted);
        long? shown = due == BusinessCalendar.Never ? null : due;
        if (round.StoppedAt is { } stop)
            return new(stop <= due ? "met" : "breached", shown, paused, Math.Max(0, stop - due), pauses, counted, plan.Named);
        if (round.CancelledAt is { } cancelled && cancelled <= due)
            return new("cancelled", shown, paused, 0, pauses, counted, plan.Named);
        return new(now >= due ? "breached" : "running", shown, paused, Math.Max(0, (round.CancelledAt ?? due) - due), pauses, counted, plan.Named);
    }

    /// <summary>When a warning of a running clock is due.</summary>
    // While it was paused nobody knew when it would be due: no warning of this due time is older than the pause's end.
    public long WarnAt(Warning warning, in ClockPlan plan) => Math.Max(Moved(plan.WarnAt(warning), _merged, plan, out _, out _, null), _knownSince);

    private static long Moved(long due, List<Pause> pauses, in ClockPlan plan, out long? pausedSince, out long pausedMs, List<Pause>? counted)
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
        if (pauses.Count == 0) return NoPauses;
        var merged = new List<Pause>(pauses.Count);
        var ordered = InOrder(pauses) ? pauses : [.. pauses.OrderBy(p => p.From).ThenBy(p => p.To)];
        for (var i = 0; i < ordered.Count; i++)
        {
            var p = ordered[i];
            if (!(end is { } over ? p.From < over : p.From <= now)) continue;
            var to = end is { } e ? Math.Min(p.To, e) : p.To > now ? long.MaxValue : p.To;
            if (merged.Count == 0 || p.From > merged[^1].To || p.UnlessDueBy != merged[^1].UnlessDueBy) merged.Add(p with { From = After(merged, p.From), To = to });
            else merged[^1] = merged[^1] with { To = Math.Max(merged[^1].To, to), Why = merged[^1].Why.Contains(p.Why, StringComparison.Ordinal) ? merged[^1].Why : $"{merged[^1].Why}, {p.Why}" };
        }
        merged.RemoveAll(p => p.From >= p.To);
        return merged;
    }

    private static bool InOrder(IReadOnlyList<Pause> pauses)
    {
        for (var i = 1; i < pauses.Count; i++)
            if (pauses[i].From < pauses[i - 1].From || (pauses[i].From == pauses[i - 1].From && pauses[i].To < pauses[i - 1].To)) return false;
        return true;
    }

    // One that hangs on a condition stays apart from the others, but shares no time with them.
    private static long After(List<Pause> merged, long from) => merged.Count == 0 ? from : Math.Max(from, merged[^1].To);
}
