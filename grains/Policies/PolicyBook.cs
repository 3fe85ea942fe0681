namespace OpsMonitor.Grains.Policies;

/// <summary>A clock of a policy that may be chosen for a clock id. More attributes asked, matched, is more specific.</summary>
public sealed record Candidate(Policy Policy, ClockPolicy Clock)
{
    /// <summary>Later versions of the same policy: where one of them is in effect this one is not, also for a clock that the later one no longer has.</summary>
    public IReadOnlyList<Policy> Newer { get; init; } = [];

    /// <summary>Whether this version, and no later one, is in effect for a clock that starts at an instant.</summary>
    public bool HoldsAt(long start)
    {
        if (!Policy.HoldsAt(start)) return false;
        foreach (var newer in Newer)
            if (newer.HoldsAt(start)) return false;
        return true;
    }

    public int Attributes => Policy.AppliesWhen.All.Count + Clock.When.All.Count;

    public bool Fits(TicketFacts facts, bool forced) => (forced || Policy.AppliesWhen.Fits(facts)) && Clock.When.Fits(facts);
}

/// <summary>All clocks of one id, the first that fits wins: most attributes, higher priority, id, newer version. (spec: clocks, Selection)</summary>
public sealed record ClockGroup(string Id, ClockPer Per, IReadOnlyList<Candidate> Candidates)
{
    /// <summary>Where policies that the ticket names itself are left aside, nothing else is lost by looking at these only.</summary>
    public IReadOnlyList<Candidate> Unnamed { get; } = [.. Candidates.Where(c => !c.Policy.AppliesWhen.AsksForPolicies && !c.Clock.When.AsksForPolicies)];
}

/// <summary>All policies in force now, before and later, ready to be chosen from.</summary>
public sealed class PolicyBook
{
    private readonly List<ClockGroup> _all = [], _unnamed;
    private readonly List<long> _takeOvers;

    private PolicyBook(IReadOnlyList<Policy> policies)
    {
        Policies = policies;
        _takeOvers = [.. policies.Where(p => p.AppliesToRunning && p.FromMs != long.MinValue).Select(p => p.FromMs)];
        var groups = new SortedDictionary<string, List<Candidate>>(StringComparer.Ordinal);
        var order = new List<string>(); // of first appearance: sla-default's clocks come first
        foreach (var policy in policies.OrderBy(p => p.Id == Policy.DefaultId ? 0 : 1).ThenBy(p => p.Id, StringComparer.Ordinal).ThenBy(p => p.Version))
            foreach (var clock in policy.Clocks)
            {
                if (!groups.TryGetValue(clock.Id, out var group))
                {
                    groups[clock.Id] = group = [];
                    order.Add(clock.Id);
                }
                group.Add(new(policy, clock) { Newer = [.. policies.Where(p => p.Id == policy.Id && p.Version > policy.Version)] });
            }
        foreach (var id in order)
            foreach (var per in groups[id].GroupBy(c => c.Clock.Per).OrderBy(g => g.Key))
                _all.Add(new(id, per.Key, [.. per.OrderByDescending(c => c.Attributes).ThenByDescending(c => c.Policy.Priority)
                    .ThenBy(c => c.Policy.Id, StringComparer.Ordinal).ThenByDescending(c => c.Policy.Version)]));
        _unnamed = _all.FindAll(g => g.Unnamed.Count > 0);
    }

    public IReadOnlyList<Policy> Policies { get; }

    /// <summary>Whether a version takes over running clocks at an instant in (from, to], Unix ms.</summary>
    public bool TakesOverIn(long from, long to)
    {
        for (var i = 0; i < _takeOvers.Count; i++)
            if (_takeOvers[i] > from && _takeOvers[i] <= to) return true;
        return false;
    }

    public static PolicyBook Of(IReadOnlyList<Policy> policies) => new(policies);

    /// <summary>The clock ids that could concern such a ticket.</summary>
    public IReadOnlyList<ClockGroup> GroupsFor(TicketFacts facts) => facts.PolicyIds.Count == 0 ? _unnamed : _all;

    /// <summary>The clock of a group that holds for these facts, or null. A policy that the ticket names wins over any that it does not.</summary>
    /// <param name="holds">whether a candidate is in effect for the clock at hand, of which <paramref name="clock"/> says all: it is asked too often for a closure</param>
    public static Candidate? Choose<T>(ClockGroup group, TicketFacts facts, in T clock, Holds<T> holds)
    {
        if (facts.PolicyIds.Count == 0) return First(group.Unnamed, facts, clock, holds, forced: false);
        return First(group.Candidates, facts, clock, holds, forced: true) ?? First(group.Candidates, facts, clock, holds, forced: false);
    }

    public delegate bool Holds<T>(Candidate candidate, in T clock);

    public static bool IsForced(Policy policy, TicketFacts facts)
    {
        foreach (var id in facts.PolicyIds)
            if (string.Equals(id, policy.Id, StringComparison.Ordinal)) return true;
        return false;
    }

    private static Candidate? First<T>(IReadOnlyList<Candidate> candidates, TicketFacts facts, in T clock, Holds<T> holds, bool forced)
    {
        for (var i = 0; i < candidates.Count; i++)
            if ((!forced || IsForced(candidates[i].Policy, facts)) && candidates[i].Fits(facts, forced) && holds(candidates[i], clock)) return candidates[i];
        return null;
    }
}
