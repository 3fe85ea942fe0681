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

/// <summary>A ticket's dispatches in the ordinal order of their ids; there are few.</summary>
internal sealed class DispatchStories
{
    public static readonly DispatchStories None = new();

    private readonly List<DispatchStory> _all = [];

    public List<DispatchStory> Values => _all;

    public int Count => _all.Count;

    /// <summary>A dispatch of the same id begins anew.</summary>
    public DispatchStories With(DispatchStory dispatch)
    {
        var mine = ReferenceEquals(this, None) ? new() : this;
        var at = mine.Find(dispatch.Id);
        if (at >= 0) mine._all[at] = dispatch; else mine._all.Insert(~at, dispatch);
        return mine;
    }

    public bool TryGetValue(string id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DispatchStory? dispatch)
    {
        var at = Find(id);
        dispatch = at >= 0 ? _all[at] : null;
        return at >= 0;
    }

    private int Find(string id)
    {
        var (low, high) = (0, _all.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(_all[middle].Id, id);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1; else high = middle - 1;
        }
        return ~low;
    }
}

/// <summary>A ticket's history folded in its one order. Any event folds in any state; an irregular one is an anomaly, never an exception.</summary>
internal sealed class TicketStory
{
    private const long ReopenedSoonMs = 30 * 86_400_000L; // (spec: metrics, reopen_rate)

    private SortedSet<string>? _anomalies;
    private bool _reopenedSoon;
    private List<(PauseReason Reason, long From, HashSet<string>? Clocks, long Until)> _pausing = None<(PauseReason, long, HashSet<string>?, long)>.List;

    public TicketCreated? Created { get; private set; }
    public long CreatedAt { get; private set; }
    public string? Department { get; private set; }
    public int? Priority { get; private set; }
    public string? Owner { get; private set; }
    public string State { get; private set; } = "received";

    // Most tickets have none of these while they are open: a list is made for the first item.
    public List<long> ResolvedAt { get; private set; } = None<long>.List;
    public List<long> ReopenedAt { get; private set; } = None<long>.List;
    public List<Stay> Stays { get; private set; } = None<Stay>.List;
    public long? ClosedAt { get; private set; }

    /// <summary>Every closing, and whether it, or the solution before it, was undone within 30 days.</summary>
    public List<(long At, bool ReopenedSoon)> Closings { get; private set; } = None<(long, bool)>.List;
    public long? ExitAt { get; private set; }
    public bool OnTheSpot { get; private set; }
    public bool Resolved { get; private set; }
    public List<(PauseReason Reason, Stretch Stretch, HashSet<string>? Clocks)> Pauses { get; private set; } = None<(PauseReason, Stretch, HashSet<string>?)>.List;
    public DispatchStories Dispatches { get; private set; } = DispatchStories.None;

    /// <summary>In ordinal order.</summary>
    public IReadOnlyCollection<string> Anomalies => _anomalies is null ? [] : _anomalies;

    /// <summary>Somebody told a pause or the end of one, whenever: where nobody did, no clock has to look for any.</summary>
    public bool ToldOfPauses { get; private set; }

    public bool Ended => ExitAt is not null || ClosedAt is not null;

    public static TicketStory Of(IReadOnlyList<Event> history)
    {
        var story = new TicketStory();
        for (var i = 0; i < history.Count; i++) story.Apply(history[i]);
        foreach (var (reason, from, clocks, until) in story._pausing) story.Pauses = With(story.Pauses, (reason, new(from, until), clocks));
        return story;
    }

    private static List<T> With<T>(List<T> list, T item)
    {
        if (ReferenceEquals(list, None<T>.List)) list = [];
        list.Add(item);
        return list;
    }

    private static class None<T>
    {
        public static readonly List<T> List = [];
    }

    private void Irregular(string anomaly) => (_anomalies ??= new(StringComparer.Ordinal)).Add(anomaly);

