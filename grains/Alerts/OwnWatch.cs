using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Alerts;

/// <summary>When a source is silent for too long, and what is too late.</summary>
/// <param name="Hours">in which silence counts; null for at any time</param>
/// <param name="LeastEvents">a source of fewer was tried out, and does not have to go on</param>
public sealed record WatchSettings(BusinessCalendar? Hours, long SilentMs, long LatenessMs, int LeastEvents)
{
    public static readonly WatchSettings Default = new(null, 5 * 60_000, Lateness.LimitMs, 20);
}

/// <summary>What the server finds about itself: pure, so that a story on virtual time tests it. (spec: alerts, silent source, late detection)</summary>
public static class OwnWatch
{
    /// <summary>Over what time lateness is judged, in ms.</summary>
    public const long LatenessWindowMs = 3_600_000;

    /// <summary>A source that has been gone for so long is no source any more, in ms.</summary>
    public const long GoneMs = 7 * 86_400_000L;

    /// <summary>The instant at which a source counts as silent unless it is heard before; null for never.</summary>
    /// <param name="lastSeen">Unix ms; what was said while this server could not hear is no silence</param>
    /// <param name="listening">since when this server listens, Unix ms</param>
    public static long? SilentAt(long lastSeen, long listening, WatchSettings settings)
    {
        if (lastSeen == long.MinValue) return null;
        var since = Math.Max(lastSeen, listening);
        var at = settings.Hours is null ? since + settings.SilentMs : settings.Hours.Add(since, settings.SilentMs);
        return at == BusinessCalendar.Never ? null : at;
    }

    /// <summary>What is to be said of one source now: true since an instant, over, or nothing.</summary>
    /// <param name="standing">its alert stands</param>
    public static (long? RaisedAt, bool Cleared) OfSource(SourceStats source, long listening, bool standing, WatchSettings settings, long now)
    {
        var silent = source.LastSeen != long.MinValue && source.Accepted >= settings.LeastEvents && now - source.LastSeen < GoneMs && SilentAt(source.LastSeen, listening, settings) is { } at && at <= now ? at : (long?)null;
        return standing ? (null, silent is null) : (silent, false);
    }

    /// <summary>The same of detection itself.</summary>
    public static (bool Raised, bool Cleared) OfLateness(Lateness lately, bool standing, WatchSettings settings)
    {
        var late = lately.P99 > settings.LatenessMs;
        return (late && !standing, standing && !late);
    }

    /// <summary>The alerts that follow from what was said: of each rule the newest.</summary>
    /// <param name="history">in its one order</param>
    internal static Evaluation Evaluate(Subject subject, IReadOnlyList<Event> history)
    {
        var newest = new SortedDictionary<OwnRule, (long DueAt, bool Active)>();
        foreach (var e in history)
            switch (e.Data)
            {
                case SourceAlarmRaised raised: newest[raised.Rule] = (Times.Ms(raised.DueAt) ?? e.At, true); break;
                case SourceAlarmCleared cleared when newest.TryGetValue(cleared.Rule, out var known): newest[cleared.Rule] = (known.DueAt, false); break;
            }
        var alerts = new DueAlert[newest.Count];
        var n = 0;
        foreach (var (rule, (dueAt, active)) in newest)
            alerts[n++] = new(subject, rule == OwnRule.SourceSilent ? "source_silent" : "late_detection", 1, "source", AlertLevel.Yellow, null, dueAt, dueAt, active);
        return new(null, [], alerts, long.MaxValue);
    }
}

/// <summary>When a sign of life goes to somebody outside who notices when it stays away.</summary>
public static class Heartbeat
{
    private const long SoonMs = 5_000, SickMs = 30_000;

    /// <summary>Unix ms of the next one: after a failure a quarter of the time, so that one lost answer raises no alarm.</summary>
    /// <param name="lastAt">of the last attempt; null for none yet</param>
    public static long NextAt(long? lastAt, bool delivered, long everyMs) =>
        lastAt is not { } at ? long.MinValue : at + (delivered ? everyMs : Math.Min(everyMs, Math.Max(SoonMs, everyMs / 4)));

    /// <summary>Only who could tell an alert may say that all is well.</summary>
    /// <param name="courierAt">Unix ms at which whoever sends messages looked last</param>
    public static bool MayBeat(bool readOnly, long courierAt, long now) => !readOnly && now - courierAt <= SickMs;
}
