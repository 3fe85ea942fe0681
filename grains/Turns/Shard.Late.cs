using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Past;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// Which sums late events changed. Of a turn with late events the subjects that they stand in are compared before and after, and with them the
/// customers' files and agents' hours that hear of these. It follows from the turns alone: a replay finds the same.
/// </summary>
public sealed partial class Shard
{
    private readonly SortedSet<Subject> _late = []; // of the turn at hand
    private readonly List<Event> _lateEvents = [];
    private List<LateChange> _lateChanges = [];
    private List<LateTurn>? _lateTurns; // null where nobody asks

    /// <summary>From now on the changes by late events are noted, for <see cref="TakeLate"/>.</summary>
    public void WatchLate() => _lateTurns ??= [];

    /// <summary>The turns with late events since the last time.</summary>
    public IReadOnlyList<LateTurn> TakeLate()
    {
        if (_lateTurns is null or { Count: 0 }) return [];
        var turns = _lateTurns;
        _lateTurns = [];
        return turns;
    }

    private void NoteLate(Event e, long now)
    {
        if (_lateTurns is null || !LateTurn.IsLate(e, now)) return;
        _lateEvents.Add(e);
        _late.Add(e.Subject);
        if (Surveys.SurveyLinks.TicketOf(e) is { } about) _late.Add(about);
        if (e.Subject.Kind != SubjectKind.Survey) return;
        foreach (var named in TicketsOf(e.Subject)) _late.Add(named);
    }

    // The files that will be judged anew because of a late subject.
    private void NoteLateFiles(Subject subject, Evaluation old, Evaluation next)
    {
        if (_late.Count == 0 || !_late.Contains(subject)) return;
        foreach (var fact in (ContactFact?[])[old.Fact, next.Fact])
            if (fact is not null && old.Fact != next.Fact) _late.Add(new(SubjectKind.Other, fact.CustomerRef));
        foreach (var work in old.Work.Concat(next.Work)) _late.Add(AgentHour.FileOf(work.Agent, AgentHour.Of(work.From)));
    }

    private void ExchangeNoted(Subject who, Evaluation next)
    {
        if (_late.Count == 0 || !_late.Contains(who)) { Exchange(who, next); return; }
        var was = Last(who).Contributions;
        Exchange(who, next);
        if (!ReferenceEquals(was, next.Contributions)) _lateChanges.Add(new(was, next.Contributions));
    }

    private void TellLate(long now)
    {
        if (_lateEvents.Count == 0) return;
        if (_lateChanges.Count > 0) _lateTurns?.Add(new(now, [.. _lateEvents], _lateChanges));
        _lateEvents.Clear();
        _late.Clear();
        _lateChanges = [];
    }
}
