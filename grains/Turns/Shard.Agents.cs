using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// The days of agents: what contacts kept an agent busy with hides what the agent said of itself. Judged by the day, so that a contact costs a look
/// at the others of its day, not at all there ever were.
/// </summary>
public sealed partial class Shard
{
    private readonly Dictionary<string, SortedDictionary<long, SortedSet<(long From, long To, AgentDuty Duty, Subject Contact)>>> _agentDays = new(StringComparer.Ordinal);
    private readonly SortedSet<(long Day, string Agent)> _dirtyDays = new(Comparer<(long Day, string Agent)>.Create((a, b) =>
        a.Day != b.Day ? a.Day.CompareTo(b.Day) : string.CompareOrdinal(a.Agent, b.Agent)));

    private void Remember(Subject subject, Evaluation old, Evaluation next)
    {
        NoteLateFiles(subject, old, next);
        if (old.Fact != next.Fact)
        {
            if (old.Fact is { } before) Remember(before, -1);
            if (next.Fact is { } fact) Remember(fact, 1);
        }
        if (subject.Kind == SubjectKind.Agent) TouchDays(subject.Id, old.States, next.States);
        if (old.Work.Count + next.Work.Count == 0 || Same(old.Work, next.Work)) return;
        foreach (var work in old.Work) Remember(subject, work, -1);
        foreach (var work in next.Work) Remember(subject, work, 1);
    }

    private void Remember(Subject contact, AgentWork work, int sign)
    {
        var all = WorkOf(work);
        if (sign > 0) all.Add((work.From, work.To, work.Duty, contact)); else all.Remove((work.From, work.To, work.Duty, contact));
        _dirtyDays.Add((AgentDay.Of(work.From), work.Agent));
    }

    /// <summary>All that kept the same agent busy on the same day.</summary>
    private SortedSet<(long From, long To, AgentDuty Duty, Subject Contact)> WorkOf(AgentWork work)
    {
        if (!_agentDays.TryGetValue(work.Agent, out var days)) _agentDays[work.Agent] = days = [];
        var day = AgentDay.Of(work.From);
        return days.TryGetValue(day, out var all) ? all : days[day] = [];
    }

    private IEnumerable<KeyValuePair<Subject, AgentWork>> Work()
    {
        foreach (var (agent, days) in _agentDays)
            foreach (var all in days.Values)
                foreach (var (from, to, duty, contact) in all) yield return new(contact, new(agent, from, to, duty));
    }

    // From the first stretch on that is not as it was.
    private void TouchDays(string agent, IReadOnlyList<AgentTrack> old, IReadOnlyList<AgentTrack> next)
    {
        if (!_agentDays.TryGetValue(agent, out var days)) return;
        var from = Math.Min(Changed(old, next), Changed(next, old));
        if (from == long.MaxValue) return;
        var first = AgentDay.Of(from);
        foreach (var day in days.Keys)
            if (day >= first) _dirtyDays.Add((day, agent));
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
        if (AgentDay.TryRead(file, out var agent, out var day) && _agentDays.TryGetValue(agent, out var days) && days.ContainsKey(day)) _dirtyDays.Add((day, agent));
        else _dirtyCustomers.Add(file.Id);
    }

    private void SettleDays(long now)
    {
        foreach (var (day, agent) in _dirtyDays)
            ExchangeNoted(AgentDay.FileOf(agent, day), AgentDay.Evaluate(agent, _agentDays[agent][day], Last(new(SubjectKind.Agent, agent)).States, now));
        _dirtyDays.Clear();
    }

    private static bool Same(IReadOnlyList<AgentWork> a, IReadOnlyList<AgentWork> b)
    {
        if (a.Count != b.Count) return false;
        for (var i = 0; i < a.Count; i++)
            if (a[i] != b[i]) return false;
        return true;
    }
}
