namespace OpsMonitor.Grains.Alerts;

/// <summary>How late alerts were noticed, in ms; null where none was.</summary>
public sealed record Lateness(int N, long? P50, long? P99, long? Max)
{
    /// <summary>Above this the ninety-ninth percentile is itself worth an alert, in ms. (spec: alerts)</summary>
    public const long LimitMs = 1_000;

    /// <summary>Of alerts noticed in [from, to), Unix ms; late data is no lateness of ours.</summary>
    public static Lateness Of(IEnumerable<Alert> alerts, long from, long to)
    {
        var values = new List<long>();
        foreach (var alert in alerts)
            if (!alert.FromLateData && alert.NoticedAt >= from && alert.NoticedAt < to) values.Add(alert.LatenessMs);
        if (values.Count == 0) return new(0, null, null, null);
        values.Sort();
        return new(values.Count, At(50), At(99), values[^1]);

        long At(int percent) => values[Math.Max(1, ((values.Count * percent) + 99) / 100) - 1];
    }
}

/// <summary>One cause and how often it raised an alert.</summary>
public sealed record LoadCause(string Rule, string? Department, int Count);

/// <summary>What alerts asked of people in one week. Whole numbers: shares in thousandths, rates in thousandths of an alert.</summary>
/// <param name="From">Unix ms; <paramref name="To"/> is its end, or the present</param>
/// <param name="PerTenMinutesMilli">average for one operator in 10 minutes, in thousandths: up to 1000 is what people can act on (EEMUA 191)</param>
/// <param name="Peak">most in any ten minutes, for all operators</param>
/// <param name="Floods">how many ten minutes had more than ten for one operator</param>
/// <param name="RedPermille">the guide's split of priorities is 5 : 15 : 80</param>
/// <param name="Standing">raised in it and still standing after 24 h</param>
public sealed record LoadWeek(
    long From, long To, int Alarms, int Red, int Yellow, int Quiet, long PerTenMinutesMilli, int Peak, long? PeakAt, int Floods, int RedPermille, int Standing,
    IReadOnlyList<LoadCause> Causes, Lateness Detection);

/// <summary>The alarm load by week, as EEMUA 191 asks. What was over when it was noticed called nobody, so it is no load.</summary>
public static class AlarmLoad
{
    /// <summary>So many causes are named, those with the most alerts.</summary>
    public const int MostCauses = 10;

    private const long TenMinutes = 600_000, Day = 86_400_000;

    /// <param name="edges">begins of the weeks and the end of the last, Unix ms, ascending; a week that goes on ends now</param>
    /// <param name="operators">how many people share the work</param>
    public static IReadOnlyList<LoadWeek> Of(IReadOnlyCollection<Alert> alerts, IReadOnlyList<long> edges, int operators, long now)
    {
        var weeks = new List<LoadWeek>();
        for (var i = 0; i + 1 < edges.Count; i++)
            if (edges[i] < now) weeks.Add(Week(alerts, edges[i], Math.Min(edges[i + 1], now), Math.Max(1, operators), now));
        return weeks;
    }

    private static LoadWeek Week(IReadOnlyCollection<Alert> alerts, long from, long to, int operators, long now)
    {
        var (all, red, quiet, standing) = (0, 0, 0, 0);
        var windows = new SortedDictionary<long, int>();
        var causes = new SortedDictionary<(string, string), int>(Ordinal);
        foreach (var alert in alerts)
        {
            if (alert.NoticedAt < from || alert.NoticedAt >= to || (alert.State == AlertState.Resolved && alert.ChangedAt == alert.NoticedAt)) continue;
            all++;
            if (alert.Due.Level == AlertLevel.Red) red++;
            if (alert.Care.Mute != Mute.None) quiet++;
            if ((alert.State == AlertState.Raised ? now : alert.ChangedAt) - alert.NoticedAt > Day) standing++;
            var window = (alert.NoticedAt - from) / TenMinutes;
            windows[window] = windows.GetValueOrDefault(window) + 1;
            var cause = (alert.Due.Rule, alert.Due.DepartmentId ?? "");
            causes[cause] = causes.GetValueOrDefault(cause) + 1;
        }
        var (peak, peakAt, floods) = (0, (long?)null, 0);
        foreach (var (window, n) in windows)
        {
            if (n > peak) (peak, peakAt) = (n, from + (window * TenMinutes));
            if (n > 10 * operators) floods++;
        }
        var rate = to == from ? 0 : all * 1000L * TenMinutes / ((to - from) * operators);
        return new(from, to, all, red, all - red, quiet, rate, peak, peakAt, floods, all == 0 ? 0 : red * 1000 / all, standing, Top(causes), Lateness.Of(alerts, from, to));
    }

    private static readonly Comparer<(string Rule, string Department)> Ordinal = Comparer<(string Rule, string Department)>.Create(static (a, b) =>
        string.CompareOrdinal(a.Rule, b.Rule) is var order && order != 0 ? order : string.CompareOrdinal(a.Department, b.Department));

    private static List<LoadCause> Top(SortedDictionary<(string Rule, string Department), int> causes)
    {
        var top = new List<LoadCause>();
        foreach (var ((rule, department), n) in causes)
        {
            var place = top.FindIndex(t => t.Count < n);
            top.Insert(place < 0 ? top.Count : place, new(rule, department.Length == 0 ? null : department, n));
            if (top.Count > MostCauses) top.RemoveAt(MostCauses);
        }
        return top;
    }
}
