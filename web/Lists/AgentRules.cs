using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Lists;

/// <summary>
/// Agents: each hour of one is a file of its own, so that only all together they are one agent. A line is an
/// agent; its parts are times in ms.
/// </summary>
/// <param name="line">of an agent's times by state: what counts above, and below; null for no line</param>
internal sealed class AgentTimeRule(Func<IReadOnlyDictionary<string, long>, (long Num, long N)?> line) : ListRule
{
    public string? Only { get; init; }

    public override long? KeptFrom(Window window) => null; // agents never leave memory

    public override void Take(Subject who, IReadOnlyList<Contribution> own, ListScene scene, List<ListItem> into)
    {
    }

    public override List<ListItem> Read(Tally tally, IReadOnlyList<(Subject Who, List<ListItem> Lines)> kept, ListScene scene)
    {
        var items = new List<ListItem>();
        foreach (var (agent, times) in Times(tally, scene))
            if ((Only is null || Only == agent) && line(times) is { } parts)
                items.Add(new(new(SubjectKind.Agent, agent), Math.Min(scene.Now, scene.Window.To), null, null, parts.Num, parts.N, Unit.Length == 0 ? null : parts.Num));
        return items;
    }

    private static SortedDictionary<string, SortedDictionary<string, long>> Times(Tally tally, ListScene scene)
    {
        var (delta, at) = scene.Scope.StartsWith("queue/", StringComparison.Ordinal) ? (Measure.QueueAgentDelta, Measure.QueueAgentAt) : (Measure.AgentDelta, Measure.AgentAt);
        var source = Report.Source(tally, scene.Scope);
        var (within, level) = (source.Over(scene.Window), source.Level(scene.Window.To));
        var agents = new SortedDictionary<string, SortedDictionary<string, long>>(StringComparer.Ordinal);
        foreach (var param in level.Params(delta).Union(level.Params(at), StringComparer.Ordinal))
        {
            var ms = Formulas.TimeIn(within, level, delta, at, param, scene.Window, scene.Now);
            if (ms == 0) continue;
            var slash = param.IndexOf('/', StringComparison.Ordinal);
            if (!agents.TryGetValue(param[(slash + 1)..], out var own)) agents[param[(slash + 1)..]] = own = new(StringComparer.Ordinal);
            own[param[..slash]] = ms;
        }
        return agents;
    }
}

/// <summary>Agents who are in a state at the end of the window.</summary>
internal sealed class AgentStateRule(string state) : ListRule
{
    public override long? KeptFrom(Window window) => null;

    public override void Take(Subject who, IReadOnlyList<Contribution> own, ListScene scene, List<ListItem> into)
    {
    }

    public override List<ListItem> Read(Tally tally, IReadOnlyList<(Subject Who, List<ListItem> Lines)> kept, ListScene scene)
    {
        var measure = scene.Scope.StartsWith("queue/", StringComparison.Ordinal) ? Measure.QueueAgentDelta : Measure.AgentDelta;
        var level = Report.Source(tally, scene.Scope).Level(scene.Window.To);
        var agents = new SortedDictionary<string, (long Count, long Since)>(StringComparer.Ordinal);
        foreach (var param in level.Params(measure))
            if (param.StartsWith(state + "/", StringComparison.Ordinal)) agents[param[(state.Length + 1)..]] = (level[measure, param], long.MinValue);
        foreach (var (_, c) in tally.Contributions()) // since when: of those in a state for longer than memory has it, the state they told
        {
            if (c.Key.Measure != measure || c.Amount < 0 || c.At >= scene.Window.To || !c.Key.Param.StartsWith(state + "/", StringComparison.Ordinal) || !scene.Covers(c)) continue;
            var agent = c.Key.Param[(state.Length + 1)..];
            if (agents.TryGetValue(agent, out var known)) agents[agent] = (known.Count, Math.Max(known.Since, c.At));
        }
        foreach (var (agent, (count, since)) in agents.ToList())
            if (since == long.MinValue) agents[agent] = (count, tally.Find(new(SubjectKind.Agent, agent))?.CreatedAt ?? since);
        return [.. agents.SelectMany(a => Enumerable.Repeat(new ListItem(new(SubjectKind.Agent, a.Key), a.Value.Since, null, null, 1, 1), (int)Math.Max(0, a.Value.Count)))];
    }
}
