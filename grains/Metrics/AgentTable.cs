namespace OpsMonitor.Grains.Metrics;

/// <summary>Agents: who is in which state, where their time went, and what each of them did. (spec: metrics, agents, occupancy)</summary>
internal static class AgentTable
{
    private static readonly string[] States = ["available", "busy", "wrapup", "break", "training", "other", "offline", "ringing"];

    public static void Fill(SortedDictionary<string, object?> t, Scene scene)
    {
        var (delta, at) = scene.IsQueue ? (Measure.QueueAgentDelta, Measure.QueueAgentAt) : (Measure.AgentDelta, Measure.AgentAt);
        var (times, now) = (new SortedDictionary<string, long>(StringComparer.Ordinal), new SortedDictionary<string, long>(StringComparer.Ordinal));
        var agents = new SortedDictionary<string, SortedDictionary<string, long>>(StringComparer.Ordinal);
        // A stretch inside one minute leaves its length there and no change.
        foreach (var param in scene.Level.Params(delta).Union(scene.Level.Params(at), StringComparer.Ordinal).ToList())
        {
            var slash = param.IndexOf('/', StringComparison.Ordinal);
            var (state, agent) = (param[..slash], param[(slash + 1)..]);
            now[state] = now.GetValueOrDefault(state) + scene.Level[delta, param];
            var ms = Formulas.TimeIn(scene.Sums, scene.Level, delta, at, param, scene.Window, scene.Now);
            if (ms == 0) continue;
            times[state] = times.GetValueOrDefault(state) + ms;
            if (!agents.TryGetValue(agent, out var own)) agents[agent] = own = new(StringComparer.Ordinal);
            own[state] = ms;
        }
        t["occupancy"] = Occupancy(times);
        t["agents.time_s"] = times.Count == 0 ? null : Seconds(times);
        t["agents.by_agent"] = ByAgent(scene.Sums, agents);
        if (scene.Live.Count == 0) return;
        foreach (var state in States) t[$"agents.{state}"] = now.GetValueOrDefault(state);
    }

    private static Ratio Occupancy(SortedDictionary<string, long> ms) =>
        Formulas.Occupancy(ms.GetValueOrDefault("busy"), ms.GetValueOrDefault("wrapup"), ms.GetValueOrDefault("available"));

    private static SortedDictionary<string, object?>? ByAgent(Sums s, SortedDictionary<string, SortedDictionary<string, long>> times)
    {
        foreach (var agent in s.Params(Measure.AgentAnswered)) times.TryAdd(agent, new(StringComparer.Ordinal));
        if (times.Count == 0) return null;
        var all = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (agent, own) in times)
        {
            var login = 0L;
            foreach (var (state, ms) in own)
                if (state != "offline") login += ms;
            all[agent] = new SortedDictionary<string, object?>(StringComparer.Ordinal)
            {
                ["answered"] = s[Measure.AgentAnswered, agent],
                ["handled"] = s[Measure.AgentHandled, agent],
                ["talk_s"] = Formulas.MeanSeconds(s[Measure.AgentTalkMs, agent], 1),
                ["acw_s"] = Formulas.MeanSeconds(s[Measure.AgentAcwMs, agent], 1),
                ["login_s"] = Formulas.MeanSeconds(login, 1),
                ["time_s"] = own.Count == 0 ? null : Seconds(own),
                ["occupancy"] = Occupancy(own),
            };
        }
        return all;
    }

    private static SortedDictionary<string, object?> Seconds(SortedDictionary<string, long> ms)
    {
        var seconds = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (state, sum) in ms) seconds[state] = Formulas.MeanSeconds(sum, 1);
        return seconds;
    }
}
