using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Grains.Rules;

/// <summary>A number of a rule: its default and what it may be.</summary>
public readonly record struct RuleSetting(RuleNumber Number, int Default, int Least, int Most);

/// <summary>A rule as it comes: every number of it is a setting.</summary>
/// <param name="WordsKey">the name of its text setting, null where it has none</param>
public sealed record RuleKind(RuleId Id, AlertLevel Level, string To, IReadOnlyList<RuleSetting> Settings, string? WordsKey = null, params IReadOnlyList<string> Words)
{
    public Rule Standard { get; } = Make(Id, Level, To, Settings, Words);

    private static Rule Make(RuleId id, AlertLevel level, string to, IReadOnlyList<RuleSetting> settings, IReadOnlyList<string> words)
    {
        var numbers = new int[RuleCatalog.NumberCount];
        foreach (var setting in settings) numbers[(int)setting.Number] = setting.Default;
        return new(id, true, level, to, new(numbers), new(words), 1);
    }
}

/// <summary>All rules with their defaults. (spec: alerts, What raises one)</summary>
public static class RuleCatalog
{
    public static readonly int NumberCount = Enum.GetValues<RuleNumber>().Length;

    /// <summary>Where a ladder may begin; each level after the one before in the order here.</summary>
    public static readonly IReadOnlyList<string> Levels = ["owner", "supervisor", "department_head", "executive"];

    private const long StepMs = 15 * 60_000; // as in the default ladder, after its first step

    private static readonly Items<Rung>[] Ladders = [.. Levels.Select((_, from) => new Items<Rung>([.. Levels.Skip(from).Select((level, n) => new Rung(level, n * StepMs))]))];

    /// <summary>In the order of <see cref="RuleId"/>.</summary>
    public static readonly IReadOnlyList<RuleKind> All =
    [
        new(RuleId.BulkComplaint, AlertLevel.Red, "supervisor",
            [new(RuleNumber.Count, 10, 2, 10_000), new(RuleNumber.WithinMin, 60, 5, 1_440), new(RuleNumber.Least, 5, 2, 10_000), new(RuleNumber.Sigma, 3, 1, 10),
             new(RuleNumber.Weeks, 4, 4, 8), new(RuleNumber.ClearBelow, 5, 1, 10_000)]),
        new(RuleId.ServiceLevel, AlertLevel.Yellow, "supervisor",
            [new(RuleNumber.Percent, 80, 1, 100), new(RuleNumber.Steps, 2, 1, 12), new(RuleNumber.N, 20, 1, 10_000), new(RuleNumber.Hysteresis, 1, 0, 20)]),
        new(RuleId.AbandonRate, AlertLevel.Yellow, "supervisor",
            [new(RuleNumber.Percent, 5, 0, 100), new(RuleNumber.Steps, 1, 1, 12), new(RuleNumber.N, 20, 1, 10_000), new(RuleNumber.Hysteresis, 1, 0, 20)]),
        new(RuleId.LongestWait, AlertLevel.Yellow, "supervisor", [new(RuleNumber.TimesThreshold, 3, 0, 100), new(RuleNumber.Seconds, 120, 1, 86_400)]),
        new(RuleId.Occupancy, AlertLevel.Yellow, "supervisor",
            [new(RuleNumber.Percent, 90, 1, 100), new(RuleNumber.Steps, 1, 1, 12), new(RuleNumber.Minutes, 30, 1, 100_000), new(RuleNumber.Hysteresis, 1, 0, 20)]),
        new(RuleId.UnsignedDispatch, AlertLevel.Yellow, "supervisor", [new(RuleNumber.BusinessDays, 1, 1, 60)]),
        new(RuleId.PingPong, AlertLevel.Yellow, "supervisor", [new(RuleNumber.Returns, 2, 1, 100), new(RuleNumber.Hops, 3, 1, 100)]),
        new(RuleId.PingPongGuard, AlertLevel.Red, "department_head", [new(RuleNumber.FreezeAfter, 5, 2, 100)], "adjudicator", "department_head"),
        new(RuleId.RepeatComplaint, AlertLevel.Yellow, "supervisor", [new(RuleNumber.Count, 3, 2, 100), new(RuleNumber.Days, 30, 1, 60)]),
        new(RuleId.OutsideFlag, AlertLevel.Red, "department_head", [], "flags", "regulator", "media", "consumer_council", "ombudsman", "court"),
        new(RuleId.VipLane, AlertLevel.Red, "supervisor", [new(RuleNumber.Percent, 50, 1, 99)], "tiers", "vip"),
        new(RuleId.CallbackOverdue, AlertLevel.Red, "supervisor", [new(RuleNumber.Minutes, 30, 0, 10_080)]),
        new(RuleId.MissedCall, AlertLevel.Yellow, "supervisor", [new(RuleNumber.Minutes, 60, 1, 10_080)]),
        new(RuleId.CriticalDrop, AlertLevel.Red, "supervisor", [new(RuleNumber.Minutes, 10, 1, 10_080)]),
        new(RuleId.HardCase, AlertLevel.Yellow, "department_head", []),
    ];

    public static Items<Rung> LadderFrom(string level)
    {
        for (var i = 0; i < Levels.Count; i++)
            if (Levels[i] == level) return Ladders[i];
        return Ladders[0];
    }
}
