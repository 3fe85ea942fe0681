using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Grains.Turns;

/// <summary>What a saving reaches: it is judged by from its turn on, and whoever is open is judged anew in this turn and the next ones.</summary>
public sealed partial class Shard
{
    private readonly Queue<string> _sweptFiles = new(); // customers whose files are to be judged anew
    private Subject? _swept; // where the judging anew stands
    private long _sweptAt; // from when on the savings hold that it is for, Unix ms

    /// <summary>A saving has not reached every open subject yet: another turn should follow at once.</summary>
    public bool Sweeping => _swept is not null || _sweptFiles.Count > 0;

    private void Adopt(PolicyChange change)
    {
        (Edits, Policies) = ([.. Edits, change.Edit], change.Policies ?? Policies);
        Version++;
        _sweptAt = Sweeping ? Math.Min(_sweptAt, change.Edit.At) : change.Edit.At;
        var first = SubjectKind.Ticket;
        if (change.Edit.Kind == EditKind.Rules) first = SubjectKind.Contact; // who waits, too
        if (_swept is { Kind: SubjectKind.Contact }) first = SubjectKind.Contact;
        _swept = new Subject(first, ""); // from the beginning again, if the saving before was still under way
        if (change.Edit.Kind == EditKind.Rules && _rules is not null) AdoptRules(_sweptAt);
    }

    private void AdoptRules(long at)
    {
        _rules!.Saved(at);
        if (!Policies.Rules.IsNew(RuleId.MissedCall) && !Policies.Rules.IsNew(RuleId.CriticalDrop) && !Policies.Rules.IsNew(RuleId.RepeatComplaint)) return;
        var customers = new List<string>();
        foreach (var (customer, file) in _customers.InMemory) // nothing that a rule may still say something of is at rest
            if (file.IsOpenSince(at)) customers.Add(customer);
        customers.Sort(StringComparer.Ordinal);
        _sweptFiles.Clear();
        foreach (var customer in customers) _sweptFiles.Enqueue(customer);
    }

    // Something else came to it before the saving did.
    private bool IsUnswept(Subject who) => _swept is { } swept && who.CompareTo(swept) > 0;

    // A clock that has ended keeps what it ended under. An end may be told ahead of its time, and a clock may outlive its ticket.
    private bool IsOver(Row? row)
    {
        if (row?.EndedAt is not { } ended || ended > _sweptAt) return false;
        foreach (var clock in row.Clocks)
            if (clock.IsOpen) return false;
        return true;
    }

    // Only what is open.
    private void Sweep()
    {
        var judged = 0;
        if (_swept is not null)
        {
            foreach (var who in Subjects(_swept))
            {
                if (who.Kind > SubjectKind.Callback) break;
                if (judged == SweptPerTurn) return;
                _swept = who; // who is over counts for nothing here: whether it is still in memory must not show
                var last = Last(who);
                if (IsOver(last.Row) || (who.Kind == SubjectKind.Contact && last.NextChangeAt == long.MaxValue)) continue;
                Touch(who, _subjects[who]);
                judged++;
            }
            _swept = null;
        }
        for (; judged < SweptPerTurn && _sweptFiles.TryDequeue(out var customer); judged++)
        {
            FileOf(customer).By = null;
            _dirtyCustomers.Add(customer);
        }
    }
}
