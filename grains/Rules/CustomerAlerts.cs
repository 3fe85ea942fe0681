using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Rules;

/// <summary>What shows in a customer's file alone: complaint after complaint, a missed call that nobody returned, a critical call cut off. (spec: alerts)</summary>
internal static class CustomerAlerts
{
    /// <summary>What lies further back is not looked at any more, in ms: no event so old is taken.</summary>
    public const long LookBackMs = 35 * DayMs;

    private const long DayMs = 86_400_000, GivenUpMs = 7 * DayMs; // nobody calls back after a week

    /// <param name="facts">of one customer, in the order of their beginning</param>
    public static void Raise(IReadOnlyList<ContactFact> facts, PolicySet policies, Judgement j)
    {
        if (!policies.Rules.Any || facts.Count == 0) return;
        var who = RuleSubjects.Customer(facts[0].CustomerRef);
        var complaints = new List<ContactFact>();
        for (var i = 0; i < facts.Count; i++)
        {
            var fact = facts[i];
            if (fact.Complaint) Repeat(who, complaints, fact, policies, j);
            else if (fact.Contact.Kind == SubjectKind.Contact) Lost(who, facts, i, policies, j);
        }
    }

    private static void Repeat(Subject who, List<ContactFact> complaints, ContactFact fact, PolicySet policies, Judgement j)
    {
        complaints.Add(fact);
        var rule = policies.Rules.Of(RuleId.RepeatComplaint, fact.Department);
        if (!rule.On || complaints.Count < rule[RuleNumber.Count] || (fact.Over && fact.InitiatedAt < j.Now - LookBackMs)) return;
        var (count, since) = (0, fact.InitiatedAt - (rule[RuleNumber.Days] * DayMs));
        foreach (var c in complaints)
            if (c.InitiatedAt > since) count++;
        if (count < rule[RuleNumber.Count] || !j.Reached(fact.InitiatedAt)) return;
        j.Alert(new(who, rule.Name, rule.Version, fact.Contact.ToString(), rule.Level, fact.Department, fact.InitiatedAt, fact.InitiatedAt, !fact.Over)
        {
            Ladder = rule.Ladder, Finding = new(count, 0, rule[RuleNumber.Count]),
        });
    }

    // Returned is an attempt to reach the customer, or the customer's getting through after all.
    private static void Lost(Subject who, IReadOnlyList<ContactFact> facts, int i, PolicySet policies, Judgement j)
    {
        var fact = facts[i];
        var missed = fact is { Inbound: true, Abandoned: true, Over: true };
        if (!missed && !fact.Critical) return;
        var rule = policies.Rules.Of(fact.Critical ? RuleId.CriticalDrop : RuleId.MissedCall, fact.Department);
        if (!rule.On) return;
        var due = fact.LastAt + (rule[RuleNumber.Minutes] * 60_000L);
        long? returned = null;
        for (var n = i + 1; n < facts.Count; n++)
        {
            var later = facts[n];
            if (later.Contact.Kind == SubjectKind.Ticket || later.InitiatedAt < fact.LastAt || (later.Inbound && !later.Answered)) continue;
            returned = later.InitiatedAt;
            break;
        }
        if (due < j.Now - LookBackMs || returned <= due || !j.Reached(due)) return;
        var over = returned ?? due + GivenUpMs;
        j.Reached(over);
        j.Alert(new(who, rule.Name, rule.Version, fact.Contact.ToString(), rule.Level, fact.Department, due, due, over > j.Now)
        {
            Ladder = rule.Ladder, Finding = new(rule[RuleNumber.Minutes], 0, rule[RuleNumber.Minutes]), EndedAt = over > j.Now ? null : over,
        });
    }
}
