using NodaTime;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Conversion;

/// <summary>
/// One call while its lines go by. Within a call the order of the lines wins over their times: a line dated before the one
/// above it happens no earlier than that one, since a call cannot be answered before it waits.
/// </summary>
internal sealed class QueueCall(string source, string callId, QueueCallState? before = null)
{
    /// <summary>How far the call has come in one queue. Every queue it enters is an entry of its own.</summary>
    private enum Stage { Absent, Waiting, Answered, Left }

    private const string NobodyNamed = "unknown";
    private readonly string subject = new Subject(SubjectKind.Contact, callId).ToString();
    private readonly Dictionary<string, Stage> stages = (before?.Stages ?? new Dictionary<string, int>()).ToDictionary(s => s.Key, s => (Stage)s.Value, StringComparer.Ordinal);
    private readonly List<CloudEvent> said = [];
    private Instant latest = before is null ? Instant.MinValue : Instant.FromUnixTimeMilliseconds(before.LatestMs);
    private long sequence = before?.Sequence ?? 0;

    /// <summary>Time of its latest event.</summary>
    public Instant Latest => latest;

    /// <summary>Null while it has told nothing.</summary>
    public QueueCallState? State => sequence == 0 ? null
        : new(callId, latest.ToUnixTimeMilliseconds(), sequence, stages.ToDictionary(s => s.Key, s => (int)s.Value, StringComparer.Ordinal));

    public static bool Knows(string name) => name is
        "DID" or "ENTERQUEUE" or "CONNECT" or "ABANDON" or "COMPLETEAGENT" or "COMPLETECALLER" or "RINGNOANSWER"
        or "EXITWITHTIMEOUT" or "EXITWITHKEY" or "EXITEMPTY" or "LEAVEEMPTY" or "JOINEMPTY" or "FULL" or "CLOSED"
        or "DIVERT_CA_RATIO" or "DIVERT_HOLDTIME" or "TRANSFER" or "BLINDTRANSFER" or "ATTENDEDTRANSFER";

    /// <summary>The events of one line; the list is reused by the next call.</summary>
    public IReadOnlyList<CloudEvent> Take(QueueLogLine line)
    {
        said.Clear();
        switch (line.Event)
        {
            case "DID": Initiate(line.Time, line.Text(1)); break;
            case "ENTERQUEUE": Enter(line.Queue, line.Time); break;
            case "CONNECT": Answer(line, line.Time, line.Number(1)); break;
            case "RINGNOANSWER": Say("contact.offer_missed", line.Time, new ContactOfferMissed(Agent(line), line.Queue, line.Number(1) / 1000m)); break;
            case "JOINEMPTY": Refuse(line, RefusalReason.Empty); break;
            case "CLOSED": Refuse(line, RefusalReason.Closed); break;
            case "FULL" or "DIVERT_CA_RATIO" or "DIVERT_HOLDTIME": Refuse(line, RefusalReason.Full); break;
            case "LEAVEEMPTY" or "EXITEMPTY" when StageOf(line) == Stage.Absent: Refuse(line, RefusalReason.Empty); break;
            default:
                // A second end of the same entry says nothing new.
                if (StageOf(line) != Stage.Left) Leave(line);
                break;
        }
        return said;
    }

    private void Leave(QueueLogLine line)
    {
        switch (line.Event)
        {
            case "ABANDON": Abandon(line); break;
            case "COMPLETEAGENT": Complete(line, DisconnectedBy.Agent); break;
            case "COMPLETECALLER": Complete(line, DisconnectedBy.Customer); break;
            case "EXITWITHTIMEOUT": Dequeue(line, DequeueReason.Timeout); break;
            case "EXITWITHKEY": Dequeue(line, DequeueReason.Redirect); break;
            case "LEAVEEMPTY" or "EXITEMPTY": Dequeue(line, DequeueReason.Overflow); break;
            default: Transfer(line); break;
        }
        stages[line.Queue] = Stage.Left;
    }

