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
internal readonly record struct ClockRound(long Start, long? StoppedAt, long? CancelledAt, IReadOnlyList<Pause> Pauses);

/// <summary>Reads a clock's rounds from a ticket's history, one after the other. (spec: clocks; lifecycle)</summary>
internal struct ClockRounds(TicketStory story, IReadOnlyList<Event> history, ClockPolicy clock, DispatchStory? dispatch)
{
    private const int MostRounds = 1_000;

    private static readonly string[] Reopened = ["ticket.reopened"];

    private Mark? _next;

    /// <summary>How many have been read.</summary>
    public int Count { get; private set; }

    /// <summary>The next round in order; none at all where the clock has not begun.</summary>
    public bool Next(out ClockRound round)
    {
        round = default;
        if (Count == 0) _next = First(clock.Start, story.CreatedAt, 0);
        if (_next is not { } start || Count == MostRounds) return false;
        (round, _next) = Run(start.At, start.Index);
        Count++;
        return true;
    }

    /// <summary>The round of a number, counted from 1; null where there are fewer.</summary>
    public ClockRound? Of(int number)
    {
        while (Next(out var round))
            if (Count == number) return round;
        return null;
    }

    private readonly record struct Mark(long At, int Index);

    private readonly (ClockRound Round, Mark? Next) Run(long start, int index)
    {
        var last = First(clock.Stop, start, index + 1, lasting: true);
        var pauses = story.ToldOfPauses ? Told(start) : null;
        long? stopped = last?.At, cancelled = null;
        foreach (var stay in story.Stays)
        {
            if (stay.ReopenedAt <= start) continue;
            if (stay.ResolvedAt <= start && StartsInStay()) // it came to be by this very resolving or closing; reopening takes it away
            {
                if (stay.ReopenedAt is { } gone && !(stopped <= gone)) return (new(start, null, gone, pauses ?? []), First(clock.Start, gone, index + 1));
                continue;
            }
            var undone = Undoable(stay, start);
            if (undone is { } at && !(stopped <= at))
            {
                if (stay.ReopenedAt is null || clock.OnReopen == OnReopen.Keep) return Over(start, at, pauses, index);
                if (clock.OnReopen == OnReopen.Restart) return (new(start, at, null, pauses ?? []), Reopening(stay));
                (pauses ??= []).Add(new(Math.Max(start, at), stay.ReopenedAt.Value, "resolved"));
                continue;
            }
            if (stay.ReopenedAt is { } reopened && clock.OnReopen == OnReopen.Restart)
                return (new(start, stopped <= reopened ? stopped : null, stopped <= reopened ? null : stay.ClosedAt ?? reopened, pauses ?? []), Reopening(stay));
            if (stopped <= (stay.ReopenedAt ?? long.MaxValue) && !(stay.ClosedAt < stopped)) break; // stopped for good before it closed
            if (clock.PauseInResolved) (pauses ??= []).Add(new(Math.Max(start, stay.ResolvedAt), stay.ClosedAt ?? stay.ReopenedAt ?? long.MaxValue, "resolved"));
            if (clock.PauseInClosed && stay.ClosedAt is { } shut) (pauses ??= []).Add(new(Math.Max(start, shut), stay.ReopenedAt ?? long.MaxValue, "closed"));
            if (stay.ReopenedAt is { } again && clock.OnReopen == OnReopen.Resume)
                (pauses ??= []).Add(new(Math.Max(start, stay.ResolvedAt), again, "resolved", UnlessDueBy: stay.ClosedAt ?? again));
            else if (stay.ClosedAt is { } closed && !clock.PauseInClosed) { cancelled = closed; break; }
        }
        var end = Earlier(Earlier(cancelled, story.ExitAt), dispatch?.WithdrawnAt);
        if (stopped is { } stop && !(stop > end)) return Over(start, stop, pauses, last!.Value.Index - 1);
        return (new(start, null, end, pauses ?? []), null);
    }

