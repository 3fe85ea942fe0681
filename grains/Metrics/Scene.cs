using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Metrics;

/// <summary>All that the numbers of one scope over one window are made of.</summary>
/// <param name="Level">the deltas' sums up to the window's end, for levels such as open tickets</param>
/// <param name="Window">edges at whole minutes</param>
public sealed record Scene(string Scope, Sums Sums, Sums Level, Window Window, long Now, IEnumerable<string> Thresholds, PolicySet Policies)
{
    /// <summary>The ledgers themselves, for what is true now; none for an interval of the past.</summary>
    public IReadOnlyList<Ledger> Live { get; init; } = [];

    /// <summary>Tickets by issue in the same stretch of the weeks before.</summary>
    public WeeksBefore Before { get; init; } = WeeksBefore.None;

    public bool IsQueue => Scope.StartsWith("queue/", StringComparison.Ordinal);
}

/// <summary>How many weeks were looked back, and the tickets of all of them by issue.</summary>
public sealed record WeeksBefore(int Weeks, SortedDictionary<string, long> ByIssue)
{
    public static readonly WeeksBefore None = new(0, new(StringComparer.Ordinal));
}
