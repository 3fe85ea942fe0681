namespace OpsMonitor.Grains.Alerts;

/// <summary>Too many alerts at once to be read one by one: one line, one sound. (spec: alerts, Flood)</summary>
/// <param name="Count">how many were raised lately, still stand, and are not kept quiet</param>
/// <param name="Worst">the department with most of them; null where they have none</param>
/// <param name="Since">the first of them, Unix ms</param>
public sealed record Flood(int Count, string? Worst, int WorstCount, long Since)
{
    /// <summary>So many alerts within <see cref="WindowMs"/> are a flood.</summary>
    public const int Most = 10;

    /// <summary>How far back it looks, in ms.</summary>
    public const long WindowMs = 10 * 60_000;

    /// <param name="alerts">of one board</param>
    /// <returns>null while there are fewer than <see cref="Most"/></returns>
    public static Flood? Of(IEnumerable<Alert> alerts, long now)
    {
        var (count, since) = (0, long.MaxValue);
        var departments = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var alert in alerts)
        {
            if (alert.State != AlertState.Raised || alert.Since <= now - WindowMs || Telling.Quiet(Hold.Open, alert.Care.Mute) is not null) continue;
            count++;
            since = Math.Min(since, alert.Since);
            var id = alert.Due.DepartmentId ?? "";
            departments[id] = departments.GetValueOrDefault(id) + 1;
        }
        if (count < Most) return null;
        var (worst, most) = ("", 0);
        foreach (var (id, n) in departments)
            if (n > most) (worst, most) = (id, n);
        return new(count, worst.Length == 0 ? null : worst, most, since);
    }
}
