using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Tickets;

/// <summary>
/// A stretch for which a clock does not run. One with <see cref="UnlessDueBy"/> does not count where the clock was due by then: a breach that was
/// raised while the ticket stood resolved is not undone by reopening it.
/// </summary>
internal readonly record struct Pause(long From, long To, string Why, long UnlessDueBy = long.MinValue);

/// <summary>One run of a clock, from its start to its stop or its end, before anybody looks at limits.</summary>
internal sealed record ClockRound(long Start, long? StoppedAt, long? CancelledAt, IReadOnlyList<Pause> Pauses);

/// <summary>Reads a clock's rounds from a ticket's history. (spec: clocks; lifecycle)</summary>
internal sealed class ClockRounds(TicketStory story, IReadOnlyList<Event> history, ClockPolicy clock, DispatchStory? dispatch)
{
    private const int MostRounds = 1_000;

    /// <summary>The rounds in order; none where the clock has not begun.</summary>
    public List<ClockRound> All()
    {
        var rounds = new List<ClockRound>();
        for (var start = First(clock.Start, story.CreatedAt, 0); start is { } at && rounds.Count < MostRounds;)
        {
            var (round, next) = Run(at.At, at.Index);
            rounds.Add(round);
            start = next;
        }
        return rounds;
    }

    private readonly record struct Mark(long At, int Index);

    private (ClockRound Round, Mark? Next) Run(long start, int index)
    {
        var last = First(clock.Stop, start, index + 1, lasting: true);
        var pauses = Told(start);
        long? stopped = last?.At, cancelled = null;
        foreach (var stay in story.Stays)
        {
            if (stay.ReopenedAt <= start) continue;
            if (stay.ResolvedAt <= start && StartsInStay()) // it came to be by this very resolving or closing; reopening takes it away
            {
                if (stay.ReopenedAt is { } gone && !(stopped <= gone)) return (new(start, null, gone, pauses), First(clock.Start, gone, index + 1));
                continue;
            }
            var undone = Undoable(stay, start);
            if (undone is { } at && !(stopped <= at))
            {
                if (stay.ReopenedAt is null || clock.OnReopen == OnReopen.Keep) return Over(start, at, pauses, index);
                if (clock.OnReopen == OnReopen.Restart) return (new(start, at, null, pauses), Reopening(stay));
                pauses.Add(new(Math.Max(start, at), stay.ReopenedAt.Value, "resolved"));
                continue;
            }
            if (stay.ReopenedAt is { } reopened && clock.OnReopen == OnReopen.Restart)
                return (new(start, stopped <= reopened ? stopped : null, stopped <= reopened ? null : stay.ClosedAt ?? reopened, pauses), Reopening(stay));
            if (stopped <= (stay.ReopenedAt ?? long.MaxValue) && !(stay.ClosedAt < stopped)) break; // stopped for good before it closed
            if (clock.PauseInResolved) pauses.Add(new(Math.Max(start, stay.ResolvedAt), stay.ClosedAt ?? stay.ReopenedAt ?? long.MaxValue, "resolved"));
            if (clock.PauseInClosed && stay.ClosedAt is { } shut) pauses.Add(new(Math.Max(start, shut), stay.ReopenedAt ?? long.MaxValue, "closed"));
            if (stay.ReopenedAt is { } again && clock.OnReopen == OnReopen.Resume)
                pauses.Add(new(Math.Max(start, stay.ResolvedAt), again, "resolved", UnlessDueBy: stay.ClosedAt ?? again));
            else if (stay.ClosedAt is { } closed && !clock.PauseInClosed) { cancelled = closed; break; }
        }
        var end = Earlier(Earlier(cancelled, story.ExitAt), dispatch?.WithdrawnAt);
        if (stopped is { } stop && !(stop > end)) return Over(start, stop, pauses, last!.Value.Index - 1);
        return (new(start, null, end, pauses), null);
    }

