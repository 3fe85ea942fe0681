using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// All ledgers: everything, each queue, each department. A recount from the contributions must equal the running sums at any time.
/// </summary>
public sealed class Books
{
    private readonly Ledger _everything;
    private readonly IShelf _shelf;
    private readonly SortedDictionary<string, Ledger> _ledgers;
    private readonly Dictionary<string, Ledger> _queues = new(StringComparer.Ordinal), _departments = new(StringComparer.Ordinal);

    private bool _watched;

    public Books() : this(MemoryShelf.One) { }

    /// <param name="shelf">for what is days old and seldom read</param>
    public Books(IShelf shelf)
    {
        (_shelf, _everything) = (shelf, new(shelf));
        _ledgers = new(StringComparer.Ordinal) { ["all"] = _everything };
    }

    /// <summary>Is told of what the rules over many subjects are made of.</summary>
    internal RuleWatch? Rules { get; set; }

    public IEnumerable<KeyValuePair<string, Ledger>> All => _ledgers;

    /// <param name="scope"><c>all</c>, <c>queue/ID</c> or <c>department/ID</c></param>
    public Ledger? Find(string scope) => _ledgers.GetValueOrDefault(scope);

    /// <summary>From now on every ledger notes the minutes that change.</summary>
    public void Watch()
    {
        _watched = true;
        foreach (var ledger in _ledgers.Values) ledger.Watch();
    }

    /// <summary>Takes the old contributions of a subject off and puts the new ones on. What both lists begin or end with stays as it is.</summary>
    public void Replace(Subject who, IReadOnlyList<Contribution> old, IReadOnlyList<Contribution> now)
    {
        if (!ReferenceEquals(old, now)) Replace(who, Evaluation.SpanOf(old), Evaluation.SpanOf(now));
    }

    private void Replace(Subject who, ReadOnlySpan<Contribution> old, ReadOnlySpan<Contribution> now)
    {
        var (head, oldEnd, nowEnd) = (0, old.Length, now.Length);
        while (head < oldEnd && head < nowEnd && old[head] == now[head]) head++;
        while (oldEnd > head && nowEnd > head && old[oldEnd - 1] == now[nowEnd - 1]) (oldEnd, nowEnd) = (oldEnd - 1, nowEnd - 1);
        for (var i = head; i < oldEnd; i++) Apply(who, old[i], -1);
        for (var i = head; i < nowEnd; i++) Apply(who, now[i], 1);
    }

    /// <summary>Goes on where an image of a scope's ledger was taken; only on fresh books.</summary>
    public void Restore(string scope, LedgerImage image)
    {
        var slash = scope.IndexOf('/', StringComparison.Ordinal);
        var ledger = slash < 0 ? _everything : Of(scope[0] == 'q' ? _queues : _departments, scope[..(slash + 1)], scope[(slash + 1)..]);
        ledger.Restore(image);
    }

    private void Apply(Subject who, in Contribution c, int sign)
    {
        _everything.Add(who, c, sign);
        if (Rules is { } rules && RuleWatch.Wants(c.Key.Measure)) rules.Take(who, c, sign);
        if (c.Queue is not null) Of(_queues, "queue/", c.Queue).Add(who, c, sign);
        if (c.Department is not null) Of(_departments, "department/", c.Department).Add(who, c, sign);
    }

    // Every contribution comes by here: a look-up by the bare id, instead of a new text and a walk down a sorted tree.
    private Ledger Of(Dictionary<string, Ledger> byId, string kind, string id)
    {
        if (byId.TryGetValue(id, out var ledger)) return ledger;
        ledger = byId[id] = _ledgers[kind + id] = new(_shelf);
        if (_watched) ledger.Watch();
        return ledger;
    }
}
