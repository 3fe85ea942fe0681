using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Metrics;

/// <summary>Every number on the wall and in a report is one function here, and nowhere else. (spec: metrics)</summary>
public static class Formulas
{
    /// <summary>The option flow_outs adds F where the denominator has none; N and "queued" of the other modes have it already.</summary>
    public static readonly string[] ServiceLevelModes = ["answered_only", "answered_only.flow_outs", "ignore_within", "negative", "positive", "removed_within"];

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
            "answered_only.flow_outs" => new(within, s[Measure.Answered] + s[Measure.FlowOut]),
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

    /// <summary>All surveys that say resolved / all valid ones: what a survey calls first-contact resolution too.</summary>
    public static Ratio SurveyResolved(Sums s) => new(s[Measure.SurveyResolved], s[Measure.SurveyValid]);

    /// <summary>Those basically satisfied count for their agreed part.</summary>
    public static Ratio SurveySatisfied(Sums s, MetricSettings settings) => settings.BasicallySatisfied == 100
        ? new(s[Measure.SurveySatisfied] + s[Measure.SurveyBasic], s[Measure.SurveyValid])
        : new((100 * s[Measure.SurveySatisfied]) + (settings.BasicallySatisfied * s[Measure.SurveyBasic]), 100 * s[Measure.SurveyValid]);

    public static Ratio SurveyResponse(Sums s) => new(s[Measure.SurveyContacted], s[Measure.SurveyValid]);

    /// <summary>Response, satisfied and resolved by their weights; all three are out of the valid surveys, so their sum is as well.</summary>
    public static Ratio ThreeRates(Sums s, MetricSettings settings)
    {
        var (satisfied, valid) = ((100 * s[Measure.SurveySatisfied]) + (settings.BasicallySatisfied * s[Measure.SurveyBasic]), s[Measure.SurveyValid]);
        return new(
            (100 * settings.Response * s[Measure.SurveyContacted]) + (settings.Satisfied * satisfied) + (100 * settings.Resolved * s[Measure.SurveyResolved]),
            100L * (settings.Response + settings.Satisfied + settings.Resolved) * valid);
    }

    public static Ratio FirstAccuracy(Sums s) => new(s[Measure.Dispatched] - s[Measure.DispatchReturned], s[Measure.Dispatched]);

    /// <summary>Contacts that chased / tickets that were open at some time of the window; one that was closed and reopened in it, each time.</summary>
    public static Ratio ChaseRate(Sums s, Sums level) =>
        new(s[Measure.Chased], level[Measure.OpenDelta] - s[Measure.OpenDelta] + s[Measure.Created] + s[Measure.OpenedAgain]);

    /// <summary>
    /// Milliseconds of a window out of the ends of stretches: up to t they sum to delta * t - at. What goes on counts up to now.
    /// </summary>
    /// <param name="level">the deltas' sum up to the window's end</param>
    public static long TimeIn(Sums s, Sums level, Measure delta, Measure at, string param, Window window, long now)
    {
        var (d, a) = (level[delta, param], level[at, param]);
        var until = (d * Math.Min(window.To, now)) - a;
        if (window.From == long.MinValue) return until;
        return until - (((d - s[delta, param]) * Math.Min(window.From, now)) - (a - s[at, param]));
    }

    /// <summary>On contacts and wrapping up / that and being free. The rest of the time nobody is staffed for contacts.</summary>
    public static Ratio Occupancy(long busyMs, long wrapupMs, long availableMs) => new(busyMs + wrapupMs, busyMs + wrapupMs + availableMs);

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
