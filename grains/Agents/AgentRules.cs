using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>An agent is in the state last told; the time in each state is a sum over stretches. (spec: metrics, agents, occupancy)</summary>
public static class AgentRules
{
    public static Evaluation Evaluate(Subject subject, IReadOnlyList<Event> history, long now)
    {
        var j = new Judgement(now);
        var story = AgentStory.Of(history, j.Reached);
        if (story.Whole.Count == 0) return j.Done(null);
        // In the order in which it was told: what happens next then stands at the end, and all before it stays as it is in the sums.
        foreach (var e in story.Edges)
        {
            var (delta, at) = e.Queue is null ? (Measure.AgentDelta, Measure.AgentAt) : (Measure.QueueAgentDelta, Measure.QueueAgentAt);
            var (department, param) = (e.Queue is null ? e.Department : null, Param(e.State, subject.Id));
            j.Point(delta, e.Queue, department, e.At, e.Sign, param);
            j.Point(at, e.Queue, department, e.At, e.Sign * e.At, param);
        }
        var tracks = new List<AgentTrack> { new(null, story.Whole) };
        foreach (var (queue, stretches) in story.Queues) tracks.Add(new(queue, stretches));
        var last = story.Whole[^1];
        j.Member(Measure.AgentIn, null, last.Department, last.From, Word(last.State));
        return j.Done(new(subject, Word(last.State), last.Department, null, last.From, null, 0, null, [], [])) with { States = tracks };
    }

    /// <summary>What a stretch of one agent's time is summed under.</summary>
    internal static string Param(AgentState state, string agent) => $"{Word(state)}/{agent}";

    internal static string Word(AgentState state) => state switch
    {
        AgentState.Offline => "offline",
        AgentState.Available => "available",
        AgentState.Busy => "busy",
        AgentState.Wrapup => "wrapup",
        AgentState.Break => "break",
        AgentState.Training => "training",
        _ => "other",
    };
}
