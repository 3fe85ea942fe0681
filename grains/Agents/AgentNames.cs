using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>What one agent's time is summed under, <c>state/agent</c>: made once, for there are hundreds of sums in an hour.</summary>
internal sealed class AgentNames
{
    private const string Ringing = "ringing";

    private readonly string[] _states = new string[Enum.GetValues<AgentState>().Length], _duties = new string[Enum.GetValues<AgentDuty>().Length];

    public AgentNames(string agent)
    {
        for (var i = 0; i < _states.Length; i++) _states[i] = $"{AgentRules.Word((AgentState)i)}/{agent}";
        _duties[(int)AgentDuty.Contact] = Of(AgentState.Busy);
        _duties[(int)AgentDuty.Wrapup] = Of(AgentState.Wrapup);
        _duties[(int)AgentDuty.Ringing] = $"{Ringing}/{agent}";
    }

    public string Of(AgentState state) => _states[(int)state];

    public string Of(AgentDuty duty) => _duties[(int)duty];
}
