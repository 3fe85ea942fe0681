using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Turns;

/// <summary>Rows that leave memory and come back. The sums know nothing of it. (design: rule 7)</summary>
public abstract partial class Tally
{
    /// <summary>Changes when a row leaves memory or comes back: what was read elsewhere between two equal ones fits what is read here.</summary>
    public long Departures { get; private set; }

    /// <summary>Whether a subject has an evaluation in memory.</summary>
    public bool Has(Subject who) => _rows.ContainsKey(who);

    /// <summary>The contact or ticket of a customer's file whose numbers are a row of their own; null for any other row.</summary>
    public virtual Subject? InFile(Subject part) => null;

    /// <summary>All evaluations in memory, in the order of their subjects.</summary>
    protected IEnumerable<KeyValuePair<Subject, Evaluation>> Evaluations()
    {
        foreach (var who in _order) yield return new(who, _rows[who].Last);
    }

    /// <summary>Takes a row out of memory; what it adds to the sums stays there.</summary>
    protected void Drop(Subject who)
    {
        _rows.Remove(who);
        _order.Remove(who);
        Departures++;
    }

    /// <summary>Takes a row away that adds nothing to the sums and waits for nothing: there is none, in memory or elsewhere.</summary>
    protected void Forget(Subject who)
    {
        _rows.Remove(who);
        _order.Remove(who);
    }

    /// <summary>Puts a row back as it was, with what it adds to the sums there already, but for the members.</summary>
    protected void PutBack(Subject who, Evaluation was)
    {
        _rows[who] = new(was, was.NextChangeAt);
        _order.Add(who);
        if (was.NextChangeAt != long.MaxValue) _deadlines.Add(new(was.NextChangeAt, who));
        foreach (var c in was.Contributions)
            if (c.Kind == ContributionKind.Member) Books.Replace(who, [], [c]);
        Departures++;
    }
}
