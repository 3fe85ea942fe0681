using System.Runtime.InteropServices;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// What is known of many subjects at an instant: the row of each, the sums over all of them, the alerts, and when the next row will change
/// although nothing happens. Every page, list and number is read from here, whichever host keeps it up to date. (design: rules 2 to 4)
/// </summary>
/// <param name="shelf">for sums that are days old and seldom read; memory where none is given</param>
public abstract partial class Tally(PolicySet policies, IShelf? shelf = null)
{
    private readonly Dictionary<Subject, Place> _rows = [];
    private readonly SortedRuns<Subject> _order = new();
    private readonly SortedRuns<Deadline> _deadlines = new();
    private readonly IShelf _shelf = shelf ?? MemoryShelf.One;

    /// <summary>The newest evaluation, and the instant at which the order of deadlines has the subject; <see cref="long.MaxValue"/> for not at all.</summary>
    private record struct Place(Evaluation Last, long ArmedAt);

    private readonly record struct Deadline(long At, Subject Who) : IComparable<Deadline>
    {
        public int CompareTo(Deadline other) => At != other.At ? (At < other.At ? -1 : 1) : Who.CompareTo(other.Who);
    }

    public Books Books { get; } = new(shelf ?? MemoryShelf.One);

    public AlertBook Alerts { get; } = new();

    public SortedDictionary<string, SourceStats> Sources { get; } = new(StringComparer.Ordinal);

    /// <summary>As they stand after the newest of <see cref="Edits"/>.</summary>
    public PolicySet Policies { get; protected set; } = policies;

    /// <summary>What has been saved since the start state, in order.</summary>
    public IReadOnlyList<PolicyEdit> Edits { get; protected set; } = [];

    /// <summary>The instant up to which everything here has been judged.</summary>
    public long Now { get; protected set; } = long.MinValue;

    /// <summary>The instant of what is saved now, Unix ms: after all that was judged, so that nothing found in the same millisecond is judged anew.</summary>
    public long SavedAt(long now) => Now < now ? now : Now + 1;

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
            if (_rows[who].Last.Row is { } row) yield return row;
        }
    }

    public Row? Find(Subject subject) => Last(subject).Row;

    /// <summary>What each subject contributes now, in the order of the subjects: the drill-down and the recount read it.</summary>
    public IEnumerable<(Subject Who, Contribution What)> Contributions()
    {
        foreach (var who in _order)
            foreach (var what in _rows[who].Last.Contributions) yield return (who, what);
    }

    /// <summary>Numbers once shown that no longer hold, in the order of the files that they stand in.</summary>
    public IEnumerable<Revocation> Revocations()
    {
        foreach (var who in Subjects(null, SubjectKind.Other))
            foreach (var revocation in _rows[who].Last.Revocations) yield return revocation;
    }

    /// <summary>All subjects in their order, from after one of them or from a kind on.</summary>
    protected IEnumerable<Subject> Subjects(Subject? after, SubjectKind from = SubjectKind.Contact)
    {
        foreach (var who in _order.From(after ?? new Subject(from, "")))
            if (who != after) yield return who;
    }

    /// <summary>The newest evaluation of a subject; an empty one where none is known.</summary>
    protected Evaluation Last(Subject who) => _rows.TryGetValue(who, out var place) ? place.Last : Evaluation.Empty;

    /// <summary>A newer evaluation takes the place of the one before, in the sums and in the order of deadlines too.</summary>
    protected void Exchange(Subject who, Evaluation next)
    {
        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, who, out var known);
        if (!known)
        {
            place = new(Evaluation.Empty, long.MaxValue);
            _order.Add(who);
        }
        next.TakeUnchanged(place.Last);
        Books.Replace(who, place.Last.Contributions, next.Contributions);
        if (place.ArmedAt != next.NextChangeAt)
        {
            if (place.ArmedAt != long.MaxValue) _deadlines.Remove(new(place.ArmedAt, who));
            if (next.NextChangeAt != long.MaxValue) _deadlines.Add(new(next.NextChangeAt, who));
        }
        place = new(next, next.NextChangeAt);
    }

    /// <summary>Takes the next subject whose row changes at or before an instant off the order of deadlines.</summary>
    protected bool TakeDue(long now, out Subject who)
    {
        who = default;
        if (NextWake > now) return false;
        who = _deadlines.Min.Who;
        _deadlines.Remove(_deadlines.Min);
        CollectionsMarshal.GetValueRefOrNullRef(_rows, who).ArmedAt = long.MaxValue;
        return true;
    }
}
