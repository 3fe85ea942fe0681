using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Tickets;

/// <summary>One round of a clock that a ticket has, with the policy that was chosen for it.</summary>
/// <param name="Id">the clock id; of a dispatch <c>clock/dispatch</c></param>
internal sealed record TicketClock(string Id, int Round, Candidate Chosen, TicketFacts Facts, ClockGroup Group, string? Department, long? OwnDue, ClockRound Run)
{
    public ClockPlan? Plan(PolicySet policies, IReadOnlyList<Event> history)
    {
        var clock = Chosen.Clock;
        return ClockPlan.Of(
            clock, Run.Start, Facts.Priority ?? TicketFacts.DefaultPriority, OwnDue, ClockPlan.GrantedTo(clock, Id, Run, history), policies.CalendarOf(Chosen, Department, Run.Start, Run.StoppedAt ?? Run.CancelledAt));
    }
}

/// <summary>Which clocks a ticket has. Each is chosen under the facts that held when it ended, and keeps the version under which it started.</summary>
internal static class TicketClocks
{
    /// <param name="soon">told the instants at which a version takes over running clocks</param>
    public static List<TicketClock> Of(TicketStory story, IReadOnlyList<Event> history, PolicySet policies, long now, Action<long>? soon = null)
    {
        var (clocks, facts) = (new List<TicketClock>(), FactsOf(history));
        foreach (var group in policies.Book.GroupsFor(facts[^1]))
        {
            if (group.Per == ClockPer.Ticket) Add(clocks, story, history, group, facts, null, now, soon);
            else if (group.Per == ClockPer.Dispatch)
                foreach (var dispatch in story.Dispatches.Values) Add(clocks, story, history, group, facts, dispatch, now, soon);
        }
        return clocks;
    }

    private static void Add(
        List<TicketClock> clocks, TicketStory story, IReadOnlyList<Event> history, ClockGroup group, List<TicketFacts> facts, DispatchStory? dispatch, long now, Action<long>? soon)
    {
        var id = dispatch is null ? group.Id : $"{group.Id}/{dispatch.Id}";
        var department = dispatch is null ? story.Department : dispatch.Department;
        // The newest facts first: where its clock ended before they were known, those of its end decide.
        var known = facts[^1];
        if (Choose(known) is not { } first) return;
        var rounds = new ClockRounds(story, history, first.Clock, dispatch).All();
        for (var i = 0; i < rounds.Count; i++)
        {
            var (chosen, at, round) = (first, known, rounds[i]);
            var ended = round.StoppedAt ?? round.CancelledAt ?? long.MaxValue;
            if (facts.Count > 1 && FactsAt(facts, ended) is { } then && !ReferenceEquals(then, known) && Choose(then) is { } earlier)
            {
                (chosen, at) = (earlier, then);
                var again = new ClockRounds(story, history, earlier.Clock, dispatch).All();
                if (i < again.Count) round = again[i];
            }
            clocks.Add(new(id, i + 1, chosen, at, group, department, OwnDue(story, chosen.Clock, dispatch), round));
        }

        Candidate? Choose(TicketFacts facts) => PolicyBook.Choose(group, facts, c => Holds(c, story, history, dispatch, now, soon));
    }

    private static bool Holds(Candidate candidate, TicketStory story, IReadOnlyList<Event> history, DispatchStory? dispatch, long now, Action<long>? soon)
    {
        if (!Holds(candidate.Policy, candidate, story, history, dispatch, now, soon)) return false;
        foreach (var newer in candidate.Newer)
            if (Holds(newer, candidate, story, history, dispatch, now, soon)) return false;
        return true;
    }

    // Whether a version of the candidate's policy is in effect for the candidate's clock.
    private static bool Holds(
        Policy policy, Candidate candidate, TicketStory story, IReadOnlyList<Event> history, DispatchStory? dispatch, long now, Action<long>? soon)
    {
        if (policy.FromMs == long.MinValue && policy.ToMs == long.MaxValue) return true;
        var start = dispatch?.At ?? story.CreatedAt;
        ClockRound? last = null;
        if (policy.AppliesToRunning || !StartsWithSubject(candidate.Clock))
        {
            var rounds = new ClockRounds(story, history, candidate.Clock, dispatch).All();
            if (rounds.Count > 0) (start, last) = (rounds[0].Start, rounds[^1]);
        }
        if (policy.HoldsAt(start)) return true;
        if (!policy.AppliesToRunning || start >= policy.FromMs || (last?.StoppedAt ?? last?.CancelledAt) <= policy.FromMs) return false;
        if (now >= policy.FromMs) return true;
        soon?.Invoke(policy.FromMs);
        return false;
    }

    private static bool StartsWithSubject(ClockPolicy clock) => clock.Start is ["ticket.created"] or ["ticket.dispatched"];

    private static long? OwnDue(TicketStory story, ClockPolicy clock, DispatchStory? dispatch) =>
        !clock.FromDueAt ? null : dispatch is null ? Times.Ms(story.Created!.DueAt) : dispatch.DueAt;

    private static List<TicketFacts> FactsOf(IReadOnlyList<Event> history)
    {
        var facts = new List<TicketFacts>(1);
        foreach (var e in history)
        {
            if (e.Data is TicketCreated created && facts.Count == 0) facts.Add(TicketFacts.Of(e, created));
            else if (e.Data is TicketClassified classified && facts.Count > 0) facts.Add(facts[^1].With(e, classified));
        }
        return facts;
    }

    private static TicketFacts FactsAt(List<TicketFacts> facts, long at)
    {
        for (var i = facts.Count - 1; i > 0; i--)
            if (facts[i].From <= at) return facts[i];
        return facts[0];
    }
}
