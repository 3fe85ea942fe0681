namespace OpsMonitor.Grains.Metrics;

/// <summary>Every number on the wall and in a report is one function here, and nowhere else. (spec: metrics)</summary>
public static class Formulas
{
    public static readonly string[] ServiceLevelModes = ["answered_only", "ignore_within", "negative", "positive", "removed_within"];

    /// <summary>Service level by its named mode at a threshold in seconds. N = answered + abandoned + flow-outs + still waiting past T.</summary>
    public static Ratio ServiceLevel(Sums s, string mode, string t)
    {
        var within = s[Measure.AnsweredWithin, t];
        var n = Decided(s) + s[Measure.WaitingPast, t];
        var judged = n - s[Measure.ShortAbandoned];
        var abandonedWithin = s[Measure.AbandonedWithin, t];
        return mode switch
        {
            "answered_only" => new(within, s[Measure.Answered]),
            // A short abandon has left the denominator already; it must not leave twice.
            "ignore_within" => new(within, judged - (abandonedWithin - s[Measure.ShortAbandonedWithin, t])),
            "negative" => new(within, judged),
            "positive" => new(within + abandonedWithin - s[Measure.ShortAbandonedWithin, t], judged),
            "removed_within" => new(within + abandonedWithin + s[Measure.CallbackWithin, t], n),
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "not a service level mode"),
        };
    }

    public static Ratio AbandonRate(Sums s) =>
        new(s[Measure.Abandoned] - s[Measure.ShortAbandoned], Offered(s) - s[Measure.ShortAbandoned]);

    public static Ratio ConnectRate(Sums s) => new(s[Measure.Answered], Offered(s));

    public static Ratio FcrMature(Sums s) => new(s[Measure.FcrMatureKept], s[Measure.FcrMature]);

    public static Ratio FcrProvisional(Sums s) => new(s[Measure.FcrKept], s[Measure.FcrEligible]);

    public static Ratio FcrClaimed(Sums s) => new(s[Measure.ClaimedResolved], s[Measure.Handled]);

    /// <summary>The mean share of the look-forward window that has passed, over all eligible contacts.</summary>
    public static Ratio FcrWindowElapsed(Sums s, long now, long windowMs)
    {
        var open = s[Measure.FcrOpen];
        var closed = s[Measure.FcrEligible] - open;
        var passed = (closed * windowMs / 1000) + (open * (now / 1000)) - s[Measure.FcrOpenSinceS];
        return new(passed, s[Measure.FcrEligible] * windowMs / 1000);
    }

    public static Ratio Attainment(Sums s, string clock) => new(s[Measure.ClockMet, clock], s[Measure.ClockDue, clock]);

    /// <summary>All ticket clocks due in the window and met / all due: what the wall calls "SLA met".</summary>
    public static Ratio AttainmentOfAll(Sums s)
    {
        long met = 0, due = 0;
        foreach (var clock in s.Params(Measure.ClockDue)) { met += s[Measure.ClockMet, clock]; due += s[Measure.ClockDue, clock]; }
        return new(met, due);
    }

    public static Ratio ResolutionOnTime(Sums s) => new(s[Measure.ClosedOnTime], s[Measure.Closed]);

    public static Ratio CallbacksPunctual(Sums s) => new(s[Measure.CallbackPunctual], s[Measure.CallbackDue]);

    public static Ratio CallbacksKept(Sums s) => new(s[Measure.CallbackKept], s[Measure.CallbackDue]);

    /// <summary>Mean in seconds to three places; null for no data.</summary>
    public static decimal? MeanSeconds(long sumMs, long n) =>
        n == 0 ? null : Math.Round((decimal)sumMs / n / 1000, 3, MidpointRounding.ToEven);

    /// <summary>Nearest-rank percentile of sorted samples, in seconds to three places. p50 of an even count is the mean of the middle two.</summary>
    public static decimal? PercentileSeconds(IReadOnlyList<long> sorted, int percent)
    {
        if (sorted.Count == 0) return null;
        if (percent == 50 && sorted.Count % 2 == 0)
            return Math.Round((sorted[(sorted.Count / 2) - 1] + (decimal)sorted[sorted.Count / 2]) / 2000, 3, MidpointRounding.ToEven);
        var rank = ((sorted.Count * percent) + 99) / 100;
        return Math.Round((decimal)sorted[Math.Max(rank, 1) - 1] / 1000, 3, MidpointRounding.ToEven);
    }

    /// <summary>N of the rates that name no threshold: those waiting count once they are past their queue's first one.</summary>
    private static long Offered(Sums s) => Decided(s) + s[Measure.WaitingPastFirst];

    private static long Decided(Sums s) => s[Measure.Answered] + s[Measure.Abandoned] + s[Measure.FlowOut];
}
