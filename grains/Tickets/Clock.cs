using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Tickets;

/// <summary>What a clock is made of, before anybody looks at the time.</summary>
internal sealed record ClockInput(
    string Id, string Metric, string? Department, long Start, Limit Limit, long? OwnDue, IReadOnlyList<Stretch> Pauses, long? StoppedAt, long? CancelledAt, int WarnPercent);

/// <summary>A clock at an instant. A stop at the due instant is in time; the due instant without a stop is a breach.</summary>
internal sealed record ClockState(string State, long? DueAt, long? WarnAt, long PausedMs, long LateMs, long? RemainingMs)
{
    /// <summary>Judges one clock: its due time is the unpaused one, moved by the working time of every pause before it.</summary>
    public static ClockState Of(ClockInput clock, BusinessCalendar calendar, long now)
    {
        var stopped = clock.StoppedAt > clock.CancelledAt ? null : clock.StoppedAt; // what was cancelled cannot be met or missed any more
        var pauses = Merge(clock.Pauses, clock.Start, stopped ?? clock.CancelledAt, now);
        var named = clock.OwnDue is not null;
        var unmoved = clock.OwnDue ?? clock.Limit.DueFrom(clock.Start, calendar);
        var due = Moved(unmoved, pauses, calendar, named, out var pausedNow, out var paused);
        if (pausedNow is { } since && stopped is null && clock.CancelledAt is null)
            return new("paused", null, null, paused, 0, calendar.Between(since, due));
        // While it was paused nobody knew when it would be due: no warning of this due time is older than the pause's end.
        var warn = Moved(Warn(clock, unmoved, calendar), pauses, calendar, named, out _, out _);
        if (!named && pauses.LastOrDefault(p => p.From < due) is { To: > 0 } last) warn = Math.Max(warn, last.To);
        if (stopped is { } stop)
            return new(stop <= due ? "met" : "breached", due, warn, paused, Math.Max(0, stop - due), null);
        if (clock.CancelledAt is { } cancelled && cancelled <= due)
            return new("cancelled", due, null, paused, 0, null);
        return new(now >= due ? "breached" : "running", due, warn, paused, Math.Max(0, (clock.CancelledAt ?? due) - due), null);
    }

    private static long Warn(ClockInput clock, long due, BusinessCalendar calendar)
    {
        if (clock.OwnDue is not null || !clock.Limit.InBusinessTime)
            return due - ((due - clock.Start) * (100 - clock.WarnPercent) / 100);
        return calendar.Add(clock.Start, calendar.Between(clock.Start, due) * clock.WarnPercent / 100);
    }

    // A due time that somebody named (a dispatch's own, an extension) stands; pauses move only what was computed.
    private static long Moved(long due, List<Stretch> pauses, BusinessCalendar calendar, bool fixedDue, out long? pausedSince, out long pausedMs)
    {
        (pausedSince, pausedMs) = (null, 0);
        foreach (var pause in pauses)
        {
            if (pause.From >= due || fixedDue) break;
            if (pause.To == long.MaxValue) { pausedSince = pause.From; break; }
            var worked = calendar.Between(pause.From, pause.To);
            pausedMs += worked;
            due = calendar.Add(due, worked);
        }
        return due;
    }

    /// <summary>
    /// Overlapping pauses count once. Only what lies between the clock's start and end counts; on a clock without an end, one that goes on is open.
    /// </summary>
    private static List<Stretch> Merge(IReadOnlyList<Stretch> pauses, long start, long? end, long now)
    {
        var merged = new List<Stretch>();
        foreach (var p in pauses.Where(p => end is { } e ? p.From < e : p.From <= now).OrderBy(p => p.From).ThenBy(p => p.To))
        {
            var from = Math.Max(p.From, start);
            var to = end is { } e ? Math.Min(p.To, e) : p.To > now ? long.MaxValue : p.To;
            if (to <= from) continue;
            if (merged.Count > 0 && from <= merged[^1].To) merged[^1] = new(merged[^1].From, Math.Max(merged[^1].To, to));
            else merged.Add(new(from, to));
        }
        return merged;
    }
}
