using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// All ledgers: everything, each queue, each department. A recount from the contributions must equal the running sums at any time.
/// </summary>
public sealed class Books
{
    private readonly SortedDictionary<string, Ledger> _ledgers = new(StringComparer.Ordinal) { ["all"] = new() };

    public IEnumerable<KeyValuePair<string, Ledger>> All => _ledgers;

    /// <param name="scope"><c>all</c>, <c>queue/ID</c> or <c>department/ID</c></param>
    public Ledger? Find(string scope) => _ledgers.GetValueOrDefault(scope);

    public void Replace(Subject who, IReadOnlyList<Contribution> old, IReadOnlyList<Contribution> now)
    {
        foreach (var c in old) Apply(who, c, -1);
        foreach (var c in now) Apply(who, c, 1);
    }

    private void Apply(Subject who, in Contribution c, int sign)
    {
        _ledgers["all"].Add(who, c, sign);
        if (c.Queue is not null) Of("queue/" + c.Queue).Add(who, c, sign);
        if (c.Department is not null) Of("department/" + c.Department).Add(who, c, sign);
    }

    private Ledger Of(string scope) => _ledgers.TryGetValue(scope, out var ledger) ? ledger : _ledgers[scope] = new();
}
