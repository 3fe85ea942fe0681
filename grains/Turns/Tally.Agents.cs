using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// Agents: the states told of them, and what contacts kept them busy with. Each agent's past is judged by the hour (<see cref="AgentPast"/>); of an
/// hour that is over only what it is judged by stays in memory: before anything of it changes, what it added to the sums is made anew.
/// </summary>
public abstract partial class Tally
{
    private readonly SortedSet<string> _dirtyAgents = new(StringComparer.Ordinal);
    private const int DaysAtOnce = 8;

    private static readonly Comparer<(long At, string Agent)> ByTime = Comparer<(long At, string Agent)>.Create((a, b) => a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(a.Agent, b.Agent));

    private readonly SortedSet<(long Hour, string Agent)> _hours = new(ByTime); // in memory with what they add
    private readonly SortedSet<(long Day, string Agent)> _daysOver = new(ByTime); // with hours that rest

    private protected Dictionary<string, AgentPast> Agents { get; } = new(StringComparer.Ordinal);

    private protected bool HasDirtyAgents => _dirtyAgents.Count > 0;

    /// <summary>What those add to the sums whose rows are in memory no more but can be made anew here, agents' hours: <see cref="Contributions"/> has the others.</summary>
    public virtual IEnumerable<(Subject Who, Contribution What)> RestingContributions()
    {
        foreach (var (agent, past) in Agents)
            foreach (var (hour, evaluation) in past.JudgeEvery(Now))
                if (AgentHour.FileOf(agent, hour) is var file && !Has(file))
                    foreach (var what in evaluation.Contributions) yield return (file, what);
    }

    private protected static bool IsAgents(Event e) => e is { Subject.Kind: SubjectKind.Agent, Data: AgentStateChanged };

    private protected AgentPast PastOf(string agent) => Agents.TryGetValue(agent, out var past) ? past : Agents[agent] = new(agent, hour => Return(agent, hour), _shelf);

    private protected AgentPast Dirty(string agent)
    {
        _dirtyAgents.Add(agent);
        return PastOf(agent);
    }

    /// <summary>What kept agents busy has changed with a contact.</summary>
    private protected void Remember(Subject contact, IReadOnlyList<AgentWork> old, IReadOnlyList<AgentWork> next)
    {
        if (old.Count + next.Count == 0 || Same(old, next)) return;
        foreach (var work in old) Dirty(work.Agent).Take(contact, work);
        foreach (var work in next) Dirty(work.Agent).Put(contact, work);
    }

    /// <param name="exchange">of an agent: puts the evaluation of an hour's file, at last of the agent itself, in the place of the one before</param>
    private protected void SettleAgents(long now, Action<Subject, Subject, Evaluation> exchange)
    {
        foreach (var agent in _dirtyAgents)
        {
            var (past, who) = (Agents[agent], new Subject(SubjectKind.Agent, agent));
            foreach (var hour in past.TakeUnjudged(now))
            {
                exchange(who, AgentHour.FileOf(agent, hour), past.Judge(hour, now));
                _hours.Add((hour, agent));
            }
            if (past.Last is { } last) exchange(who, who, AgentRules.Evaluate(who, last, now));
        }
        _dirtyAgents.Clear();
    }

    private protected Evaluation LastOf(string agent, long hour) =>
        AgentHour.FileOf(agent, hour) is var file && Has(file) ? Last(file) : Agents[agent].Judge(hour, Now);

    /// <summary>An hour of an image, in memory with what it adds.</summary>
    private protected void Resumed(string agent, long hour) => _hours.Add((hour, agent));

    /// <summary>Hours before one of them (see <see cref="AgentHour"/>) rest that do not change by themselves, and some of the days before its day as a whole.</summary>
    private protected void RestAgents(long before)
    {
        if (HasDirtyAgents) return;
        for (var n = 0; n < DaysAtOnce && _daysOver.Count > 0 && _daysOver.Min is var over && over.Day < AgentDay.Of(before) - 1; n++)
        {
            _daysOver.Remove(over);
            Agents[over.Agent].RestDay(over.Day);
        }
        while (_hours.Count > 0 && _hours.Min is var (hour, agent) && hour < before)
        {
            _hours.Remove((hour, agent));
            if (Last(AgentHour.FileOf(agent, hour)).NextChangeAt != long.MaxValue) continue;
            Drop(AgentHour.FileOf(agent, hour));
            Agents[agent].Rest(hour);
            _daysOver.Add((AgentDay.Of(hour), agent));
        }
    }

    private void Return(string agent, long hour)
    {
        var file = AgentHour.FileOf(agent, hour);
        if (Has(file) || Agents[agent].Judge(hour, Now) is not { Contributions.Count: > 0 } was) return;
        PutBack(file, was);
        _hours.Add((hour, agent));
    }

    private static bool Same(IReadOnlyList<AgentWork> a, IReadOnlyList<AgentWork> b)
    {
        if (a.Count != b.Count) return false;
        for (var i = 0; i < a.Count; i++)
            if (a[i] != b[i]) return false;
        return true;
    }
}
