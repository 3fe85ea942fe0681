using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Surveys;

namespace OpsMonitor.Grains.Turns;

public enum Verdict { Accepted, Duplicate, IdReused, TooOld, TimeInFuture }

/// <summary>What a turn is given: the time, and events (none for a tick). A replayed turn comes from the journal and was judged before.</summary>
public sealed record TurnInput(long Now, IReadOnlyList<Event> Events, bool Replayed = false)
{
    /// <summary>One for each event, where somebody has taken them already: they need no turn's order, so no writer has to wait for them.</summary>
    public IReadOnlyList<EventHash>? Hashes { get; init; }

    /// <summary>A policy or calendar that is saved in this turn, after all that was due by the old ones.</summary>
    public PolicyChange? Change { get; init; }

    /// <summary>Of every subject that left memory and that these events concern, all events of earlier turns: <see cref="Recall"/>.</summary>
    public IReadOnlyList<Recalled> Recalled { get; init; } = [];
}

/// <summary>
/// What a turn wants: these events journalled, then these answers given. <see cref="MustCommit"/> is also true for a turn without events that
/// raised alerts, so that a restart finds them raised. No effect may leave before its cause is durable.
/// </summary>
public sealed record TurnEffects(
    IReadOnlyList<Verdict> Verdicts, IReadOnlyList<Event> Commit, IReadOnlyList<Alert> Alerts, bool MustCommit, long NextWake);

/// <summary>Back-fill takes events of any age and sends no alerts.</summary>
/// <param name="LeaveAfterMs">for how long a subject that is over must have been quiet to leave memory; <see cref="long.MaxValue"/>: none ever does</param>
/// <param name="AlertsStayMs">for how long an alert stays after its end, at least</param>
/// <param name="FilesStayMs">how far back everything in a customer's file must lie for it to come to rest</param>
public sealed record ShardOptions(bool Backfill = false, long LeaveAfterMs = long.MaxValue, long AlertsStayMs = AlertBook.StaysMs, long FilesStayMs = ShardOptions.FilesStay)
{
    /// <summary>A day more than a rule on missed calls may look back.</summary>
    public const long FilesStay = CustomerAlerts.MostMinutesMs + 86_400_000;

    /// <summary>Where sums rest that are days old.</summary>
    public IShelf Shelf { get; init; } = MemoryShelf.One;
}

/// <summary>
/// All subjects of one installation (or of one partition of it) and the sums over them. <see cref="Step"/> is the turn: due deadlines first,
/// then ingest; state changes only there. No clock, no I/O: the same inputs give the same effects. (design: The idea)
/// </summary>
public sealed partial class Shard(PolicySet policies, ShardOptions options) : Tally(policies, options.Shelf)
{
    /// <summary>
    /// How many tickets and callbacks a turn judges anew after a saving: a few ten ms of work. The rest follows in the next turns; each is a frame,
    /// so that a replay judges the same ones at the same instants.
    /// </summary>
    public const int SweptPerTurn = 1_000;

    private sealed class Held(History history)
    {
        public readonly History History = history;
        public long Touched; // tells one evaluation of it from another
        public bool Dirty;
        public long News = long.MaxValue; // the oldest instant that the turn's events told of
    }

    private readonly Dictionary<Subject, Held> _subjects = [];
    private readonly Identities _seen = new();
    private readonly Dictionary<Subject, HeldSurvey> _surveys = [];
    private readonly List<Subject> _dirty = []; // each once, in the order of arrival until it is settled


    public override long EventCount => _seen.Taken;

    /// <summary>How many subjects have been judged by this object, each as often as it was: what a start cost.</summary>
    public long Judged { get; private set; }

