using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Rules;

/// <summary>What shows in a customer's file alone: complaint after complaint, a missed call that nobody returned, a critical call cut off. (spec: alerts)</summary>
internal static class CustomerAlerts
{
    /// <summary>What lies further back is not looked at any more, in ms: no event so old is taken.</summary>
    public const long LookBackMs = 35 * DayMs;

    /// <summary>Over how long a rule may count complaints at most, and how long it may wait for a return: see <see cref="RuleCatalog"/>. Ms.</summary>
    public const long MostDaysMs = 60 * DayMs, MostMinutesMs = 7 * DayMs;

    private const long DayMs = 86_400_000, GivenUpMs = Ladder.LastWordMs + DayMs; // nobody calls back a day after the last word

    /// <summary>Those of one fact, by its neighbours.</summary>
    public static void Raise(ContactFact fact, CustomerFile file, RuleSet rules, Judgement j)
    {
        if (fact.Complaint) Repeat(fact, file, rules, j);
        else if (CustomerFile.IsSeeker(fact)) Lost(fact, file, rules, j);
    }

    private static void Repeat(ContactFact fact, CustomerFile file, RuleSet rules, Judgement j)
    {
        var rule = rules.Of(RuleId.RepeatComplaint, fact.Department, fact.InitiatedAt);
        if (!rule.On || (fact.Over && fact.InitiatedAt < j.Now - LookBackMs)) return;
        var since = fact.InitiatedAt - (rule[RuleNumber.Days] * DayMs);
        var count = file.Count(Role.Complaint, "", Placed.From(since + 1), Placed.Of(fact)) + 1; // itself
        if (count < rule[RuleNumber.Count] || !j.Reached(fact.InitiatedAt)) return;
        j.Alert(new(RuleSubjects.Customer(fact.CustomerRef), rule.Name, rule.Version, fact.Contact.ToString(), rule.Level, fact.Department, fact.InitiatedAt, fact.InitiatedAt, !fact.Over)
        {
            Ladder = rule.Ladder, Finding = new(count, 0, rule[RuleNumber.Count]),
        });
    }

    private static readonly Func<Rule, ContactFact, long> DueAt = static (rule, fact) => fact.LastAt + (rule[RuleNumber.Minutes] * 60_000L);

    // Returned is an attempt to reach the customer, or the customer's getting through after all.
    private static void Lost(ContactFact fact, CustomerFile file, RuleSet rules, Judgement j)
    {
        if (rules.Due(fact.Critical ? RuleId.CriticalDrop : RuleId.MissedCall, fact.Department, fact.LastAt, fact, DueAt) is not var (rule, due)) return;
        var ended = CustomerFile.Ended(fact);
        var returned = file.After(Role.Return, "", ended > fact.InitiatedAt ? Placed.From(ended) : Placed.Of(fact))?.InitiatedAt;
        if (due < j.Now - LookBackMs || returned <= due || !j.Reached(due)) return;
        var over = returned ?? due + GivenUpMs;
        j.Reached(over);
        j.Alert(new(RuleSubjects.Customer(fact.CustomerRef), rule.Name, rule.Version, fact.Contact.ToString(), rule.Level, fact.Department, due, due, over > j.Now)
        {
            Ladder = rule.Ladder, Finding = new(rule[RuleNumber.Minutes], 0, rule[RuleNumber.Minutes]), EndedAt = over > j.Now ? null : over,
        });
    }
}
