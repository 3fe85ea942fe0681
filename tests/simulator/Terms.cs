using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Simulator;

/// <summary>
/// By which saving a clock is judged, and which minutes work: the oracle's own reading of the savings. Whether a minute works it asks of each
/// minute for itself, with the offsets of two towns written out.
/// </summary>
public sealed class Terms(Scene scene, IReadOnlyList<PolicyEdit> edits, long now)
{
    private const long MinuteMs = 60_000, DayMs = 86_400_000;

    private static readonly long BerlinSummer = DateTimeOffset.Parse("2026-03-29T01:00:00Z", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    /// <summary>The version by which a clock is judged that began and perhaps ended at an instant: the newest that began before it, or took it over while it ran.</summary>
    public (int Version, int Percent) PolicyFor(long start, long? ended)
    {
        var answer = (1, 100);
        foreach (var edit in edits)
        {
            if (edit.Kind != EditKind.Policy) continue;
            var (running, percent) = House.Read(edit);
            if (start >= edit.At || (running && now >= edit.At && (ended is null || ended > edit.At))) answer = (edit.Version, percent);
        }
        return answer;
    }

    /// <summary>By how many minutes the breaks are moved for such a clock.</summary>
    public int CalendarFor(long start, long? ended)
    {
        var moved = 0;
        foreach (var edit in edits)
        {
            if (edit.Kind != EditKind.Calendar) continue;
            var (running, minutes) = House.Read(edit);
            if (start >= edit.At || (running && (ended is null || ended > edit.At))) moved = minutes;
        }
        return moved;
    }

    /// <summary>The percent of a version.</summary>
    public int PercentOf(int version) => version == 1 ? 100 : House.Read(edits.Single(e => e.Kind == EditKind.Policy && e.Version == version)).Number;

    /// <summary>What a first limit in seconds is in ms; working time where the house has a calendar.</summary>
    public long WorkingMs(int seconds, int percent) => scene.Hours == Hours.Always ? House.Scaled(seconds, percent) * 1000L : Math.Max(1, House.Scaled(seconds, percent) / 60) * MinuteMs;

    /// <summary>Whether the minute that an instant lies in works; and when the next minute begins.</summary>
    public (bool Works, long MinuteEnd) MinuteOf(long at, int moved)
    {
        if (scene.Hours == Hours.Always) return (true, long.MaxValue);
        var local = at + (scene.Hours == Hours.Lunch ? 0 : at < BerlinSummer ? 3_600_000 : 7_200_000);
        var date = new NodaTime.LocalDate(1970, 1, 1).PlusDays((int)(local / DayMs));
        var minute = (int)(local % DayMs / MinuteMs);
        var works = false;
        foreach (var (from, to) in House.PeriodsOf(scene.Hours, moved, date)) works |= from <= minute && minute < to;
        return (works, at - (at % MinuteMs) + MinuteMs);
    }
}
