using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Tickets;

/// <summary>A half-open stretch; an end of <see cref="long.MaxValue"/> is still going on.</summary>
internal readonly record struct Stretch(long From, long To);

/// <summary>A time for which the ticket stood resolved: closed in it or not, and reopened or not.</summary>
internal sealed record Stay(long ResolvedAt)
{
    public long? ClosedAt { get; set; }
    public long? ReopenedAt { get; set; }
}

internal sealed class DispatchStory(string id, string department, long at, long? dueAt)
{
    public string Id => id;
    public string Department => department;
    public long At => at;
    public long? DueAt => dueAt;
    public long? AnsweredAt { get; set; }
    public long? WithdrawnAt { get; set; }
}

/// <summary>A ticket's history folded in its one order. Any event folds in any state; an irregular one is an anomaly, never an exception.</summary>
internal sealed class TicketStory
{
    private const long ReopenedSoonMs = 30 * 86_400_000L; // (spec: metrics, reopen_rate)

    private bool _reopenedSoon;
    private readonly List<(PauseReason Reason, long From, HashSet<string>? Clocks, long Until)> _pausing = [];

    public TicketCreated? Created { get; private set; }
    public long CreatedAt { get; private set; }
    public string? Department { get; private set; }
    public int? Priority { get; private set; }
    public string? Owner { get; private set; }
    public string State { get; private set; } = "received";
    public List<long> ResolvedAt { get; } = [];
    public List<long> ReopenedAt { get; } = [];
    public List<Stay> Stays { get; } = [];
    public long? ClosedAt { get; private set; }

    /// <summary>Every closing, and whether it, or the solution before it, was undone within 30 days.</summary>
    public List<(long At, bool ReopenedSoon)> Closings { get; } = [];
    public long? ExitAt { get; private set; }
    public bool OnTheSpot { get; private set; }
    public bool Resolved { get; private set; }
    public List<(PauseReason Reason, Stretch Stretch, HashSet<string>? Clocks)> Pauses { get; } = [];
    public SortedDictionary<string, DispatchStory> Dispatches { get; } = new(StringComparer.Ordinal);
    public SortedSet<string> Anomalies { get; } = new(StringComparer.Ordinal);

    public bool Ended => ExitAt is not null || ClosedAt is not null;

    public static TicketStory Of(IReadOnlyList<Event> history)
    {
        var story = new TicketStory();
        foreach (var e in history) story.Apply(e);
        foreach (var (reason, from, clocks, until) in story._pausing) story.Pauses.Add((reason, new(from, until), clocks));
        return story;
    }

    private void Apply(Event e)
    {
        if (e.Subject.Kind != SubjectKind.Ticket) return; // of a survey or a linked contact: starts and stops clocks; the ticket itself stays as it is
        if (Created is null && e.Data is not TicketCreated) Anomalies.Add("before_created");
        if (ExitAt is not null) { Anomalies.Add("after_exit"); return; }
        switch (e.Data)
        {
            case TicketCreated d when Created is null: Open(e, d); break;
            case TicketCreated: Anomalies.Add("created_twice"); break;
            case TicketClassified d:
                Priority = d.Priority ?? Priority;
                Department = e.DepartmentId ?? Department;
                break;
            case TicketAssigned d: Owner = d.Assignee; Advance("in_progress"); break;
            case TicketAcknowledged: Advance("acknowledged"); break;
            case TicketClockPaused d: Pause(e.At, d); break;
            case TicketClockResumed d: Resume(e.At, d); break;
            case TicketResolved d: Resolve(e.At, d.OnTheSpot ?? false); break;
            case TicketReopened: Reopen(e.At); break;
            case TicketClosed: Close(e.At); break;
            case TicketDeclined: Exit(e.At, "declined"); break;
            case TicketWithdrawn: Exit(e.At, "withdrawn"); break;
            case TicketVoided: Exit(e.At, "voided"); break;
            case TicketMerged: Exit(e.At, "merged"); break;
            default: ApplyDispatch(e); break;
        }
    }

    private void ApplyDispatch(Event e)
    {
        switch (e.Data)
        {
            case TicketDispatched d:
                Dispatches[d.DispatchId] = new(d.DispatchId, d.DepartmentId, e.At, Times.Ms(d.DueAt));
                if (d.Role == DispatchRole.Lead) Department = d.DepartmentId;
                Advance("in_progress");
                break;
            case TicketDispatchAnswered d when Dispatches.TryGetValue(d.DispatchId, out var sent): sent.AnsweredAt ??= e.At; break;
            case TicketDispatchReturned d when Dispatches.TryGetValue(d.DispatchId, out var sent): sent.WithdrawnAt ??= e.At; break;
            case TicketDispatchRecalled d when Dispatches.TryGetValue(d.DispatchId, out var sent): sent.WithdrawnAt ??= e.At; break;
            case TicketDispatchAnswered or TicketDispatchReturned or TicketDispatchRecalled: Anomalies.Add("unknown_dispatch"); break;
        }
    }

    private void Open(Event e, TicketCreated d)
    {
        Created = d;
        CreatedAt = e.At;
        Department = e.DepartmentId ?? Department;
        Priority = d.Priority ?? Priority;
    }

    private void Advance(string state)
    {
        if (!Resolved && ClosedAt is null) State = state;
    }

    private void Resolve(long at, bool onTheSpot)
    {
        if (Resolved) { Anomalies.Add("resolved_twice"); return; }
        (Resolved, State, OnTheSpot) = (true, "resolved", onTheSpot);
        ResolvedAt.Add(at);
        Stays.Add(new(at));
    }

    private void Reopen(long at)
    {
        if (!Resolved && ClosedAt is null) { Anomalies.Add("reopened_while_open"); return; }
        var soon = at - (ClosedAt ?? ResolvedAt[^1]) <= ReopenedSoonMs;
        if (ClosedAt is null) _reopenedSoon |= soon;
        else Closings[^1] = (Closings[^1].At, Closings[^1].ReopenedSoon || soon);
        (Resolved, ClosedAt, State) = (false, null, "reopened");
        ReopenedAt.Add(at);
        Stays[^1].ReopenedAt = at;
    }

    private void Close(long at)
    {
        if (ClosedAt is not null) { Anomalies.Add("closed_twice"); return; }
        if (!Resolved) Resolve(at, false); // closing is the latest that a ticket can count as resolved
        (ClosedAt, State) = (at, "closed");
        Stays[^1].ClosedAt = at;
        Closings.Add((at, _reopenedSoon));
        _reopenedSoon = false;
    }

    private void Exit(long at, string state) => (ExitAt, State) = (at, state);

    private void Pause(long at, TicketClockPaused d)
    {
        if (_pausing.Any(p => p.Reason == d.Reason)) { Anomalies.Add("paused_twice"); return; }
        _pausing.Add((d.Reason, at, d.ClockIds?.ToHashSet(StringComparer.Ordinal), Times.Ms(d.Until) ?? long.MaxValue));
    }

    private void Resume(long at, TicketClockResumed d)
    {
        var index = _pausing.FindIndex(p => p.Reason == d.Reason);
        if (index < 0) { Anomalies.Add("resumed_without_pause"); return; }
        var (reason, from, clocks, until) = _pausing[index];
        _pausing.RemoveAt(index);
        Pauses.Add((reason, new(from, Math.Min(at, until)), clocks));
    }
}
