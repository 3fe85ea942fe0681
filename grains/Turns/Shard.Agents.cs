using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// Agents: the states told of them, and what contacts kept them busy with. Each agent's past is judged by the hour (<see cref="AgentPast"/>); of an
/// hour that is over only what it is judged by stays in memory: before anything of it changes, what it added to the sums is made anew.
/// </summary>
public sealed partial class Shard
{
    private readonly Dictionary<string, AgentPast> _agents = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _dirtyAgents = new(StringComparer.Ordinal);
    private readonly SortedSet<(long Hour, string Agent)> _hours = new(Comparer<(long Hour, string Agent)>.Create((a, b) => // in memory with what they add
        a.Hour != b.Hour ? a.Hour.CompareTo(b.Hour) : string.CompareOrdinal(a.Agent, b.Agent)));

    /// <summary>What agents' hours add to the sums that are in memory no more, made anew: <see cref="Tally.Contributions"/> has the others.</summary>
    public IEnumerable<(Subject Who, Contribution What)> RestingContributions()
    {
        foreach (var (agent, past) in _agents)
            foreach (var hour in past.Hours)
                if (AgentHour.FileOf(agent, hour) is var file && !Has(file))
                    foreach (var what in past.Judge(hour, Now).Contributions) yield return (file, what);
    }

    private static bool IsAgents(Event e) => e is { Subject.Kind: SubjectKind.Agent, Data: AgentStateChanged };

    private AgentPast PastOf(string agent) => _agents.TryGetValue(agent, out var past) ? past : _agents[agent] = new(agent, hour => Return(agent, hour));

    private void Tell(Event e)
    {
        PastOf(e.Subject.Id).Add(e);
        _dirtyAgents.Add(e.Subject.Id);
    }

    private void Remember(Subject subject, Evaluation old, Evaluation next)
    {
        NoteLateFiles(subject, old, next);
        if (old.Fact != next.Fact) Remember(old.Fact, next.Fact, Now);
        if (old.Work.Count + next.Work.Count == 0 || Same(old.Work, next.Work)) return;
        foreach (var work in old.Work) Dirty(work.Agent).Take(subject, work);
        foreach (var work in next.Work) Dirty(work.Agent).Put(subject, work);
    }

    private AgentPast Dirty(string agent)
    {
        _dirtyAgents.Add(agent);
        return PastOf(agent);
    }

    private void TouchFile(Subject file)
    {
        if (AgentHour.TryRead(file, out var agent, out var hour)) Dirty(agent).Wake(hour);
        else TouchPart(file);
    }

    private void SettleAgents(long now)
    {
        foreach (var agent in _dirtyAgents)
        {
            var (past, who) = (_agents[agent], new Subject(SubjectKind.Agent, agent));
            foreach (var hour in past.TakeUnjudged(now))
            {
                var file = AgentHour.FileOf(agent, hour);
                if (_late.Contains(who)) _late.Add(file);
                ExchangeNoted(file, past.Judge(hour, now));
                _hours.Add((hour, agent));
            }
            if (past.Last is { } last) Exchange(who, AgentRules.Evaluate(who, last, now));
        }
        _dirtyAgents.Clear();
    }

    private Evaluation LastOf(string agent, long hour) =>
        AgentHour.FileOf(agent, hour) is var file && Has(file) ? Last(file) : _agents[agent].Judge(hour, Now);

    private void Return(string agent, long hour)
    {
        var file = AgentHour.FileOf(agent, hour);
        if (Has(file) || _agents[agent].Judge(hour, Now) is not { Contributions.Count: > 0 } was) return;
        PutBack(file, was);
        _hours.Add((hour, agent));
    }

    // Those that ended long enough ago and do not change by themselves.
    private void RestAgents()
    {
        if (options.LeaveAfterMs == long.MaxValue || _dirtyAgents.Count > 0) return;
        var before = AgentHour.Of(TurnClock - options.LeaveAfterMs);
        while (_hours.Count > 0 && _hours.Min is var (hour, agent) && hour < before)
        {
            _hours.Remove((hour, agent));
            if (Last(AgentHour.FileOf(agent, hour)).NextChangeAt == long.MaxValue) Drop(AgentHour.FileOf(agent, hour));
        }
    }

    private static bool Same(IReadOnlyList<AgentWork> a, IReadOnlyList<AgentWork> b)
    {
        if (a.Count != b.Count) return false;
        for (var i = 0; i < a.Count; i++)
            if (a[i] != b[i]) return false;
        return true;
    }
}