    public TurnEffects Step(TurnInput input)
    {
        var now = Math.Max(Now, input.Now); // a clock that is set back does not un-happen a breach
        var takenOver = Policies.Book.TakesOverIn(Now, now); // whose due times that moves, its evaluation has asked to be woken at that instant
        Now = now;
        Books.Rules ??= _rules;
        foreach (var recalled in input.Recalled) ComeBack(recalled);
        var changed = new List<Alert>();
        WakeDue(now);
        Settle(now, changed, edited: takenOver);
        if (input.Change is { } change) Adopt(change);
        var swept = Sweeping;
        if (swept)
        {
            Sweep();
            Settle(now, changed, told: true, edited: true); // apart from what events change: what stood then and is still due goes on
        }
        var verdicts = new Verdict[input.Events.Count];
        var commit = new List<Event>(input.Events.Count);
        for (var i = 0; i < verdicts.Length; i++)
        {
            verdicts[i] = Take(input.Events[i], input.Hashes, i, now, input.Replayed);
            if (verdicts[i] == Verdict.Accepted) commit.Add(input.Events[i]);
        }
        Settle(now, changed, told: true);
        TellLate(now);
        return new(verdicts, commit, changed, commit.Count > 0 || changed.Count > 0 || input.Change is not null || swept, Sweeping ? now : NextWake);
    }

    /// <summary>A subject's events in their one order, as they stand between two turns; empty for one that is not known.</summary>
    public IReadOnlyList<Event> HistoryOf(Subject subject)
    {
        IReadOnlyList<Event> own = _subjects.TryGetValue(subject, out var held) ? held.History.All : [];
        return subject.Kind == SubjectKind.Agent && Agents.TryGetValue(subject.Id, out var past) ? [.. past.Events, .. own] : own;
    }

    /// <summary>Every event in memory, subject by subject; what belongs to two histories only with its own.</summary>
    public IEnumerable<Event> Histories()
    {
        foreach (var who in Subjects(null))
            if (_subjects.TryGetValue(who, out var held))
                foreach (var e in held.History.All)
                    if (e.Subject == who) yield return e;
        foreach (var past in Agents.Values)
            foreach (var e in past.Events) yield return e;
        foreach (var survey in _surveys.Values)
            foreach (var e in survey.Links.Events) yield return e;
    }

    /// <summary>All that a later start needs instead of the turns so far. Taken between turns; a set, in no order, that later turns do not touch.</summary>
    public ShardImage Image() => new(
        Now, LastEventAt, _seen.Image(), EventCount, [.. _subjects.Select(s => KeyValuePair.Create(s.Key, s.Value.History.Copy()))], [.. Alerts.All],
        new SortedDictionary<string, SourceStats>(Sources.ToDictionary(s => s.Key, s => s.Value.Copy()), StringComparer.Ordinal))
    {
        Edits = Edits,
        Surveys = [.. _surveys.Values.SelectMany(s => s.Links.Events)],
        Silences = Alerts.Silences.Events,
        AlertsAway = Alerts.AwayCount,
        Judged = new(
            [.. Evaluations()], [.. Books.All.Select(b => KeyValuePair.Create(b.Key, b.Value.Image()))],
            _customers.Image(), _left.All(), [.. Agents.Values.SelectMany(a => a.Works())])
        {
            Watched = [.. _rules?.Image() ?? []],
        },
        Agents = [.. Agents.Select(a => new AgentImage(a.Key, a.Value.Copy(), [.. a.Value.Days]))],
    };

    /// <summary>Goes on where the image was taken. Only on a fresh shard.</summary>
    /// <param name="policies">as they stand with the image's edits; null for those of the start</param>
    /// <param name="asJudged">rows and sums are those of the image; else they are judged anew, which an image that subjects have left cannot be</param>
    public void Resume(ShardImage image, PolicySet? policies = null, bool asJudged = false)
    {
        Books.Rules ??= _rules;
        (Now, LastEventAt, Edits, Policies) = (image.Now, image.LastEventAt, image.Edits, policies ?? Policies);
        _seen.Resume(image.Seen, image.EventCount);
        foreach (var (name, stats) in image.Sources) Sources[name] = stats.Copy(); // the image stays as it was taken
        foreach (var alert in image.Alerts) Alerts.Remember(alert);
        Alerts.AwayCount = image.AlertsAway;
        foreach (var e in image.Silences) Alerts.Silenced(e);
        foreach (var (who, history) in image.Histories) _subjects[who] = new(history.Copy());
        foreach (var agent in image.Agents) PastOf(agent.Agent).Resume(agent, image.Now);
        foreach (var e in image.Surveys) SurveyOf(e.Subject).Links.Add(e); // the tickets have it in their own histories
        if (asJudged || image.Judged.Left.Count > 0) { Resume(image.Judged); return; }
        foreach (var (who, held) in _subjects) Touch(who, held);
        foreach (var agent in Agents.Keys) Dirty(agent).JudgeAll();
        Settle(Now, []);
    }

