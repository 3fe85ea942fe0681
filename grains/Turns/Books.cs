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

    /// <summary>Takes the old contributions of a subject off and puts the new ones on. What both lists begin or end with stays as it is.</summary>
    public void Replace(Subject who, IReadOnlyList<Contribution> old, IReadOnlyList<Contribution> now)
    {
        var (head, oldEnd, nowEnd) = (0, old.Count, now.Count);
        while (head < oldEnd && head < nowEnd && old[head] == now[head]) head++;
        while (oldEnd > head && nowEnd > head && old[oldEnd - 1] == now[nowEnd - 1]) (oldEnd, nowEnd) = (oldEnd - 1, nowEnd - 1);
        for (var i = head; i < oldEnd; i++) Apply(who, old[i], -1);
        for (var i = head; i < nowEnd; i++) Apply(who, now[i], 1);
    }

    private void Apply(Subject who, in Contribution c, int sign)
    {
        _ledgers["all"].Add(who, c, sign);
        if (c.Queue is not null) Of("queue/" + c.Queue).Add(who, c, sign);
        if (c.Department is not null) Of("department/" + c.Department).Add(who, c, sign);
    }

    private Ledger Of(string scope) => _ledgers.TryGetValue(scope, out var ledger) ? ledger : _ledgers[scope] = new();
}
