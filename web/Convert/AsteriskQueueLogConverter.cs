using NodaTime;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Conversion;

/// <summary>Asterisk's queue_log, native or exported with local times, and XiVO's additions to it. Rules: docs/converters.md.</summary>
public sealed class AsteriskQueueLogConverter : ILogConverter
{
    public string Name => "asterisk-queue-log";

    public IEnumerable<CloudEvent> Convert(TextReader input, DateTimeZone zone)
    {
        var calls = new Dictionary<string, QueueCall>(StringComparer.Ordinal);
        var agentSequences = new Dictionary<string, long>(StringComparer.Ordinal);
        var number = 0;
        while (input.ReadLine() is { } text)
        {
            number++;
            if (string.IsNullOrWhiteSpace(text)) continue;
            var line = QueueLogLine.Parse(text, number, zone);
            if (AgentChange(line) is { } change)
            {
                if (line.AgentId is { } agent) yield return AgentEvent(line, agent, change, agentSequences);
            }
            else if (QueueCall.Knows(line.Event))
            {
                if (!calls.TryGetValue(line.CallId, out var call))
                    calls.Add(line.CallId, call = new QueueCall(Name, line.CallId));
                foreach (var e in call.Take(line)) yield return e;
            }
        }
    }

    private CloudEvent AgentEvent(QueueLogLine line, string agent, AgentStateChanged change, Dictionary<string, long> sequences)
    {
        var sequence = sequences.GetValueOrDefault(agent);
        sequences[agent] = sequence + 1;
        var id = $"{agent}-{line.Time.ToUnixTimeMilliseconds()}-{sequence}";
        return new(id, Name, "agent.state_changed", line.Time, new Subject(SubjectKind.Agent, agent).ToString(), sequence, change);
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
        return new(known, Queues: queues, Reason: known == AgentState.Break ? line.Text(1) : null);
    }
}
