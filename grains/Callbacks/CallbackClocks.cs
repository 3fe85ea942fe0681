using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Tickets;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Callbacks;

/// <summary>
/// The clocks of policies per callback. One that has only the callback's own due time is the promise that the callback's numbers and alerts judge
/// already: it is shown, and counted nowhere else.
/// </summary>
internal static class CallbackClocks
{
    /// <param name="reachedAt">when the customer was reached: what <c>callback.fulfilled</c> as a stop means</param>
    public static List<ClockRow> Judge(
        Subject subject, IReadOnlyList<Event> history, TicketFacts facts, long dueAt, long? reachedAt, long? overAt, PolicySet policies, Judgement j)
    {
        var rows = new List<ClockRow>();
        foreach (var group in policies.Book.GroupsFor(facts))
        {
            if (group.Per != ClockPer.Callback) continue;
            // The promise is what the version is frozen to, whichever event starts the clock.
            if (PolicyBook.Choose(group, facts, facts.From, static (Candidate c, in long start) => c.HoldsAt(start)) is not { } chosen) continue;
            if (First(history, chosen.Clock.Start, facts.From) is not { } start) continue;
            var stop = First(history, chosen.Clock.Stop, start);
            if (chosen.Clock.Stop.Contains("callback.fulfilled") && !(stop <= reachedAt)) stop = reachedAt ?? stop;
            var cancelled = stop is null || overAt < stop ? overAt : null;
            var run = new ClockRound(start, cancelled is null ? stop : null, cancelled, []);
            var clock = new TicketClock(group.Id, 1, chosen, facts, group, facts.DepartmentId, chosen.Clock.FromDueAt ? dueAt : null, run);
            if (clock.Plan(policies, history) is not { } plan) continue;
            rows.Add(plan.Named ? TicketRules.RowOf(clock, ClockState.Of(plan, run, j.Now)) : TicketRules.Judge(subject, clock, plan, j));
        }
        return rows;
    }

    public static TicketFacts FactsOf(CallbackPromised promise, long at, string? department) => new(at)
    {
        Kind = Words.Of(promise.Kind), DepartmentId = department, Priority = promise.Priority, CustomerRef = promise.CustomerRef,
    };

    private static long? First(IReadOnlyList<Event> history, IReadOnlyList<string> types, long from)
    {
        foreach (var e in history)
            if (e.At >= from && types.Contains(e.Type)) return e.At;
        return null;
    }
}
