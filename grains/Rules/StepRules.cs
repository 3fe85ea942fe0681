namespace OpsMonitor.Grains.Rules;

/// <summary>A run of half hours in which a rate was on the wrong side. It opens at the end of the step that completes it; instants in Unix ms.</summary>
/// <param name="ClosedAt">the end of the first step that was not; null while it goes on</param>
public sealed record StepEpisode(long OpenedAt, long? ClosedAt, long Num, long N);

/// <summary>A completed step's rate as whole numbers. Without <see cref="N"/> there is nothing to judge.</summary>
public readonly record struct StepRate(long Start, long Num, long N);

/// <summary>Rates by aligned half hours: raised after so many bad ones in a row, each with enough to judge by. (spec: alerts; wallboard, one point of hysteresis)</summary>
public static class StepRules
{
    /// <summary>A step, in ms; steps begin at whole half hours of UTC.</summary>
    public const long StepMs = 30 * 60_000;

    /// <param name="steps">ascending, without the running one; those left out have nothing to judge by</param>
    /// <param name="running">the step that has not ended</param>
    /// <param name="least">what N must reach</param>
    /// <param name="below">bad is below the percentage; else above it</param>
    public static List<StepEpisode> Find(IReadOnlyList<StepRate> steps, Rule rule, long least, bool below, long running)
    {
        var (episodes, run, open) = (new List<StepEpisode>(), 0, false);
        for (var i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            var follows = i > 0 && steps[i - 1].Start + StepMs == step.Start;
            if (!follows)
            {
                if (open) End(episodes, steps[i - 1].Start + (2 * StepMs)); // a step without any data is not bad
                (run, open) = (0, false);
            }
            if (!IsBad(step, rule, least, below, open))
            {
                if (open) End(episodes, step.Start + StepMs);
                (run, open) = (0, false);
                continue;
            }
            if (open || ++run < rule[RuleNumber.Steps]) continue;
            open = true;
            episodes.Add(new(step.Start + StepMs, null, step.Num, step.N));
        }
        // After the last step with data there may have ended one without.
        if (open && steps[^1].Start + (2 * StepMs) <= running) End(episodes, steps[^1].Start + (2 * StepMs));
        return episodes;
    }

    // What has been raised ends only a point on the right side, so that it does not flicker.
    private static bool IsBad(StepRate step, Rule rule, long least, bool below, bool open)
    {
        if (step.N < least || step.N == 0) return false;
        var limit = rule[RuleNumber.Percent] + (!open ? 0 : below ? rule[RuleNumber.Hysteresis] : -rule[RuleNumber.Hysteresis]);
        return below ? step.Num * 100 < Math.Min(limit, 100) * step.N : step.Num * 100 > Math.Max(limit, 0) * step.N;
    }

    private static void End(List<StepEpisode> episodes, long at) => episodes[^1] = episodes[^1] with { ClosedAt = at };
}