    // The stop stands; a later event may begin the next round, the stopping one itself among them.
    private readonly (ClockRound, Mark?) Over(long start, long stop, List<Pause>? pauses, int index)
    {
        var next = clock.Restart.Count == 0 ? null : First(clock.Restart, stop, index + 1);
        return (new(start, stop, null, pauses ?? []), next);
    }

    private readonly Mark Reopening(Stay stay) => First(Reopened, stay.ReopenedAt!.Value, 0) ?? new(stay.ReopenedAt!.Value, 0);

    // Resolving and closing can be undone; closing is the latest that a ticket counts as resolved. By a sender's wrong clock a ticket may be
    // resolved before it was created: it is resolved all the same, and nobody is to be chased for it.
    private readonly long? Undoable(Stay stay, long start) =>
        clock.StopsOnResolved && (stay.ResolvedAt >= start || start == story.CreatedAt) ? stay.ResolvedAt
        : Stops("ticket.closed") && stay.ClosedAt >= start ? stay.ClosedAt : null;

    private readonly bool StartsInStay()
    {
        for (var i = 0; i < clock.Start.Count; i++)
            if (clock.Start[i] is "ticket.resolved" or "ticket.closed" || clock.Start[i].StartsWith("survey.", StringComparison.Ordinal)) return true;
        return false;
    }

    private readonly bool Stops(string type) => Has(clock.Stop, type);

    private static bool Has(IReadOnlyList<string> types, string type)
    {
        for (var i = 0; i < types.Count; i++)
            if (string.Equals(types[i], type, StringComparison.Ordinal)) return true;
        return false;
    }

    /// <summary>The first event of some types at or after an instant, and after a place in the history.</summary>
    /// <param name="lasting">leaves out what reopening can undo</param>
    private readonly Mark? First(IReadOnlyList<string> types, long from, int index, bool lasting = false)
    {
        for (var i = 0; i < history.Count; i++)
        {
            var e = history[i];
            if (e.At < from || (i < index && e.At != from) || i == index - 1 || !Has(types, e.Type) || !Concerns(e)) continue;
            if (lasting && (e.Data is TicketResolved or TicketClosed)) continue;
            if (story.ExitAt is { } exit && e.At > exit) return null;
            return e.Data is TicketCreated && e.At != story.CreatedAt ? null : new(e.At, i);
        }
        return null;
    }

    private readonly bool Concerns(Event e) => dispatch is null || DispatchOf(e.Data) is not { } id || id == dispatch.Id;

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

    /// <summary>The pauses that this clock honours, each reason by itself; null for none.</summary>
    private readonly List<Pause>? Told(long start)
    {
        List<Pause>? pauses = null;
        for (var which = 0; which < clock.PauseOn.Count; which++)
        {
            var reason = clock.PauseOn[which];
            (long From, long Until)? open = null;
            for (var i = 0; i < history.Count; i++)
            {
                var e = history[i];
                if (e.Data is TicketClockPaused p && p.Reason == reason && open is null && Named(p.ClockIds)) open = (e.At, Times.Ms(p.Until) ?? long.MaxValue);
                else if (e.Data is TicketClockResumed r && r.Reason == reason && open is { } o && Named(r.ClockIds))
                {
                    Add(ref pauses, start, o.From, Math.Min(e.At, o.Until), reason);
                    open = null;
                }
                if (open is { } passed && passed.Until <= e.At) { Add(ref pauses, start, passed.From, passed.Until, reason); open = null; }
            }
            if (open is { } going) Add(ref pauses, start, going.From, going.Until, reason);
        }
        return pauses;
    }

    private static void Add(ref List<Pause>? pauses, long start, long from, long to, PauseReason reason)
    {
        if (to > start && to > from) (pauses ??= []).Add(new(Math.Max(from, start), to, Words.Of(reason)));
    }

    private readonly bool Named(IReadOnlyList<string>? ids) => ids is null || Has(ids, clock.Id) || (dispatch is not null && Has(ids, $"{clock.Id}/{dispatch.Id}"));

    private static long? Earlier(long? a, long? b) => a is { } x && b is { } y ? Math.Min(x, y) : a ?? b;
}
