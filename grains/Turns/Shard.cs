using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Callbacks;
using OpsMonitor.Grains.Contacts;
using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Tickets;

namespace OpsMonitor.Grains.Turns;

public enum Verdict { Accepted, Duplicate, IdReused, TooOld, TimeInFuture }

/// <summary>What a turn is given: the time, and events (none for a tick). A replayed turn comes from the journal and was judged before.</summary>
public sealed record TurnInput(long Now, IReadOnlyList<Event> Events, bool Replayed = false);

/// <summary>
/// What a turn wants: these events journalled, then these answers given. <see cref="MustCommit"/> is also true for a turn without events that
/// raised alerts, so that a restart finds them raised. No effect may leave before its cause is durable.
/// </summary>
public sealed record TurnEffects(
    IReadOnlyList<Verdict> Verdicts, IReadOnlyList<Event> Commit, IReadOnlyList<Alert> Alerts, bool MustCommit, long NextWake);

/// <summary>Acceptance of event times. Back-fill lifts the age limit and sends no alerts.</summary>
public sealed record ShardOptions(bool Backfill = false)
{
    public const long FutureMs = 5 * 60_000, HorizonMs = 30 * 86_400_000L;
}

/// <summary>
/// All subjects of one installation (or of one partition of it) and the sums over them. <see cref="Step"/> is the turn: due deadlines first,
/// then ingest; state changes only there. No clock, no I/O: the same inputs give the same effects. (design: The idea)
/// </summary>
public sealed class Shard(PolicySet policies, ShardOptions options)
{
    private sealed class Held
    {
        public readonly List<Event> History = [];
        public Evaluation Last = Evaluation.Empty;
    }

    private readonly Dictionary<Subject, Held> _subjects = [];
    private readonly Dictionary<string, SortedDictionary<(long At, Subject Contact), ContactFact>> _customers = new(StringComparer.Ordinal);
    private readonly Dictionary<Subject, Evaluation> _customerLast = [];
    private readonly Dictionary<UInt128, ulong> _seen = [];
    private readonly SortedSet<(long At, Subject Who)> _deadlines = [];
    private readonly SortedSet<Subject> _dirty = [];
    private readonly SortedSet<string> _dirtyCustomers = new(StringComparer.Ordinal);

    public Books Books { get; } = new();

    public AlertBook Alerts { get; } = new();

    public SortedDictionary<string, SourceStats> Sources { get; } = new(StringComparer.Ordinal);

    public PolicySet Policies => policies;

    /// <summary>The instant up to which everything here has been judged.</summary>
    public long Now { get; private set; } = long.MinValue;

    /// <summary>Grows with every turn that changed something.</summary>
    public long Version { get; private set; }

    public long EventCount => _seen.Count;

    public long LastEventAt { get; private set; } = long.MinValue;

    public TurnEffects Step(TurnInput input)
    {
        var now = Math.Max(Now, input.Now); // a clock that is set back does not un-happen a breach
        Now = now;
        var changed = new List<Alert>();
        TakeDue(now);
        Settle(now, changed);
        var verdicts = new Verdict[input.Events.Count];
        var commit = new List<Event>(input.Events.Count);
        for (var i = 0; i < verdicts.Length; i++)
        {
            verdicts[i] = Take(input.Events[i], now, input.Replayed);
            if (verdicts[i] == Verdict.Accepted) commit.Add(input.Events[i]);
        }
        Settle(now, changed);
        return new(verdicts, commit, changed, commit.Count > 0 || changed.Count > 0, NextWake);
    }

    public long NextWake => _deadlines.Count == 0 ? long.MaxValue : _deadlines.Min.At;

    /// <summary>The rows of one kind, in ordinal order of their subjects.</summary>
    public IEnumerable<Row> Rows(SubjectKind? kind = null) =>
        _subjects.Where(s => kind is null || s.Key.Kind == kind).OrderBy(s => s.Key).Select(s => s.Value.Last.Row).OfType<Row>();

    public Row? Find(Subject subject) => _subjects.TryGetValue(subject, out var held) ? held.Last.Row : null;

    /// <summary>A subject's events in their one order, as they stand between two turns; empty for one that is not known.</summary>
    public IReadOnlyList<Event> HistoryOf(Subject subject) => _subjects.TryGetValue(subject, out var held) ? [.. held.History] : [];

    /// <summary>What one subject contributes now: the drill-down and the recount read it.</summary>
    public IEnumerable<(Subject Who, Contribution What)> Contributions() =>
        _subjects.OrderBy(s => s.Key).SelectMany(s => s.Value.Last.Contributions.Select(c => (s.Key, c)))
            .Concat(_customerLast.OrderBy(s => s.Key).SelectMany(s => s.Value.Contributions.Select(c => (s.Key, c))));

