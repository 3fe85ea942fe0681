using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// What is known of many subjects at an instant: the row of each, the sums over all of them, the alerts, and when the next row will change
/// although nothing happens. Every page, list and number is read from here, whichever host keeps it up to date. (design: rules 2 to 4)
/// </summary>
public abstract class Tally(PolicySet policies)
{
    private readonly Dictionary<Subject, Evaluation> _rows = [];
    private readonly SortedSet<Subject> _order = [];
    private readonly SortedSet<(long At, Subject Who)> _deadlines = [];

    public Books Books { get; } = new();

    public AlertBook Alerts { get; } = new();

    public SortedDictionary<string, SourceStats> Sources { get; } = new(StringComparer.Ordinal);

    /// <summary>As they stand after the newest of <see cref="Edits"/>.</summary>
    public PolicySet Policies { get; protected set; } = policies;

    /// <summary>What has been saved since the start state, in order.</summary>
    public IReadOnlyList<PolicyEdit> Edits { get; protected set; } = [];

    /// <summary>The instant up to which everything here has been judged.</summary>
    public long Now { get; protected set; } = long.MinValue;

    /// <summary>Grows with everything that changes something here.</summary>
    public long Version { get; protected set; }

    public abstract long EventCount { get; }

    public long LastEventAt { get; protected set; } = long.MinValue;

    /// <summary>When the first row changes although nothing happens; <see cref="long.MaxValue"/> for never.</summary>
    public long NextWake => _deadlines.Count == 0 ? long.MaxValue : _deadlines.Min.At;

    /// <summary>The rows of one kind in ordinal order of their subjects, from after one of them on.</summary>
    public IEnumerable<Row> Rows(SubjectKind? kind = null, Subject? after = null)
    {
        foreach (var who in Subjects(after, kind ?? SubjectKind.Contact))
        {
            if (kind is { } one && who.Kind != one) break;
            if (_rows[who].Row is { } row) yield return row;
        }
    }

    public Row? Find(Subject subject) => Last(subject).Row;

    /// <summary>What each subject contributes now, in the order of the subjects: the drill-down and the recount read it.</summary>
    public IEnumerable<(Subject Who, Contribution What)> Contributions()
    {
        foreach (var who in _order)
            foreach (var what in _rows[who].Contributions) yield return (who, what);
    }

    /// <summary>Numbers once shown that no longer hold, in the order of the files that they stand in.</summary>
    public IEnumerable<Revocation> Revocations()
    {
        foreach (var who in Subjects(null, SubjectKind.Other))
            foreach (var revocation in _rows[who].Revocations) yield return revocation;
    }

    /// <summary>All subjects in their order, from after one of them or from a kind on.</summary>
    protected IEnumerable<Subject> Subjects(Subject? after, SubjectKind from = SubjectKind.Contact)
    {
        foreach (var who in _order.GetViewBetween(after ?? new Subject(from, ""), new Subject(SubjectKind.Other, "\uffff")))
            if (who != after) yield return who;
    }

    /// <summary>The newest evaluation of a subject; an empty one where none is known.</summary>
    protected Evaluation Last(Subject who) => _rows.GetValueOrDefault(who, Evaluation.Empty);

    /// <summary>A newer evaluation takes the place of the one before, in the sums and in the order of deadlines too.</summary>
    protected void Exchange(Subject who, Evaluation next)
    {
        var old = Last(who);
        Books.Replace(who, old.Contributions, next.Contributions);
        if (old.NextChangeAt != long.MaxValue) _deadlines.Remove((old.NextChangeAt, who));
        if (next.NextChangeAt != long.MaxValue) _deadlines.Add((next.NextChangeAt, who));
        if (ReferenceEquals(old, Evaluation.Empty)) _order.Add(who);
        _rows[who] = next;
    }

    /// <summary>Takes the next subject whose row changes at or before an instant off the order of deadlines.</summary>
    protected bool TakeDue(long now, out Subject who)
    {
        who = default;
        if (NextWake > now) return false;
        who = _deadlines.Min.Who;
        _deadlines.Remove(_deadlines.Min);
        return true;
    }
}
