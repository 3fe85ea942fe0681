using System.Runtime.InteropServices;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Turns;

public enum Verdict { Accepted, Duplicate, IdReused, TooOld, TimeInFuture }

/// <summary>What a turn is given: the time, and events (none for a tick). A replayed turn comes from the journal and was judged before.</summary>
public sealed record TurnInput(long Now, IReadOnlyList<Event> Events, bool Replayed = false)
{
    /// <summary>One for each event, where somebody has taken them already: they need no turn's order, so no writer has to wait for them.</summary>
    public IReadOnlyList<EventHash>? Hashes { get; init; }
}

/// <summary>
/// What a turn wants: these events journalled, then these answers given. <see cref="MustCommit"/> is also true for a turn without events that
/// raised alerts, so that a restart finds them raised. No effect may leave before its cause is durable.
/// </summary>
public sealed record TurnEffects(
    IReadOnlyList<Verdict> Verdicts, IReadOnlyList<Event> Commit, IReadOnlyList<Alert> Alerts, bool MustCommit, long NextWake);

/// <summary>Back-fill takes events of any age and sends no alerts.</summary>
public sealed record ShardOptions(bool Backfill = false);

/// <summary>
/// All subjects of one installation (or of one partition of it) and the sums over them. <see cref="Step"/> is the turn: due deadlines first,
/// then ingest; state changes only there. No clock, no I/O: the same inputs give the same effects. (design: The idea)
/// </summary>
public sealed class Shard(PolicySet policies, ShardOptions options) : Tally(policies)
{
    private sealed class Held
    {
        public readonly History History = new();
        public bool Dirty;
    }

    private readonly Dictionary<Subject, Held> _subjects = [];
    private readonly Dictionary<string, SortedDictionary<(long At, Subject Contact), ContactFact>> _customers = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, ulong> _seen = [];
    private readonly List<Subject> _dirty = []; // each once, in the order of arrival until it is settled
    private readonly SortedSet<string> _dirtyCustomers = new(StringComparer.Ordinal);

    public override long EventCount => _seen.Count;

    public TurnEffects Step(TurnInput input)
    {
        var now = Math.Max(Now, input.Now); // a clock that is set back does not un-happen a breach
        Now = now;
        var changed = new List<Alert>();
        WakeDue(now);
        Settle(now, changed);
        var verdicts = new Verdict[input.Events.Count];
        var commit = new List<Event>(input.Events.Count);
        for (var i = 0; i < verdicts.Length; i++)
        {
            verdicts[i] = Take(input.Events[i], input.Hashes, i, now, input.Replayed);
            if (verdicts[i] == Verdict.Accepted) commit.Add(input.Events[i]);
        }
        Settle(now, changed, told: true);
        return new(verdicts, commit, changed, commit.Count > 0 || changed.Count > 0, NextWake);
    }

    /// <summary>A subject's events in their one order, as they stand between two turns; empty for one that is not known.</summary>
    public IReadOnlyList<Event> HistoryOf(Subject subject) => _subjects.TryGetValue(subject, out var held) ? held.History.All : [];

    /// <summary>All that a later start needs instead of the turns so far. Taken between turns; a set, in no order, that later turns do not touch.</summary>
    public ShardImage Image() => new(
        Now, LastEventAt, [.. _seen], [.. _subjects.Values.SelectMany(s => s.History.All)], [.. Alerts.All],
        new SortedDictionary<string, SourceStats>(Sources.ToDictionary(s => s.Key, s => s.Value.Copy()), StringComparer.Ordinal));

    /// <summary>Goes on where the image was taken. Only on a fresh shard; rows and sums are judged anew from the histories.</summary>
    public void Resume(ShardImage image)
    {
        (Now, LastEventAt) = (image.Now, image.LastEventAt);
        foreach (var (identity, body) in image.Seen) _seen.Add(identity, body);
        foreach (var (name, stats) in image.Sources) Sources[name] = stats.Copy(); // the image stays as it was taken
        foreach (var alert in image.Alerts) Alerts.Remember(alert);
        foreach (var e in image.Histories) Insert(e);
        Settle(Now, []);
    }

    private Verdict Take(Event e, IReadOnlyList<EventHash>? hashes, int index, long now, bool replayed)
    {
        if (!Sources.TryGetValue(e.Source, out var source)) Sources[e.Source] = source = new();
        if (!replayed && SubjectRules.Acceptable(e, now, options.Backfill) is { } refusal) return source.Refuse(refusal);
        var (identity, body) = hashes is null ? EventHash.Of(e) : hashes[index];
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_seen, identity, out var seen);
        if (seen)
        {
            if (known != body) return source.Refuse(Verdict.IdReused);
            source.Duplicates++;
            return Verdict.Duplicate;
        }
        known = body;
        source.Take(e, now);
        LastEventAt = Math.Max(LastEventAt, e.At);
        Insert(e);
        return Verdict.Accepted;
    }

    private void Insert(Event e)
    {
        var deed = e.Data is AlertDeed;
        if (!deed && !SubjectRules.HasRow(e)) { Version++; return; }
        if (!_subjects.TryGetValue(e.Subject, out var held)) _subjects[e.Subject] = held = new();
        if (deed) held.History.AddDeed(e); else held.History.Add(e);
        Touch(e.Subject, held);
    }

    private void Touch(Subject who, Held held)
    {
        if (held.Dirty) return;
        held.Dirty = true;
        _dirty.Add(who);
    }

    private void WakeDue(long now)
    {
        while (TakeDue(now, out var who))
            if (who.Kind == SubjectKind.Other) _dirtyCustomers.Add(who.Id); else Touch(who, _subjects[who]);
    }

    private void Settle(long now, List<Alert> changed, bool told = false)
    {
        if (_dirty.Count + _dirtyCustomers.Count == 0) return;
        Version++;
        _dirty.Sort(); // the order of arrival is not part of a set
        foreach (var subject in _dirty)
        {
            var held = _subjects[subject];
            held.Dirty = false;
            if (held.History.Events.Count == 0) continue; // deeds alone, come before their cause
            var next = SubjectRules.Evaluate(subject, held.History.Events, Policies, now);
            if (Last(subject).Fact is { } old) Remember(old, -1);
            if (next.Fact is { } fact) Remember(fact, 1);
            if (!options.Backfill)
            {
                changed.AddRange(Alerts.Settle(subject, next.Alerts, held.History.Deeds, now, told));
                next = next.ButNotAfter(Alerts.NextChangeOf(subject, held.History.Deeds, now));
            }
            Exchange(subject, next);
        }
        _dirty.Clear();
        foreach (var customer in _dirtyCustomers)
        {
            var who = new Subject(SubjectKind.Other, customer);
            Exchange(who, CustomerRules.Evaluate([.. _customers[customer].Values], Policies.FcrWindowMs, now));
        }
        _dirtyCustomers.Clear();
    }

    private void Remember(ContactFact fact, int sign)
    {
        if (!_customers.TryGetValue(fact.CustomerRef, out var contacts)) _customers[fact.CustomerRef] = contacts = [];
        if (sign > 0) contacts[(fact.InitiatedAt, fact.Contact)] = fact; else contacts.Remove((fact.InitiatedAt, fact.Contact));
        _dirtyCustomers.Add(fact.CustomerRef);
    }
}
