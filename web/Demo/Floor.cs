using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Demo;

/// <summary>The agents: shifts, breaks, and who is free. Every change of state is said once.</summary>
internal sealed class Floor(Agenda agenda, Dice dice, EventLog log)
{
    public sealed class Agent(Scenario.Shift shift)
    {
        public Scenario.Shift Shift => shift;
        public string Id => shift.AgentId;
        public AgentState State { get; set; } = AgentState.Offline;
        public long Since { get; set; }
        public long BreakAt { get; set; }
        public bool Ringing { get; set; }
        public bool OnShift { get; set; }
    }

    private readonly List<Agent> _agents = [.. Scenario.Shifts.Select(shift => new Agent(shift))];

    /// <summary>Called when an agent has become free other than by ending a call.</summary>
    public Action Freed { get; set; } = () => { };

    public void Open()
    {
        foreach (var agent in _agents)
        {
            var local = agenda.Now + Scenario.LocalOffset;
            var begins = local - local % Scenario.Day + agent.Shift.FromHour * Scenario.Hour - Scenario.LocalOffset;
            var length = agent.Shift.Hours * Scenario.Hour;
            var running = begins <= agenda.Now ? begins : begins - Scenario.Day;
            if (running + length > agenda.Now)
            {
                Begin(agent);
                agenda.At(running + length, () => End(agent));
            }
            else
            {
                Say(agent, AgentState.Offline, "off shift");
            }
            agenda.At(begins > agenda.Now ? begins : begins + Scenario.Day, () => Daily(agent));
        }
    }

    /// <summary>The agent who has been free the longest and serves the queue; null when there is none.</summary>
    public Agent? TakeFree(string queue)
    {
        Agent? best = null;
        foreach (var agent in _agents)
        {
            if (agent.State != AgentState.Available || agent.Ringing || !agent.Shift.Queues.Contains(queue)) continue;
            if (best is null || agent.Since < best.Since) best = agent;
        }
        if (best is not null) best.Ringing = true;
        return best;
    }

    public void Busy(Agent agent)
    {
        agent.Ringing = false;
        Say(agent, AgentState.Busy);
    }

    public void WrapUp(Agent agent) => Say(agent, AgentState.Wrapup);

    /// <summary>A shift that is over ends with its last call.</summary>
    public void Free(Agent agent)
    {
        if (agent.OnShift) Say(agent, AgentState.Available);
        else Say(agent, AgentState.Offline, "off shift");
    }

    /// <summary>An agent who did not pick up is set aside for a minute.</summary>
    public void StepAway(Agent agent)
    {
        agent.Ringing = false;
        Say(agent, AgentState.Other, "missed call");
        agenda.In(Scenario.Minute, () => Return(agent));
    }

    /// <summary>Sends one agent at a time on a due break, when nobody waits.</summary>
    public void Relieve(bool nobodyWaits)
    {
        if (!nobodyWaits || _agents.Any(agent => agent.State == AgentState.Break)) return;
        var due = _agents.Find(agent => agent.State == AgentState.Available && !agent.Ringing && agent.BreakAt <= agenda.Now);
        if (due is null) return;
        due.BreakAt = agenda.Now + dice.Minutes(120, 190);
        Say(due, AgentState.Break, "rest");
        agenda.In(dice.Minutes(10, 20), () => Return(due));
    }

    private void Return(Agent agent)
    {
        Free(agent);
        Freed();
    }

    private void Daily(Agent agent)
    {
        Begin(agent);
        agenda.In(agent.Shift.Hours * Scenario.Hour, () => End(agent));
        agenda.In(Scenario.Day, () => Daily(agent));
        Freed();
    }

    private void Begin(Agent agent)
    {
        agent.OnShift = true;
        agent.BreakAt = agenda.Now + dice.Minutes(60, 180);
        if (agent.State == AgentState.Offline) Say(agent, AgentState.Available);
    }

    private void End(Agent agent)
    {
        agent.OnShift = false;
        if (agent.State == AgentState.Available && !agent.Ringing) Say(agent, AgentState.Offline, "off shift");
    }

    private void Say(Agent agent, AgentState state, string? reason = null)
    {
        (agent.State, agent.Since) = (state, agenda.Now);
        log.Agent(agent.Id, new AgentStateChanged(state, agent.Shift.DepartmentId, agent.Shift.Queues, reason), agent.Shift.DepartmentId);
    }
}
