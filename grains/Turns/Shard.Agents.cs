using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Turns;

/// <summary>Agents: the states told of them, and what contacts kept them busy with. Each agent's past is judged by the hour: <see cref="AgentPast"/>.</summary>
public sealed partial class Shard
{
    private readonly Dictionary<string, AgentPast> _agents = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _dirtyAgents = new(StringComparer.Ordinal);

    private static bool IsAgents(Event e) => e is { Subject.Kind: SubjectKind.Agent, Data: AgentStateChanged };

    private AgentPast PastOf(string agent) => _agents.TryGetValue(agent, out var past) ? past : _agents[agent] = new(agent);

    private void Tell(Event e)
    {
        PastOf(e.Subject.Id).Add(e);
        _dirtyAgents.Add(e.Subject.Id);
    }

    private void Remember(Subject subject, Evaluation old, Evaluation next)
    {
        NoteLateFiles(subject, old, next);
        if (old.Fact != next.Fact)
        {
            if (old.Fact is { } before) Remember(before, -1);
            if (next.Fact is { } fact) Remember(fact, 1);
        }
        if (old.Work.Count + next.Work.Count == 0 || Same(old.Work, next.Work)) return;
        foreach (var work in old.Work) Changed(work).Take(subject, work);
        foreach (var work in next.Work) Changed(work).Put(subject, work);
    }

    private AgentPast Changed(AgentWork work)
    {
        var past = PastOf(work.Agent);
        past.Touch(AgentHour.Of(work.From));
        _dirtyAgents.Add(work.Agent);
        return past;
    }

    private void TouchFile(Subject file)
    {
        if (!AgentHour.TryRead(file, out var agent, out var hour)) { _dirtyCustomers.Add(file.Id); return; }
        PastOf(agent).Wake(hour);
        _dirtyAgents.Add(agent);
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
            }
            if (past.Last is { } last) Exchange(who, AgentRules.Evaluate(who, last, now));
        }
        _dirtyAgents.Clear();
    }

    private static bool Same(IReadOnlyList<AgentWork> a, IReadOnlyList<AgentWork> b)
    {
        if (a.Count != b.Count) return false;
        for (var i = 0; i < a.Count; i++)
            if (a[i] != b[i]) return false;
        return true;
    }
}
