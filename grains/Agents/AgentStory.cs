using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>What lasts from one part of an agent's past into the next: what was said of all queues at once, and the stretch that goes on, over all queues and in each.</summary>
internal sealed record AgentCarry(AgentState? Everywhere, AgentStretch? Whole, Items<KeyValuePair<string, AgentStretch>> Queues);

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

    private AgentState? _everywhere;

    private AgentStory(AgentCarry? before)
    {
        if (before is null) return;
        _everywhere = before.Everywhere;
        if (before.Whole is { } whole) Whole.Add(whole);
        foreach (var (queue, last) in before.Queues.All) Queues[queue] = [last];
    }

    /// <summary>Over all queues; the first may have begun in the part before.</summary>
    public List<AgentStretch> Whole { get; } = [];

    /// <summary>The beginnings (1) and ends (-1) of stretches in this part, over all queues (null) and in each, in the order in which they were told.</summary>
    public List<(string? Queue, string? Department, AgentState State, long At, int Sign)> Edges { get; } = [];

    public SortedDictionary<string, List<AgentStretch>> Queues { get; } = new(StringComparer.Ordinal);

    public AgentCarry Carry => new(_everywhere, Whole.Count > 0 ? Whole[^1] : null, new([.. Queues.Select(q => KeyValuePair.Create(q.Key, q.Value[^1]))]));

    /// <param name="before">null for the first part of all</param>
    /// <param name="told">of this part, in their one order</param>
    /// <param name="reached">false for an instant that is still to come</param>
    public static AgentStory Of(AgentCarry? before, IReadOnlyList<Event> told, Func<long, bool> reached)
    {
        var story = new AgentStory(before);
        foreach (var e in told)
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
            foreach (var queue in new List<string>(Queues.Keys)) Change(queue, e, d);
        }
        if (Now() is { } state) Go(null, Whole, e, state);
    }

    private void Change(string queue, Event e, AgentStateChanged d)
    {
        var known = Queues.TryGetValue(queue, out var stretches);
        if (Next(known ? stretches![^1].State : _everywhere, d) is not { } state) return;
        if (!known) Queues[queue] = stretches = [];
        Go(queue, stretches!, e, state);
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
            foreach (var stretches in Queues.Values)
                if (stretches[^1].State == state) return state;
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
