using NodaTime;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Conversion;

/// <summary>What must be remembered of a log to go on with it later: the same lines after it then give the same events with the same ids.</summary>
/// <param name="Agents">agent to the number of its next event</param>
public sealed record QueueLogState(IReadOnlyList<QueueCallState> Calls, IReadOnlyDictionary<string, long> Agents)
{
    public static readonly QueueLogState Empty = new([], new Dictionary<string, long>());
}

/// <param name="LatestMs">Unix ms</param>
/// <param name="Sequence">number of its next event, at least 1</param>
/// <param name="Stages">queue to how far the call has come there</param>
public sealed record QueueCallState(string CallId, long LatestMs, long Sequence, IReadOnlyDictionary<string, int> Stages);

/// <summary>An Asterisk queue_log line by line, whole or while it is written. Rules: docs/converters.md.</summary>
public sealed class QueueLogStory
{
    private readonly string _source;
    private readonly DateTimeZone _zone;
    private readonly Dictionary<string, QueueCall> _calls = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _agents = new(StringComparer.Ordinal);

    public QueueLogStory(string source, DateTimeZone zone, QueueLogState? before = null)
    {
        (_source, _zone) = (source, zone);
        foreach (var call in before?.Calls ?? []) _calls[call.CallId] = new QueueCall(source, call.CallId, call);
        foreach (var (agent, next) in before?.Agents ?? QueueLogState.Empty.Agents) _agents[agent] = next;
    }

    /// <summary>Time of the latest line, whatever it told; the least instant before the first.</summary>
    public Instant Latest { get; private set; } = Instant.MinValue;

    public QueueLogState State => new([.. _calls.Values.Select(c => c.State).OfType<QueueCallState>()], new Dictionary<string, long>(_agents, StringComparer.Ordinal));

    /// <summary>The events of one line. Throws <see cref="FormatException"/> naming <paramref name="number"/>, counted from 1.</summary>
    public IReadOnlyList<CloudEvent> Take(string text, int number)
    {
        if (string.IsNullOrWhiteSpace(text)) return [];
        var line = QueueLogLine.Parse(text, number, _zone);
        Latest = Instant.Max(Latest, line.Time);
        if (AgentChange(line) is { } change)
        {
            if (line.AgentId is not { } agent) return [];
            if (change.State != AgentState.Wrapup || line.Number(1) is not { } seconds) return [AgentEvent(line.Time, agent, change)];
            // The line says how long it will take; nothing more comes when it is over.
            var over = line.Time + Duration.FromMilliseconds((long)(decimal.Clamp(seconds, 0, 86_400) * 1000));
            return [AgentEvent(line.Time, agent, change), AgentEvent(over, agent, new(AgentState.Available, Queues: change.Queues, Reason: "wrapup_over"))];
        }
        if (!QueueCall.Knows(line.Event)) return [];
        if (!_calls.TryGetValue(line.CallId, out var call)) _calls.Add(line.CallId, call = new QueueCall(_source, line.CallId));
        return call.Take(line);
    }

    /// <summary>Lets go of calls that no line has told of since; a file that is read for years must not fill the memory.</summary>
    public void Forget(Instant silentSince)
    {
        foreach (var (id, _) in _calls.Where(c => c.Value.Latest < silentSince).ToList()) _calls.Remove(id);
    }

    private CloudEvent AgentEvent(Instant at, string agent, AgentStateChanged change)
    {
        var sequence = _agents.GetValueOrDefault(agent);
        _agents[agent] = sequence + 1;
        var id = $"{agent}-{at.ToUnixTimeMilliseconds()}-{sequence}";
        return new(id, _source, "agent.state_changed", at, new Subject(SubjectKind.Agent, agent).ToString(), sequence, change);
    }

    private static AgentStateChanged? AgentChange(QueueLogLine line)
    {
        AgentState? state = line.Event switch
        {
            "ADDMEMBER" or "UNPAUSE" or "UNPAUSEALL" or "AGENTLOGIN" or "AGENTCALLBACKLOGIN" => AgentState.Available,
            "REMOVEMEMBER" or "AGENTLOGOFF" or "AGENTCALLBACKLOGOFF" => AgentState.Offline,
            "PAUSE" or "PAUSEALL" => AgentState.Break,
            "WRAPUPSTART" => AgentState.Wrapup,
            _ => null,
        };
        if (state is not { } known) return null;
        IReadOnlyList<string>? queues = line.QueueOrAll is { } queue ? [queue] : null;
        return new(known, Queues: queues, Reason: known == AgentState.Break ? line.Text(1) : line.Event is "UNPAUSE" or "UNPAUSEALL" ? "unpause" : null);
    }
}
