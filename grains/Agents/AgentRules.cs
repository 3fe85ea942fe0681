using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>An agent is in the state last told. Where the time went is judged by the hour: <see cref="AgentHour"/>. (spec: metrics, agents)</summary>
internal static class AgentRules
{
    /// <param name="last">the stretch that goes on; null where nothing was told yet</param>
    public static Evaluation Evaluate(Subject agent, AgentStretch? last, long now)
    {
        var j = new Judgement(now);
        if (last is null || !j.Reached(last.From)) return j.Done(null);
        j.Member(Measure.AgentIn, null, last.Department, last.From, Word(last.State));
        return j.Done(new(agent, Word(last.State), last.Department, null, last.From, null, 0, null, [], []));
    }

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
