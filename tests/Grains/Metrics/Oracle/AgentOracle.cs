using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Tests.Grains.Metrics.Oracle;

/// <summary>Agents: between two instants at which anything happened to one of them nothing changes, so each such stretch is looked at by itself.</summary>
internal static class AgentOracle
{
    private sealed record Busy(string Agent, long From, long To, string With);

    private static readonly AgentState[] Foremost =
        [AgentState.Busy, AgentState.Wrapup, AgentState.Available, AgentState.Training, AgentState.Other, AgentState.Break, AgentState.Offline];

    public static void Fill(Question q)
    {
        var (busy, work) = (new List<Busy>(), new SortedDictionary<string, long[]>(StringComparer.Ordinal)); // answered, handled, talk, wrap-up
        foreach (var story in q.Stories(SubjectKind.Contact)) Follow(q, story, busy, work);
        var agents = q.Events.Where(e => e.Subject.Kind == SubjectKind.Agent).Select(e => e.Subject.Id).Concat(busy.Select(b => b.Agent)).Distinct().Order(StringComparer.Ordinal);
        var (times, now) = (new SortedDictionary<string, long>(StringComparer.Ordinal), new SortedDictionary<string, long>(StringComparer.Ordinal));
        var table = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var agent in agents)
        {
            var own = Times(q, agent, busy.FindAll(b => b.Agent == agent), now);
            foreach (var (state, ms) in own) times[state] = times.GetValueOrDefault(state) + ms;
            if (own.Count == 0 && !work.ContainsKey(agent)) continue;
            var did = work.GetValueOrDefault(agent, new long[4]);
            table[agent] = new SortedDictionary<string, object?>(StringComparer.Ordinal)
            {
                ["answered"] = did[0], ["handled"] = did[1], ["talk_s"] = Question.Seconds(did[2]), ["acw_s"] = Question.Seconds(did[3]),
                ["login_s"] = Question.Seconds(own.Where(s => s.Key != "offline").Sum(s => s.Value)), ["occupancy"] = Occupancy(own),
                ["time_s"] = own.Count == 0 ? null : Seconds(own),
            };
        }
        q["occupancy"] = Occupancy(times);
        q["agents.time_s"] = times.Count == 0 ? null : Seconds(times);
        q["agents.by_agent"] = table.Count == 0 ? null : table;
        if (!q.Live) return;
        foreach (var state in (string[])["available", "busy", "wrapup", "break", "training", "other", "offline", "ringing"]) q[$"agents.{state}"] = now.GetValueOrDefault(state);
    }

    private static SortedDictionary<string, object?> Seconds(SortedDictionary<string, long> ms) =>
        new(ms.ToDictionary(s => s.Key, s => (object?)Question.Seconds(s.Value)), StringComparer.Ordinal);

    private static Ratio Occupancy(SortedDictionary<string, long> ms)
    {
        var at = ms.GetValueOrDefault("busy") + ms.GetValueOrDefault("wrapup");
        return new(at, at + ms.GetValueOrDefault("available"));
    }

    private static SortedDictionary<string, long> Times(Question q, string agent, List<Busy> busy, SortedDictionary<string, long> now)
    {
        var told = q.Events.FindAll(e => e.Subject == new Subject(SubjectKind.Agent, agent));
        var (until, sums) = (Math.Min(q.To, q.Now), new SortedDictionary<string, long>(StringComparer.Ordinal));
        long[] marks = [.. told.Select(e => e.At).Concat(busy.SelectMany(b => new[] { b.From, b.To })).Append(Math.Max(q.From, 0)).Append(until).Append(q.Now).Distinct().Order()];
        for (var i = 0; i < marks.Length; i++)
        {
            var (from, to) = (marks[i], i + 1 < marks.Length ? marks[i + 1] : marks[i] + 1);
            if (from > q.Now) break;
            if (State(q, told.FindAll(e => e.At <= from), busy.FindAll(b => b.From <= from && b.To > from)) is not { } state) continue;
            if (from == q.Now) now[state] = now.GetValueOrDefault(state) + 1;
            else if (from >= q.From && to <= until) sums[state] = sums.GetValueOrDefault(state) + to - from;
        }
        return sums;
    }

    // Null: nobody of this scope.
    private static string? State(Question q, List<Event> told, List<Busy> with)
    {
        var (states, whole) = (new SortedDictionary<string, AgentState>(StringComparer.Ordinal), (AgentState?)null);
        foreach (var d in told.Select(e => (AgentStateChanged)e.Data!))
        {
            if (d.Queues is { Count: > 0 } queues) foreach (var queue in queues) states[queue] = d.State;
            else
            {
                whole = d.State;
                foreach (var queue in states.Keys.ToList()) states[queue] = d.State;
            }
        }
        AgentState? said;
        if (q.Scope.StartsWith("queue/", StringComparison.Ordinal))
        {
            if (!states.TryGetValue(q.Scope[6..], out var here)) return null;
            said = here;
        }
        else
        {
            said = Foremost.Select(s => (AgentState?)s).FirstOrDefault(s => s == whole || states.ContainsValue(s!.Value));
            if (!q.Scoped(null, told.LastOrDefault()?.DepartmentId)) return null;
        }
        var duty = with.Exists(b => b.With == "contact") || said == AgentState.Busy ? "busy" : with.Exists(b => b.With == "wrapup") || said == AgentState.Wrapup ? "wrapup" : with.Count > 0 ? "ringing" : null;
        return duty ?? said?.ToString().ToLowerInvariant();
    }

    private static void Follow(Question q, List<Event> story, List<Busy> busy, SortedDictionary<string, long[]> work)
    {
        var lost = ContactOracle.IsLost(story, q.Now) ? story[^1].At + (4 * Story.Hour) : long.MaxValue;
        foreach (var ring in story.Where(e => e.Data is ContactOffered))
        {
            var agent = ((ContactOffered)ring.Data!).AgentId;
            var end = story.Find(e => e.At > ring.At && (e.Data is ContactAnswered or ContactAbandoned or ContactDequeued or ContactDisconnected || e.Data is ContactOfferMissed m && m.AgentId == agent));
            busy.Add(new(agent, ring.At, end?.At ?? lost, "ring"));
        }
        var answers = story.FindAll(e => e.Data is ContactAnswered);
        if (answers.Count == 0) return;
        var blind = story.Find(e => e.Data is ContactTransferred { Mode: TransferMode.Blind });
        var hungUp = story.Find(e => e.Data is ContactDisconnected);
        if (answers.Count == 2 && blind is null && Who(answers[0]) == Who(answers[1])) answers.RemoveAt(1); // never put down
        if (answers.Count == 2) Turn(q, story, answers[0], blind ?? answers[1], false, lost, busy, work);
        var over = hungUp ?? (answers.Count == 1 ? blind : null);
        Turn(q, story, answers[^1], over, hungUp is not null, lost, busy, work);
    }

    private static string Who(Event answer) => ((ContactAnswered)answer.Data!).AgentId;

    private static void Turn(Question q, List<Event> story, Event answer, Event? end, bool hungUp, long lost, List<Busy> busy, SortedDictionary<string, long[]> work)
    {
        var agent = Who(answer);
        busy.Add(new(agent, answer.At, end?.At ?? lost, "contact"));
        long talk = (end?.At ?? answer.At) - answer.At, wrapped = 0;
        if (hungUp && end!.Data is ContactDisconnected said) talk = said.TalkS is { } t ? (long)(t * 1000) : Math.Max(0, talk - (long)((said.HoldS ?? 0) * 1000));
        if (hungUp && story.Find(e => e.Data is ContactWrapupCompleted) is { Data: ContactWrapupCompleted done } wrapUp)
        {
            wrapped = (long)((done.AcwS ?? 0) * 1000);
            busy.Add(new(agent, end!.At, done.AcwS is null ? wrapUp.At : end.At + wrapped, "wrapup"));
        }
        var entry = story.FindLast(e => e.Data is ContactQueued && e.At < answer.At)!;
        if (!q.In(((ContactQueued)entry.Data!).QueueId, entry.DepartmentId, answer.At)) return;
        if (!work.TryGetValue(agent, out var did)) work[agent] = did = new long[4];
        did[0]++;
        if (end is null) return;
        did[1]++;
        did[2] += talk;
        did[3] += wrapped;
    }
}
