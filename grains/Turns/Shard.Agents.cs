using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// The hours of agents: what contacts kept an agent busy with hides what the agent said of itself. Judged by the hour, so that a contact costs a look
/// at the others of its hour, not at all there ever were.
/// </summary>
public sealed partial class Shard
{
    private readonly Dictionary<string, SortedDictionary<long, SortedSet<(long From, long To, AgentDuty Duty, Subject Contact)>>> _agentHours = new(StringComparer.Ordinal);
    private readonly SortedSet<(long Hour, string Agent)> _dirtyHours = new(Comparer<(long Hour, string Agent)>.Create((a, b) =>
        a.Hour != b.Hour ? a.Hour.CompareTo(b.Hour) : string.CompareOrdinal(a.Agent, b.Agent)));

    private void Remember(Subject subject, Evaluation old, Evaluation next)
    {
        NoteLateFiles(subject, old, next);
        if (old.Fact != next.Fact) Remember(old.Fact, next.Fact, Now);
        if (subject.Kind == SubjectKind.Agent) TouchHours(subject.Id, old.States, next.States);
        if (old.Work.Count + next.Work.Count == 0 || Same(old.Work, next.Work)) return;
        foreach (var work in old.Work) Remember(subject, work, -1);
        foreach (var work in next.Work) Remember(subject, work, 1);
    }

    private void Remember(Subject contact, AgentWork work, int sign)
    {
        var all = WorkOf(work);
        if (sign > 0) all.Add((work.From, work.To, work.Duty, contact)); else all.Remove((work.From, work.To, work.Duty, contact));
        _dirtyHours.Add((AgentHour.Of(work.From), work.Agent));
    }

    /// <summary>All that kept the same agent busy in the same hour.</summary>
    private SortedSet<(long From, long To, AgentDuty Duty, Subject Contact)> WorkOf(AgentWork work)
    {
        if (!_agentHours.TryGetValue(work.Agent, out var hours)) _agentHours[work.Agent] = hours = [];
        var hour = AgentHour.Of(work.From);
        return hours.TryGetValue(hour, out var all) ? all : hours[hour] = [];
    }

    private IEnumerable<KeyValuePair<Subject, AgentWork>> Work()
    {
        foreach (var (agent, hours) in _agentHours)
            foreach (var all in hours.Values)
                foreach (var (from, to, duty, contact) in all) yield return new(contact, new(agent, from, to, duty));
    }

    // From the first stretch on that is not as it was.
    private void TouchHours(string agent, IReadOnlyList<AgentTrack> old, IReadOnlyList<AgentTrack> next)
    {
        if (!_agentHours.TryGetValue(agent, out var hours)) return;
        var from = Math.Min(Changed(old, next), Changed(next, old));
        if (from == long.MaxValue) return;
        var first = AgentHour.Of(from);
        foreach (var hour in hours.Keys)
            if (hour >= first) _dirtyHours.Add((hour, agent));
    }

    private static long Changed(IReadOnlyList<AgentTrack> these, IReadOnlyList<AgentTrack> others)
    {
        var from = long.MaxValue;
        foreach (var track in these)
        {
            AgentTrack? other = null;
            foreach (var t in others)
                if (t.Queue == track.Queue) { other = t; break; }
            for (var i = 0; i < track.Stretches.Count; i++)
            {
                if (other is not null && i < other.Stretches.Count && other.Stretches[i] == track.Stretches[i]) continue;
                from = Math.Min(from, track.Stretches[i].From);
                break;
            }
        }
        return from;
    }

    private void TouchFile(Subject file)
    {
        if (AgentHour.TryRead(file, out var agent, out var hour) && _agentHours.TryGetValue(agent, out var hours) && hours.ContainsKey(hour)) _dirtyHours.Add((hour, agent));
        else TouchPart(file);
    }

    private void SettleHours(long now)
    {
        foreach (var (hour, agent) in _dirtyHours)
            ExchangeNoted(AgentHour.FileOf(agent, hour), AgentHour.Evaluate(agent, _agentHours[agent][hour], Last(new(SubjectKind.Agent, agent)).States, now));
        _dirtyHours.Clear();
    }

    private static bool Same(IReadOnlyList<AgentWork> a, IReadOnlyList<AgentWork> b)
    {
        if (a.Count != b.Count) return false;
        for (var i = 0; i < a.Count; i++)
            if (a[i] != b[i]) return false;
        return true;
    }
}
