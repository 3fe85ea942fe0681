using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>
/// An agent's states as told. A change that names queues concerns these, one that names none all of them; the agent is in the foremost state of any
/// of them, since who is free in one queue is free. Two reasons mean an end, not a state: <c>unpause</c> ends a break and <c>wrapup_over</c> a wrap-up;
/// said to somebody who is offline they say nothing.
/// </summary>
internal sealed class AgentStory
{
    public const string Unpause = "unpause", WrapupOver = "wrapup_over";

    // What is being done before what could be; absence last.
    private static readonly AgentState[] Foremost =
        [AgentState.Busy, AgentState.Wrapup, AgentState.Available, AgentState.Training, AgentState.Other, AgentState.Break, AgentState.Offline];

    private readonly SortedDictionary<string, AgentState> _states = new(StringComparer.Ordinal);
    private AgentState? _everywhere;

    /// <summary>Over all queues.</summary>
    public List<AgentStretch> Whole { get; } = [];

    /// <summary>The beginnings (1) and ends (-1) of all stretches, over all queues (null) and in each, in the order in which they were told.</summary>
    public List<(string? Queue, string? Department, AgentState State, long At, int Sign)> Edges { get; } = [];

    public SortedDictionary<string, List<AgentStretch>> Queues { get; } = new(StringComparer.Ordinal);

    /// <param name="reached">false for an instant that is still to come</param>
    public static AgentStory Of(IReadOnlyList<Event> history, Func<long, bool> reached)
    {
        var story = new AgentStory();
        foreach (var e in history)
        {
            if (e.Data is not AgentStateChanged d) continue;
            if (!reached(e.At)) break; // told ahead of its time
            story.Apply(e, d);
        }
        return story;
    }

    private void Apply(Event e, AgentStateChanged d)
    {
        if (d.Queues is { Count: > 0 } named)
        {
            foreach (var queue in named) Change(queue, e, d);
        }
        else
        {
            _everywhere = Next(_everywhere, d);
            foreach (var queue in new List<string>(_states.Keys)) Change(queue, e, d);
        }
        if (Now() is { } state) Go(null, Whole, e, state);
    }

    private void Change(string queue, Event e, AgentStateChanged d)
    {
        AgentState? before = _states.TryGetValue(queue, out var known) ? known : _everywhere;
        if (Next(before, d) is not { } state) return;
        _states[queue] = state;
        if (!Queues.TryGetValue(queue, out var stretches)) Queues[queue] = stretches = [];
        Go(queue, stretches, e, state);
    }

    private static AgentState? Next(AgentState? before, AgentStateChanged d) => d.Reason switch
    {
        Unpause when d.State == AgentState.Available => before is null or AgentState.Break ? AgentState.Available : before,
        WrapupOver when d.State == AgentState.Available => before is null or AgentState.Wrapup ? AgentState.Available : before,
        _ => d.State,
    };

    private AgentState? Now()
    {
        foreach (var state in Foremost)
        {
            if (_everywhere == state) return state;
            foreach (var of in _states.Values)
                if (of == state) return state;
        }
        return null;
    }

    private void Go(string? queue, List<AgentStretch> stretches, Event e, AgentState state)
    {
        if (stretches.Count > 0)
        {
            var last = stretches[^1];
            if (last.State == state && last.Department == e.DepartmentId) return;
            if (last.From == e.At)
            {
                stretches.RemoveAt(stretches.Count - 1);
                Edges.RemoveAt(Edges.FindLastIndex(edge => edge.Queue == queue && edge.At == e.At && edge.Sign > 0));
            }
            else
            {
                stretches[^1] = last with { To = e.At };
                Edges.Add((queue, last.Department, last.State, e.At, -1));
            }
        }
        stretches.Add(new(e.At, long.MaxValue, state, e.DepartmentId));
        Edges.Add((queue, e.DepartmentId, state, e.At, 1));
    }
}
