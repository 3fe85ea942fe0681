using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Grains.Rules;

/// <summary>What raises an alert beside clocks and callbacks' due times. On the wire each is its snake_case name. (spec: alerts, What raises one)</summary>
public enum RuleId
{
    BulkComplaint, ServiceLevel, AbandonRate, LongestWait, Occupancy, UnsignedDispatch, PingPong, PingPongGuard, RepeatComplaint, OutsideFlag, VipLane, CallbackOverdue,
    MissedCall, CriticalDrop, HardCase,
}

/// <summary>A number that a rule asks for; its unit is in its name. Percent, counts and steps have none.</summary>
public enum RuleNumber
{
    Count, WithinMin, Least, Sigma, Weeks, ClearBelow, Percent, Steps, N, Hysteresis, TimesThreshold, Seconds, Minutes, BusinessDays, Returns, Hops, FreezeAfter, Days,
}

/// <summary>One rule as it stands for one department. A record of values: the same settings are the same rule.</summary>
/// <param name="To">the level at which the ladder begins: owner, supervisor, department_head or executive</param>
/// <param name="Words">what a text setting names: the flags, the customer tiers, the adjudicator; empty where the rule has none</param>
public sealed record Rule(RuleId Id, bool On, AlertLevel Level, string To, Items<int> Numbers, Items<string> Words, int Version)
{
    /// <summary>Only of those that <see cref="RuleCatalog"/> lists for the rule; others are 0.</summary>
    public int this[RuleNumber number] => Numbers.All[(int)number];

    public string Name => Policies.Words.Of(Id);

    /// <summary>The ladder from its level on, gone up once; null for the default, which begins at the owner. (spec: alerts, Ladder)</summary>
    public Items<Rung>? Ladder => To == "owner" ? null : RuleCatalog.LadderFrom(To);
}

/// <summary>What an alert was raised for: so many of so many against a limit. <see cref="N"/> is 0 where it is a count or a span in seconds.</summary>
public readonly record struct Finding(long Num, long N, long Limit);
