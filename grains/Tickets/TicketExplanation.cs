using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Tickets;

public enum StretchKind { Running, Paused, Closed }

/// <summary>One stretch of a clock's way from start to due, Unix ms, half-open.</summary>
/// <param name="Why">the reason of a pause, or of time that does not count; else null</param>
public sealed record ClockStretch(long From, long To, StretchKind Kind, string? Why);

/// <summary>A policy that had this clock to offer, and why it was chosen or not.</summary>
/// <param name="Reason">for programs: asks, not_in_effect, named, all, matched</param>
/// <param name="Asked">the attributes that it asks for; empty for none</param>
public sealed record PolicyReason(string Policy, int Version, bool Chosen, string Reason, string Asked)
{
    /// <summary>For people, in English.</summary>
    public string Why => Reason switch
    {
        "asks" => $"does not apply: asks for {Asked}",
        "not_in_effect" => "was not in effect when the clock started",
        var fits => (Chosen ? "chosen: " : "") + (fits switch { "named" => "the ticket names it", "all" => "applies to every ticket", _ => $"{Asked.Split(", ").Length} matched: {Asked}" })
            + (Chosen ? "" : "; less specific, of lower priority or later in the order than the chosen one"),
    };
}

/// <summary>A clock so that a person can check it by hand. Times in Unix ms; null where there is none (a paused clock has no due time).</summary>
/// <param name="CountedFrom">the start, or the opening after the cut-off</param>
/// <param name="Stretches">from the start to the due time (to now while paused); empty for a due time that was there at once</param>
public sealed record ExplainedClock(
    string Id, int Round, string Policy, int Version, string Calendar, string Zone, string Limit, string State, long StartedAt, long CountedFrom, long? DueAt, bool DueNamed,
    long? StoppedAt, long PausedMs, long LateMs, IReadOnlyList<ClockStretch> Stretches, IReadOnlyList<PolicyReason> Reasons);

/// <summary>Why a ticket's clocks are due when they are. (spec: clocks, explain)</summary>
public static class TicketExplanation
{
    // A clock of ten years on a calendar with two periods a day still fits.
    private const int MostStretches = 20_000;

    public static IReadOnlyList<ExplainedClock> Of(IReadOnlyList<Event> history, PolicySet policies, long now)
    {
        var story = TicketStory.Of(history);
        if (story.Created is null) return [];
        var all = new List<ExplainedClock>();
        foreach (var clock in TicketClocks.Of(story, history, policies, now))
            if (clock.Plan(policies, history) is { } plan) all.Add(One(clock, plan, now));
        return all;
    }

    private static ExplainedClock One(TicketClock clock, ClockPlan plan, long now)
    {
        var (policy, state) = (clock.Chosen.Policy, ClockState.Of(plan, clock.Run, now));
        return new(
            clock.Id, clock.Round, policy.Id, policy.Version, plan.Calendar.Id, plan.Calendar.Zone.Id, LimitText(clock, plan), state.State, clock.Run.Start, plan.From, state.DueAt,
            plan.Named, clock.Run.StoppedAt, state.PausedMs, state.LateMs, Stretches(clock.Run.Start, plan, state, now), Reasons(clock));
    }

    private static string LimitText(TicketClock clock, ClockPlan plan)
    {
        if (plan.Named) return "due_at";
        var limit = clock.Chosen.Clock.LimitFor(clock.Facts.Priority ?? TicketFacts.DefaultPriority);
        var counting = clock.Chosen.Clock.Counting;
        return limit is not { } l ? "" : $"{l.Value} {Words.Of(l.Unit)}" + (counting.IncludeStartDay ? ", start day included" : "") + (counting.EndOfDay ? ", to the end of the day" : "")
            + (counting.Roll ? ", rolls to a business day" : "");
    }

    private static List<ClockStretch> Stretches(long start, ClockPlan plan, ClockState state, long now)
    {
        var stretches = new List<ClockStretch>();
        var end = state.DueAt ?? Math.Max(now, start);
        if (plan.From > start) stretches.Add(new(start, Math.Min(plan.From, end), StretchKind.Closed, "after the cut-off"));
        var at = Math.Max(start, plan.From);
        foreach (var pause in state.Pauses)
        {
            Run(stretches, at, Math.Min(pause.From, end), plan);
            var to = Math.Min(pause.To, end);
            if (to > pause.From) stretches.Add(new(Math.Max(at, pause.From), to, StretchKind.Paused, pause.Why));
            at = Math.Max(at, to);
        }
        Run(stretches, at, end, plan);
        return stretches;
    }

    // Time that no pause takes: open and closed hours where the limit counts working time, else all of it runs.
    private static void Run(List<ClockStretch> into, long from, long to, ClockPlan plan)
    {
        var calendar = plan.Measure;
        while (from < to && into.Count < MostStretches)
        {
            var open = Math.Min(to, calendar.NextOpen(from));
            if (open > from) into.Add(new(from, open, StretchKind.Closed, "closed hours"));
            if (open >= to) return;
            from = Math.Min(to, calendar.ClosingAfter(open));
            into.Add(new(open, from, StretchKind.Running, null));
        }
    }

    private static List<PolicyReason> Reasons(TicketClock clock)
    {
        var reasons = new List<PolicyReason>();
        foreach (var candidate in clock.Group.Candidates)
        {
            var forced = PolicyBook.IsForced(candidate.Policy, clock.Facts);
            var chosen = ReferenceEquals(candidate, clock.Chosen);
            var asked = forced ? candidate.Clock.When.ToString() : Asked(candidate);
            reasons.Add(new(candidate.Policy.Id, candidate.Policy.Version, chosen, Reason(candidate, clock, forced, chosen), asked));
        }
        return reasons;
    }

    private static string Reason(Candidate candidate, TicketClock clock, bool forced, bool chosen) =>
        !candidate.Fits(clock.Facts, forced) ? "asks"
        : !chosen && !candidate.HoldsAt(clock.Run.Start) ? "not_in_effect"
        : forced ? "named" : candidate.Attributes == 0 ? "all" : "matched";

    private static string Asked(Candidate candidate)
    {
        var (policy, clock) = (candidate.Policy.AppliesWhen.ToString(), candidate.Clock.When.ToString());
        return policy.Length == 0 ? clock : clock.Length == 0 ? policy : $"{policy}, {clock}";
    }
}