    /// <summary>All that a later start needs instead of the turns so far. Taken between turns; a set, in no order, that later turns do not touch.</summary>
    public ShardImage Image() => new(
        Now, LastEventAt, [.. _seen], [.. _subjects.Values.SelectMany(s => s.History)], [.. Alerts.All],
        new SortedDictionary<string, SourceStats>(Sources.ToDictionary(s => s.Key, s => s.Value.Copy()), StringComparer.Ordinal));

    /// <summary>Goes on where the image was taken. Only on a fresh shard; rows and sums are judged anew from the histories.</summary>
    public void Resume(ShardImage image)
    {
        (Now, LastEventAt) = (image.Now, image.LastEventAt);
        foreach (var (identity, body) in image.Seen) _seen.Add(identity, body);
        foreach (var (name, stats) in image.Sources) Sources[name] = stats;
        foreach (var alert in image.Alerts) Alerts.Remember(alert);
        foreach (var e in image.Histories) Insert(e);
        Settle(Now, []);
    }

    private Verdict Take(Event e, long now, bool replayed)
    {
        if (!Sources.TryGetValue(e.Source, out var source)) Sources[e.Source] = source = new();
        if (!replayed)
        {
            if (e.At > now + ShardOptions.FutureMs) return source.Refuse(Verdict.TimeInFuture);
            if (!options.Backfill && e.At < now - ShardOptions.HorizonMs) return source.Refuse(Verdict.TooOld);
        }
        var identity = EventReader.IdentityHash(e.Source, e.Id);
        var body = EventReader.BodyHash(e);
        if (_seen.TryGetValue(identity, out var known))
        {
            if (known != body) return source.Refuse(Verdict.IdReused);
            source.Duplicates++;
            return Verdict.Duplicate;
        }
        _seen.Add(identity, body);
        source.Take(e, now);
        LastEventAt = Math.Max(LastEventAt, e.At);
        Insert(e);
        return Verdict.Accepted;
    }

    private void Insert(Event e)
    {
        if (e.Data is null || e.Subject.Kind is SubjectKind.Other or SubjectKind.Source or SubjectKind.Survey) { Version++; return; }
        if (!_subjects.TryGetValue(e.Subject, out var held)) _subjects[e.Subject] = held = new();
        var index = held.History.BinarySearch(e);
        held.History.Insert(index < 0 ? ~index : index, e);
        _dirty.Add(e.Subject);
    }

    private void TakeDue(long now)
    {
        while (_deadlines.Count > 0 && _deadlines.Min.At <= now)
        {
            var (_, who) = _deadlines.Min;
            _deadlines.Remove(_deadlines.Min);
            if (who.Kind == SubjectKind.Other) _dirtyCustomers.Add(who.Id); else _dirty.Add(who);
        }
    }

    private void Settle(long now, List<Alert> changed)
    {
        if (_dirty.Count + _dirtyCustomers.Count == 0) return;
        Version++;
        foreach (var subject in _dirty)
        {
            var held = _subjects[subject];
            var next = Evaluate(subject, held.History, now);
            if (held.Last.Fact is { } old) Remember(old, -1);
            if (next.Fact is { } fact) Remember(fact, 1);
            Exchange(subject, held.Last, next);
            held.Last = next;
            if (!options.Backfill) changed.AddRange(Alerts.Settle(subject, next.Alerts, now));
        }
        _dirty.Clear();
        foreach (var customer in _dirtyCustomers)
        {
            var who = new Subject(SubjectKind.Other, customer);
            var next = CustomerRules.Evaluate([.. _customers[customer].Values], policies.FcrWindowMs, now);
            Exchange(who, _customerLast.GetValueOrDefault(who, Evaluation.Empty), next);
            _customerLast[who] = next;
        }
        _dirtyCustomers.Clear();
    }

    private Evaluation Evaluate(Subject subject, List<Event> history, long now) => subject.Kind switch
    {
        SubjectKind.Ticket => TicketRules.Evaluate(subject, history, policies, now),
        SubjectKind.Contact => ContactRules.Evaluate(subject, history, policies, now),
        SubjectKind.Callback => CallbackRules.Evaluate(subject, history, now),
        SubjectKind.Agent => AgentRules.Evaluate(subject, history, now),
        _ => Evaluation.Empty,
    };

    private void Exchange(Subject who, Evaluation old, Evaluation next)
    {
        Books.Replace(who, old.Contributions, next.Contributions);
        if (old.NextChangeAt != long.MaxValue) _deadlines.Remove((old.NextChangeAt, who));
        if (next.NextChangeAt != long.MaxValue) _deadlines.Add((next.NextChangeAt, who));
    }

    private void Remember(ContactFact fact, int sign)
    {
        if (!_customers.TryGetValue(fact.CustomerRef, out var contacts)) _customers[fact.CustomerRef] = contacts = [];
        if (sign > 0) contacts[(fact.InitiatedAt, fact.Contact)] = fact; else contacts.Remove((fact.InitiatedAt, fact.Contact));
        _dirtyCustomers.Add(fact.CustomerRef);
    }
}
