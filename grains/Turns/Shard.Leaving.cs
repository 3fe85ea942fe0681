using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Surveys;

namespace OpsMonitor.Grains.Turns;

/// <summary>One that may leave memory, with its row where it has one (a survey has none). <see cref="Touched"/> tells whether it is still as it was.</summary>
public sealed record Leaver(Subject Subject, Evaluation? Evaluation, long Touched)
{
    /// <summary>See <see cref="Past.Life"/>.</summary>
    public Past.Life Life { get; init; }

    /// <summary>Its events as <see cref="History.Pack"/> gives them, of one whose life was long enough that many instants fall into it; else null.</summary>
    public byte[]? Packed { get; init; }
}

/// <summary>
/// Memory holds what is open. A subject that is over, will not change by itself, has no standing alert and was quiet for a while may leave; its
/// sums, alerts and contact facts stay. An event that concerns it later brings back its whole history with the turn: judged anew it is what it
/// was, so that what is taken off the sums is exactly what was put on. When one leaves is the host's affair and changes no number. (design: rule 7)
/// </summary>
public sealed partial class Shard
{
    private sealed class HeldSurvey
    {
        public readonly SurveyLinks Links = new();
        public long Touched;
    }

    private readonly SubjectSet _left = new(); // has left at least once: who is in memory again stays in it
    private readonly Queue<(Subject Who, long Touched, long Since)> _quiet = new();
    private long _touches;

    /// <summary>How many have left at least once.</summary>
    public int LeftCount => _left.Count;

    /// <summary>How many are in memory with their events.</summary>
    public int HeldCount => _subjects.Count + _surveys.Count + Agents.Count;

    /// <summary>How many identities are known by which an event that comes again is told.</summary>
    public long IdentityCount => _seen.Count;

    /// <summary>How many hours of agents are in memory, at rest or not, and how many days on the shelf.</summary>
    public (int Hours, int Days) AgentCounts
    {
        get
        {
            var (hours, days) = (0, 0);
            foreach (var past in Agents.Values) (hours, days) = (hours + past.Counts.Hours, days + past.Counts.Days);
            return (hours, days);
        }
    }

    /// <summary>Whether it is not in memory but was; rarely also of one that never was, whose recalled history is then empty.</summary>
    public bool IsAway(Subject who) =>
        _left.Count > 0 && !(who.Kind == SubjectKind.Survey ? _surveys.ContainsKey(who) : _subjects.ContainsKey(who)) && _left.Contains(who);

    /// <summary>Whether an identity was taken before: such an event changes nothing, whoever it concerns.</summary>
    public bool Knows(UInt128 identity) => _seen.Knows(identity);

    /// <summary>The tickets that a survey in memory names.</summary>
    public IReadOnlyCollection<Subject> TicketsOf(Subject survey) => _surveys.TryGetValue(survey, out var held) ? held.Links.Tickets : [];

    /// <summary>Some of those that may leave now, each told once. Their rows are to be kept elsewhere before <see cref="Leave"/>.</summary>
    public IReadOnlyList<Leaver> Leavers(int limit)
    {
        var leavers = new List<Leaver>();
        var before = TurnClock - options.LeaveAfterMs;
        while (leavers.Count < limit && _quiet.TryPeek(out var next) && next.Since <= before)
        {
            _quiet.Dequeue();
            if (next.Who.Kind == SubjectKind.Other)
            {
                if (LeaverOfPart(next.Who) is { } part) leavers.Add(part);
                continue;
            }
            var leaver = new Leaver(next.Who, next.Who.Kind == SubjectKind.Survey ? null : Last(next.Who), next.Touched);
            if (IsAsItWas(leaver)) leavers.Add(WithLife(leaver));
        }
        return leavers;
    }

    /// <summary>
    /// Lets those go that are still as they were, and agents' hours come to rest that are over: these need nobody to keep their rows. Between turns only,
    /// while nobody reads, and only what is durable.
    /// </summary>
    public void Leave(IReadOnlyList<Leaver> leavers)
    {
        if (options.LeaveAfterMs != long.MaxValue) RestAgents(AgentHour.Of(TurnClock - options.LeaveAfterMs));
        if (options is { Backfill: false, LeaveAfterMs: < long.MaxValue }) _seen.Forget(Now);
        foreach (var leaver in leavers)
        {
            if (!IsAsItWas(leaver)) continue;
            if (leaver.Subject.Kind == SubjectKind.Other) { LeavePart(leaver.Subject); continue; }
            _left.Add(leaver.Subject);
            if (leaver.Subject.Kind == SubjectKind.Survey) { _surveys.Remove(leaver.Subject); continue; }
            _subjects.Remove(leaver.Subject);
            Drop(leaver.Subject);
        }
        if (options.LeaveAfterMs != long.MaxValue) RestFiles();
    }