    private Verdict Take(Event e, IReadOnlyList<EventHash>? hashes, int index, long now, bool replayed)
    {
        if (!Sources.TryGetValue(e.Source, out var source)) Sources[e.Source] = source = new();
        if (!replayed && SubjectRules.Acceptable(e, now, options.Backfill) is { } refusal) return source.Refuse(refusal);
        var (identity, body) = hashes is null ? EventHash.Of(e) : hashes[index];
        if (_seen.Take(identity, body, now) is { } known)
        {
            if (known != body) return source.Refuse(Verdict.IdReused);
            source.Duplicates++;
            return Verdict.Duplicate;
        }
        source.Take(e, now, !options.Backfill);
        NoteLate(e, now);
        LastEventAt = Math.Max(LastEventAt, e.At);
        Insert(e);
        return Verdict.Accepted;
    }

    private void Insert(Event e)
    {
        if (e.Data is AlertDeed || SubjectRules.HasRow(e))
        {
            if (IsAgents(e)) { Dirty(e.Subject.Id).Add(e); return; }
            Insert(e.Subject, e);
            if (e.Data is ContactLinked && SurveyLinks.TicketOf(e) is { } chased) Insert(chased, e);
            return;
        }
        Version++;
        if (e.Data is SilenceDeed)
            foreach (var silenced in Alerts.Silenced(e))
                if (_subjects.TryGetValue(silenced, out var held)) Touch(silenced, held);
        if (e.Subject.Kind != SubjectKind.Survey || e.Data is null or SilenceDeed) return;
        var survey = SurveyOf(e.Subject);
        foreach (var (ticket, of) in survey.Links.Add(e)) Insert(ticket, of);
        Quiet(e.Subject, survey.Touched = ++_touches, e.At);
    }

    private void Insert(Subject who, Event e)
    {
        if (!_subjects.TryGetValue(who, out var held))
        {
            if (IsAway(who)) throw new InvalidOperationException($"{who} left memory and was not recalled");
            _subjects[who] = held = new(new());
        }
        if (e.Data is AlertDeed) held.History.AddDeed(e);
        else
        {
            held.History.Add(e);
            held.News = Math.Min(held.News, e.At);
        }
        Touch(who, held);
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
            if (who.Kind == SubjectKind.Other) TouchFile(who); else if (who.Kind == SubjectKind.Rule) TouchRule(who); else Touch(who, _subjects[who]);
    }

    // What an edit moves goes on; what events move is withdrawn and raised.
    private void Settle(long now, List<Alert> changed, bool told = false, bool edited = false)
    {
        if (_dirty.Count + _dirtyCustomers.Count == 0 && !HasDirtyAgents && _rules is not { IsDirty: true }) return;
        Version++;
        _dirty.Sort(); // the order of arrival is not part of a set
        foreach (var subject in _dirty)
        {
            var held = _subjects[subject];
            held.Dirty = false;
            if (subject.Kind == SubjectKind.Rule) { TouchRule(subject); continue; }
            if (held.History.Events.Count == 0) continue; // deeds alone, come before their cause
            var next = SubjectRules.Evaluate(subject, held.History.Events, Policies, now);
            Remember(subject, Last(subject), next);
            if (!options.Backfill)
            {
                changed.AddRange(Alerts.Settle(subject, next.Alerts, held.History.Deeds, now, told, edited: edited || IsUnswept(subject), news: held.News));
                held.News = long.MaxValue;
                next = next.ButNotAfter(Alerts.NextChangeOf(subject, held.History.Deeds, now));
            }
            ExchangeNoted(subject, next);
            held.Touched = ++_touches;
            Judged++;
            if (IsSettled(subject, next)) Quiet(subject, held.Touched, held.History.Events[^1].At);
        }
        _dirty.Clear();
        SettleCustomers(now, changed, told);
        SettleAgents(now, ExchangeHour);
        SettleRules(now, changed, told);
        foreach (var who in Alerts.TakeDisturbed())
            if (_subjects.TryGetValue(who, out var held)) Touch(who, held);
        if (_dirty.Count > 0) Settle(now, changed, told, edited);
    }
}