    // The stop stands; a later event may begin the next round, the stopping one itself among them.
    private (ClockRound, Mark?) Over(long start, long stop, List<Pause> pauses, int index)
    {
        var next = clock.Restart.Count == 0 ? null : First(clock.Restart, stop, index + 1);
        return (new(start, stop, null, pauses), next);
    }

    private Mark Reopening(Stay stay) => First(["ticket.reopened"], stay.ReopenedAt!.Value, 0) ?? new(stay.ReopenedAt!.Value, 0);

    // Resolving and closing can be undone; closing is the latest that a ticket counts as resolved. By a sender's wrong clock a ticket may be
    // resolved before it was created: it is resolved all the same, and nobody is to be chased for it.
    private long? Undoable(Stay stay, long start) =>
        clock.StopsOnResolved && (stay.ResolvedAt >= start || start == story.CreatedAt) ? stay.ResolvedAt
        : Stops("ticket.closed") && stay.ClosedAt >= start ? stay.ClosedAt : null;

    private bool StartsInStay() => clock.Start.Any(static type => type is "ticket.resolved" or "ticket.closed" || type.StartsWith("survey.", StringComparison.Ordinal));

    private bool Stops(string type) => clock.Stop.Contains(type);

    /// <summary>The first event of some types at or after an instant, and after a place in the history.</summary>
    /// <param name="lasting">leaves out what reopening can undo</param>
    private Mark? First(IReadOnlyList<string> types, long from, int index, bool lasting = false)
    {
        for (var i = 0; i < history.Count; i++)
        {
            var e = history[i];
            if (e.At < from || (i < index && e.At != from) || i == index - 1 || !types.Contains(e.Type) || !Concerns(e)) continue;
            if (lasting && (e.Data is TicketResolved or TicketClosed)) continue;
            if (story.ExitAt is { } exit && e.At > exit) return null;
            return e.Data is TicketCreated && e.At != story.CreatedAt ? null : new(e.At, i);
        }
        return null;
    }

    private bool Concerns(Event e) => dispatch is null || DispatchOf(e.Data) is not { } id || id == dispatch.Id;

    private static string? DispatchOf(EventData? data) => data switch
    {
        TicketDispatched d => d.DispatchId,
        TicketDispatchAccepted d => d.DispatchId,
        TicketDispatchAnswered d => d.DispatchId,
        TicketDispatchReturned d => d.DispatchId,
        TicketDispatchRecalled d => d.DispatchId,
        TicketDispatchReviewed d => d.DispatchId,
        TicketObjectionDecided d => d.DispatchId,
        _ => null,
    };

    /// <summary>The pauses that this clock honours, each reason by itself.</summary>
    private List<Pause> Told(long start)
    {
        var pauses = new List<Pause>();
        foreach (var reason in clock.PauseOn)
        {
            (long From, long Until)? open = null;
            foreach (var e in history)
            {
                if (e.Data is TicketClockPaused p && p.Reason == reason && open is null && Named(p.ClockIds)) open = (e.At, Times.Ms(p.Until) ?? long.MaxValue);
                else if (e.Data is TicketClockResumed r && r.Reason == reason && open is { } o && Named(r.ClockIds))
                {
                    Add(o.From, Math.Min(e.At, o.Until), reason);
                    open = null;
                }
                if (open is { } passed && passed.Until <= e.At) { Add(passed.From, passed.Until, reason); open = null; }
            }
            if (open is { } going) Add(going.From, going.Until, reason);
        }
        return pauses;

        void Add(long from, long to, PauseReason reason)
        {
            if (to > start && to > from) pauses.Add(new(Math.Max(from, start), to, Words.Of(reason)));
        }
    }

    private bool Named(IReadOnlyList<string>? ids) => ids is null || ids.Contains(clock.Id) || (dispatch is not null && ids.Contains($"{clock.Id}/{dispatch.Id}"));

    private static long? Earlier(long? a, long? b) => a is { } x && b is { } y ? Math.Min(x, y) : a ?? b;
}
