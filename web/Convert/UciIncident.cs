using NodaTime;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Conversion;

/// <summary>One incident while its rows go by: turns the difference between a row and the one before into events.</summary>
internal sealed class UciIncident(string source, string number)
{
    private enum Phase { Open, Resolved, Closed }

    private const string NoState = "-100";
    private const string Unknown = "unknown";

    private readonly string subject = new Subject(SubjectKind.Ticket, number).ToString();
    private Phase phase = Phase.Open;
    private PauseReason? paused;
    private string? group;
    private string? category;
    private int? priority;
    private Instant time;
    private int row = -1;
    private long sequence;

    public IEnumerable<CloudEvent> Take(UciRow next)
    {
        row++;
        var data = new List<(string Type, EventData Data)>();
        if (row == 0)
        {
            // The desk's clock starts at opened_at, which a few first rows precede: it stands as the row before them.
            time = next.OpenedAt;
            (group, category, priority) = (next.Group, next.Category, next.Priority);
            yield return Emit(0, "ticket.created", new TicketCreated(
                TicketKind.Incident, next.Channel, DepartmentId: group, Category: category, Priority: priority, CustomerRef: next.Caller));
        }
        time = Instant.Max(time, next.UpdatedAt);
        Classify(next, data);
        if (next.State != NoState) ChangeState(next, data);
        var n = row == 0 ? 1 : 0;
        foreach (var (type, what) in data) yield return Emit(n++, type, what);
    }

    private CloudEvent Emit(int n, string type, EventData data) =>
        new($"{number}-{row}-{n}", source, type, time, subject, sequence++, data);

    /// <summary>A value that turns to unknown is a gap in the log, not a change.</summary>
    private void Classify(UciRow next, List<(string, EventData)> data)
    {
        var changed = (Differs(next.Group, group), Differs(next.Category, category), next.Priority is not null && next.Priority != priority);
        if (changed == (false, false, false)) return;
        (group, category, priority) = (next.Group ?? group, next.Category ?? category, next.Priority ?? priority);
        data.Add(("ticket.classified", new TicketClassified(category ?? Unknown, Priority: priority, DepartmentId: group)));
    }

    private static bool Differs(string? next, string? current) => next is not null && next != current;

    private void ChangeState(UciRow next, List<(string, EventData)> data)
    {
        var target = next.State switch { "Resolved" => Phase.Resolved, "Closed" => Phase.Closed, _ => Phase.Open };
        var pause = PauseOf(next.State);
        if (paused is { } old && old != pause) data.Add(("ticket.clock_resumed", new TicketClockResumed(old)));
        if (target == Phase.Open)
        {
            if (phase != Phase.Open) data.Add(("ticket.reopened", new TicketReopened(LogText.Slug(next.State) ?? Unknown)));
            if (pause is { } reason && reason != paused) data.Add(("ticket.clock_paused", new TicketClockPaused(reason)));
            phase = Phase.Open;
        }
        else
        {
            Finish(target, next.ClosedCode ?? Unknown, data);
        }
        paused = pause;
    }

    /// <summary>Closed straight from open says both; Resolved after Closed says nothing, the incident is over either way.</summary>
    private void Finish(Phase target, string code, List<(string, EventData)> data)
    {
        if (phase == Phase.Open) data.Add(("ticket.resolved", new TicketResolved(code, ResponsibleDepartment: group)));
        if (target == Phase.Closed && phase != Phase.Closed) data.Add(("ticket.closed", new TicketClosed(code)));
        phase = target > phase ? target : phase;
    }

    private static PauseReason? PauseOf(string state) => state switch
    {
        "Awaiting User Info" => PauseReason.AwaitingCustomer,
        "Awaiting Vendor" or "Awaiting Problem" or "Awaiting Evidence" => PauseReason.AwaitingThirdParty,
        _ => null,
    };
}