    // In back-fill the present stands still, so there the events' own time tells how long nothing was heard.
    private long TurnClock => options.Backfill ? LastEventAt : Now;

    private bool IsAsItWas(Leaver leaver) => leaver.Subject.Kind == SubjectKind.Other ? IsAsItWas(leaver.Subject, leaver.Evaluation)
        : leaver.Subject.Kind == SubjectKind.Survey
        ? _surveys.TryGetValue(leaver.Subject, out var survey) && survey.Touched == leaver.Touched
        : _subjects.TryGetValue(leaver.Subject, out var held) && held.Touched == leaver.Touched && !held.Dirty;

    /// <summary>Over for good unless somebody says otherwise: no instant and no saved policy changes it, and no list of what is open has it.</summary>
    private bool IsSettled(Subject who, Evaluation evaluation)
    {
        if (options.LeaveAfterMs == long.MaxValue || who.Kind > SubjectKind.Callback) return false;
        if (evaluation.NextChangeAt != long.MaxValue || evaluation.Row is not { EndedAt: not null }) return false;
        var (open, unresolved) = (0L, 0L);
        foreach (var c in evaluation.Contributions)
        {
            if (c.Kind == ContributionKind.Member) return false;
            if (c.Key.Measure == Measure.OpenDelta) open += c.Amount;
            if (c.Key.Measure == Measure.UnresolvedDelta) unresolved += c.Amount;
        }
        if (open != 0 || unresolved != 0) return false;
        foreach (var alert in Alerts.Of(who))
            if (alert.State == AlertState.Raised) return false;
        return true;
    }

    private void Quiet(Subject who, long touched, long lastAt)
    {
        if (options.LeaveAfterMs != long.MaxValue) _quiet.Enqueue((who, touched, Math.Max(TurnClock, lastAt)));
    }

    private void ComeBack(Recalled recalled)
    {
        var who = recalled.Subject;
        if (!IsAway(who)) return;
        foreach (var alert in recalled.Alerts) Alerts.ComeBack(alert);
        if (who.Kind == SubjectKind.Survey)
        {
            var survey = SurveyOf(who);
            foreach (var e in recalled.Events)
                if (e.Data is not (null or AlertDeed)) survey.Links.Add(e);
            return;
        }
        var history = new History();
        foreach (var e in recalled.Events)
        {
            if (e.Data is AlertDeed) history.AddDeed(e);
            else if (e.Subject == who ? SubjectRules.HasRow(e) : e.Data is not null) history.Add(e);
        }
        var held = _subjects[who] = new(history) { Touched = ++_touches };
        if (history.Events.Count == 0) return;
        var was = SubjectRules.Evaluate(who, history.Events, Policies, Now);
        PutBack(who, was);
        if (IsSettled(who, was)) Quiet(who, held.Touched, history.Events[^1].At); // the event that it came for may yet be refused
    }

    private HeldSurvey SurveyOf(Subject survey) => _surveys.TryGetValue(survey, out var held) ? held : _surveys[survey] = new();

    private void Resume(JudgedImage judged)
    {
        foreach (var (scope, sums) in judged.Sums) Books.Restore(scope, sums);
        Resume(judged.Files);
        foreach (var (contact, work) in judged.Work) PastOf(work.Agent).Resume(contact, work);
        foreach (var past in Agents.Values) past.Rest();
        foreach (var hash in judged.Left) _left.Add(hash);
        foreach (var (who, evaluation) in judged.Rows)
        {
            PutBack(who, evaluation);
            if (AgentHour.TryRead(who, out var agent, out var hour)) Resumed(agent, hour);
            else if (who.Kind == SubjectKind.Other) ResumePart(who, evaluation);
            if (_subjects.TryGetValue(who, out var held) && IsSettled(who, evaluation)) Quiet(who, held.Touched = ++_touches, long.MinValue);
        }
        _rules?.Resume(judged.Watched, Books, Now);
        foreach (var alert in Alerts.All)
            if (RuleSubjects.CustomerOf(alert.Due.Subject) is { } customer && _customers.Opened(customer) is not null) _customerOf[alert.Due.Subject] = customer;
        foreach (var (who, survey) in _surveys) Quiet(who, survey.Touched = ++_touches, long.MinValue);
        Version++;
    }
}
