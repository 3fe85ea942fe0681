using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>An agent is in the state that its last event named.</summary>
public static class AgentRules
{
    public static Evaluation Evaluate(Subject subject, IReadOnlyList<Event> history, long now)
    {
        var j = new Judgement(now);
        for (var i = history.Count - 1; i >= 0; i--)
        {
            if (history[i].Data is not AgentStateChanged d) continue;
            var state = d.State.ToString().ToLowerInvariant();
            j.Member(Measure.AgentIn, null, history[i].DepartmentId, history[i].At, state);
            return j.Done(new(subject, state, history[i].DepartmentId, null, history[i].At, null, 0, null, [], []));
        }
        return Evaluation.Empty;
    }
}