    private void Apply(Event e)
    {
        ToldOfPauses |= e.Data is TicketClockPaused or TicketClockResumed;
        if (e.Subject.Kind != SubjectKind.Ticket) return; // of a survey or a linked contact: starts and stops clocks; the ticket itself stays as it is
        if (Created is null && e.Data is not TicketCreated) Irregular("before_created");
        if (ExitAt is not null) { Irregular("after_exit"); return; }
        switch (e.Data)
        {
            case TicketCreated d when Created is null: Open(e, d); break;
            case TicketCreated: Irregular("created_twice"); break;
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
                Dispatches = Dispatches.With(new(d.DispatchId, d.DepartmentId, e.At, Times.Ms(d.DueAt)));
                if (d.Role == DispatchRole.Lead) Department = d.DepartmentId;
                Advance("in_progress");
                break;
            case TicketDispatchAnswered d when Dispatches.TryGetValue(d.DispatchId, out var sent): sent.AnsweredAt ??= e.At; break;
            case TicketDispatchReturned d when Dispatches.TryGetValue(d.DispatchId, out var sent): sent.WithdrawnAt ??= e.At; break;
            case TicketDispatchRecalled d when Dispatches.TryGetValue(d.DispatchId, out var sent): sent.WithdrawnAt ??= e.At; break;
            case TicketDispatchAnswered or TicketDispatchReturned or TicketDispatchRecalled: Irregular("unknown_dispatch"); break;
        }
    }

    private void Open(Event e, TicketCreated d)
    {
        Created = d;
        CreatedAt = e.At;
        Department ??= e.DepartmentId; // who dispatched it did so knowing of it, even where another system's clock says that it was before
        Priority = d.Priority ?? Priority;
    }

    private void Advance(string state)
    {
        if (!Resolved && ClosedAt is null) State = state;
    }

    private void Resolve(long at, bool onTheSpot)
    {
        if (Resolved) { Irregular("resolved_twice"); return; }
        (Resolved, State, OnTheSpot) = (true, "resolved", onTheSpot);
        ResolvedAt = With(ResolvedAt, at);
        Stays = With(Stays, new(at));
    }

    private void Reopen(long at)
    {
        if (!Resolved && ClosedAt is null) { Irregular("reopened_while_open"); return; }
        var soon = at - (ClosedAt ?? ResolvedAt[^1]) <= ReopenedSoonMs;
        if (ClosedAt is null) _reopenedSoon |= soon;
        else Closings[^1] = (Closings[^1].At, Closings[^1].ReopenedSoon || soon);
        (Resolved, ClosedAt, State) = (false, null, "reopened");
        ReopenedAt = With(ReopenedAt, at);
        Stays[^1].ReopenedAt = at;
    }

    private void Close(long at)
    {
        if (ClosedAt is not null) { Irregular("closed_twice"); return; }
        if (!Resolved) Resolve(at, false); // closing is the latest that a ticket can count as resolved
        (ClosedAt, State) = (at, "closed");
        Stays[^1].ClosedAt = at;
        Closings = With(Closings, (at, _reopenedSoon));
        _reopenedSoon = false;
    }

    private void Exit(long at, string state) => (ExitAt, State) = (at, state);

    private void Pause(long at, TicketClockPaused d)
    {
        if (Pausing(d.Reason) >= 0) { Irregular("paused_twice"); return; }
        _pausing = With(_pausing, (d.Reason, at, d.ClockIds?.ToHashSet(StringComparer.Ordinal), Times.Ms(d.Until) ?? long.MaxValue));
    }

    private void Resume(long at, TicketClockResumed d)
    {
        var index = Pausing(d.Reason);
        if (index < 0) { Irregular("resumed_without_pause"); return; }
        var (reason, from, clocks, until) = _pausing[index];
        _pausing.RemoveAt(index);
        Pauses = With(Pauses, (reason, new(from, Math.Min(at, until)), clocks));
    }

    private int Pausing(PauseReason reason)
    {
        for (var i = 0; i < _pausing.Count; i++)
            if (_pausing[i].Reason == reason) return i;
        return -1;
    }
}
