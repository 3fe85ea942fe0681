using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Tickets;

/// <summary>One round of a clock that a ticket has, with the policy that was chosen for it.</summary>
/// <param name="Id">the clock id; of a dispatch <c>clock/dispatch</c></param>
internal readonly record struct TicketClock(string Id, int Round, Candidate Chosen, TicketFacts Facts, ClockGroup Group, string? Department, long? OwnDue, ClockRound Run)
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
    /// <summary>All that a choice of policy asks: of whose clock, and as of when.</summary>
    private readonly record struct Asking(TicketStory Story, IReadOnlyList<Event> History, DispatchStory? Dispatch, long Now, Judgement? Soon);

    /// <param name="soon">told the instants at which a version takes over running clocks</param>
    public static List<TicketClock> Of(TicketStory story, IReadOnlyList<Event> history, PolicySet policies, long now, Judgement? soon = null)
    {
        var (clocks, facts) = (new List<TicketClock>(4), FactsOf(history));
        var groups = policies.Book.GroupsFor(facts[^1]);
        for (var i = 0; i < groups.Count; i++)
        {
            if (groups[i].Per == ClockPer.Ticket) Add(clocks, groups[i], facts, new(story, history, null, now, soon));
            else if (groups[i].Per == ClockPer.Dispatch)
                foreach (var dispatch in story.Dispatches.Values) Add(clocks, groups[i], facts, new(story, history, dispatch, now, soon));
        }
        return clocks;
    }

    private static void Add(List<TicketClock> clocks, ClockGroup group, List<TicketFacts> facts, in Asking asking)
    {
        var (story, history, dispatch) = (asking.Story, asking.History, asking.Dispatch);
        var id = dispatch is null ? group.Id : $"{group.Id}/{dispatch.Id}";
        var department = dispatch is null ? story.Department : dispatch.Department;
        // The newest facts first: where its clock ended before they were known, those of its end decide.
        var known = facts[^1];
        if (PolicyBook.Choose(group, known, asking, InEffect) is not { } first) return;
        var rounds = new ClockRounds(story, history, first.Clock, dispatch);
        while (rounds.Next(out var round))
        {
            var (chosen, at) = (first, known);
            var ended = round.StoppedAt ?? round.CancelledAt ?? long.MaxValue;
            if (facts.Count > 1 && FactsAt(facts, ended) is { } then && !ReferenceEquals(then, known) && PolicyBook.Choose(group, then, asking, InEffect) is { } earlier)
            {
                (chosen, at) = (earlier, then);
                round = new ClockRounds(story, history, earlier.Clock, dispatch).Of(rounds.Count) ?? round;
            }
            clocks.Add(new(id, rounds.Count, chosen, at, group, department, OwnDue(story, chosen.Clock, dispatch), round));
        }
    }

    private static readonly PolicyBook.Holds<Asking> InEffect = Holds;

    private static bool Holds(Candidate candidate, in Asking asking)
    {
        if (!Holds(candidate.Policy, candidate, asking)) return false;
        for (var i = 0; i < candidate.Newer.Count; i++)
            if (Holds(candidate.Newer[i], candidate, asking)) return false;
        return true;
    }

    // Whether a version of the candidate's policy is in effect for the candidate's clock.
    private static bool Holds(Policy policy, Candidate candidate, in Asking asking)
    {
        if (policy.FromMs == long.MinValue && policy.ToMs == long.MaxValue) return true;
        var start = asking.Dispatch?.At ?? asking.Story.CreatedAt;
        ClockRound? last = null;
        if (policy.AppliesToRunning || !StartsWithSubject(candidate.Clock))
        {
            var rounds = new ClockRounds(asking.Story, asking.History, candidate.Clock, asking.Dispatch);
            while (rounds.Next(out var round))
            {
                if (last is null) start = round.Start;
                last = round;
            }
        }
        if (policy.HoldsAt(start)) return true;
        if (!policy.AppliesToRunning || start >= policy.FromMs || (last?.StoppedAt ?? last?.CancelledAt) <= policy.FromMs) return false;
        return asking.Soon is { } soon ? soon.Reached(policy.FromMs) : asking.Now >= policy.FromMs;
    }

    private static bool StartsWithSubject(ClockPolicy clock) => clock.Start is ["ticket.created"] or ["ticket.dispatched"];

    private static long? OwnDue(TicketStory story, ClockPolicy clock, DispatchStory? dispatch) =>
        !clock.FromDueAt ? null : dispatch is null ? Times.Ms(story.Created!.DueAt) : dispatch.DueAt;

    private static List<TicketFacts> FactsOf(IReadOnlyList<Event> history)
    {
        var facts = new List<TicketFacts>(1);
        for (var i = 0; i < history.Count; i++)
        {
            var e = history[i];
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