    private void Enter(string queue, Instant at)
    {
        Say("contact.queued", at, new ContactQueued(queue));
        stages[queue] = Stage.Waiting;
    }

    /// <summary>A log that begins in the middle of a call, or lost a line, still counts the entry that the line proves.</summary>
    private void MustHaveEntered(QueueLogLine line, Instant until, decimal? waited)
    {
        if (StageOf(line) is Stage.Absent or Stage.Left) Enter(line.Queue, Before(until, waited));
    }

    private void Answer(QueueLogLine line, Instant at, decimal? waited)
    {
        MustHaveEntered(line, at, waited);
        Say("contact.answered", at, new ContactAnswered(Agent(line), line.Queue, waited));
        stages[line.Queue] = Stage.Answered;
    }

    private void Abandon(QueueLogLine line)
    {
        var waited = line.Number(3);
        MustHaveEntered(line, line.Time, waited);
        var position = line.Number(1) is { } p and <= int.MaxValue ? (int?)p : null;
        Say("contact.abandoned", line.Time, new ContactAbandoned(AbandonStage.Queue, line.Queue, waited, position));
    }

    private void Complete(QueueLogLine line, DisconnectedBy by)
    {
        var talked = line.Number(2);
        if (StageOf(line) != Stage.Answered) Answer(line, Before(line.Time, talked), line.Number(1));
        Say("contact.disconnected", line.Time, new ContactDisconnected(by, talked));
    }

    private void Dequeue(QueueLogLine line, DequeueReason reason)
    {
        MustHaveEntered(line, line.Time, line.Number(3));
        Say("contact.dequeued", line.Time, new ContactDequeued(line.Queue, reason));
    }

    /// <summary>The log never tells how a transferred call ended; for the queue and its agent it ends with the transfer.</summary>
    private void Transfer(QueueLogLine line)
    {
        var consult = line.Event == "ATTENDEDTRANSFER";
        // An attended transfer has one or two fields of its own before hold time, call time and position.
        var talkField = consult ? line.Filled - 1 : 4;
        var talked = talkField > 1 ? line.Number(talkField) : null;
        if (StageOf(line) != Stage.Answered) Answer(line, Before(line.Time, talked), talkField > 2 ? line.Number(talkField - 1) : null);
        var to = (consult ? line.Text(2) : line.Text(1)) ?? NobodyNamed;
        Say("contact.transferred", line.Time, new ContactTransferred(consult ? TransferMode.Consult : TransferMode.Blind, to, Agent(line), line.Queue));
        Say("contact.disconnected", line.Time, new ContactDisconnected(DisconnectedBy.Agent, talked, Cause: "transferred"));
    }

    private void Refuse(QueueLogLine line, RefusalReason reason) =>
        Say("contact.refused", line.Time, new ContactRefused(line.Queue, reason));

    private Stage StageOf(QueueLogLine line) => stages.GetValueOrDefault(line.Queue, Stage.Absent);

    private static string Agent(QueueLogLine line) => line.AgentId ?? NobodyNamed;

    private static Instant Before(Instant at, decimal? seconds) =>
        at - Duration.FromMilliseconds((long)(decimal.Clamp(seconds ?? 0, 0, 86_400) * 1000));

    private void Initiate(Instant at, string? entryPoint = null)
    {
        if (sequence == 0) Add("contact.initiated", at, new ContactInitiated(Channel.Phone, Direction.Inbound, EntryPoint: entryPoint));
    }

    private void Say(string type, Instant at, EventData data)
    {
        Initiate(at);
        Add(type, at, data);
    }

    private void Add(string type, Instant at, EventData data)
    {
        latest = Instant.Max(latest, at);
        // The time is part of the id: logs are rotated, and a call may go on in a second file whose count starts again.
        said.Add(new($"{callId}-{latest.ToUnixTimeMilliseconds()}-{sequence}", source, type, latest, subject, sequence, data));
        sequence++;
    }
}
