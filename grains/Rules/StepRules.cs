namespace OpsMonitor.Grains.Rules;

/// <summary>A run of half hours in which a rate was on the wrong side. It opens at the end of the step that completes it; instants in Unix ms.</summary>
/// <param name="ClosedAt">the end of the first step that was not; null while it goes on</param>
/// <param name="Rule">as it held at the opening: it holds to the end</param>
public sealed record StepEpisode(long OpenedAt, long? ClosedAt, long Num, long N, Rule Rule);

/// <summary>A completed step's rate as whole numbers. Without <see cref="N"/> there is nothing to judge.</summary>
public readonly record struct StepRate(long Start, long Num, long N);

/// <summary>Rates by aligned half hours: raised after so many bad ones in a row, each with enough to judge by. (spec: alerts; wallboard, one point of hysteresis)</summary>
public static class StepRules
{
    /// <summary>A step, in ms; steps begin at whole half hours of UTC.</summary>
    public const long StepMs = 30 * 60_000;

    /// <param name="steps">ascending, without the running one; those left out have nothing to judge by</param>
    /// <param name="running">the step that has not ended</param>
    /// <param name="below">bad is below the percentage; else above it</param>
    public static List<StepEpisode> Find(IReadOnlyList<StepRate> steps, RuleSet rules, RuleId id, string? department, bool below, long running)
    {
        var (episodes, from, open) = (new List<StepEpisode>(), 0, (Rule?)null);
        for (var i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            if (i > 0 && steps[i - 1].Start + StepMs != step.Start)
            {
                if (open is not null) End(episodes, steps[i - 1].Start + (2 * StepMs)); // a step without any data is not bad
                (from, open) = (i, null);
            }
            if (open is not null && !IsBad(step, open, below, true))
            {
                End(episodes, step.Start + StepMs);
                (from, open) = (i, null);
            }
            if (open is not null || rules.Of(id, department, step.Start + StepMs) is not { On: true } rule || !AllBad(steps, from, i, rule, below)) continue;
            open = rule;
            episodes.Add(new(step.Start + StepMs, null, step.Num, step.N, rule));
        }
        // After the last step with data there may have ended one without.
        if (open is not null && steps[^1].Start + (2 * StepMs) <= running) End(episodes, steps[^1].Start + (2 * StepMs));
        return episodes;
    }

    private static bool AllBad(IReadOnlyList<StepRate> steps, int from, int last, Rule rule, bool below)
    {
        var first = last - rule[RuleNumber.Steps] + 1;
        if (first < from) return false;
        for (var i = last; i >= first; i--)
            if (!IsBad(steps[i], rule, below, false)) return false;
        return true;
    }

    // What has been raised ends only a point on the right side, so that it does not flicker.
    private static bool IsBad(StepRate step, Rule rule, bool below, bool open)
    {
        var least = rule.Id == RuleId.Occupancy ? rule[RuleNumber.Minutes] * 60_000L : rule[RuleNumber.N]; // of agents' time in ms, of contacts
        if (step.N < least || step.N == 0) return false;
        var limit = rule[RuleNumber.Percent] + (!open ? 0 : below ? rule[RuleNumber.Hysteresis] : -rule[RuleNumber.Hysteresis]);
        return below ? step.Num * 100 < Math.Min(limit, 100) * step.N : step.Num * 100 > Math.Max(limit, 0) * step.N;
    }

    private static void End(List<StepEpisode> episodes, long at) => episodes[^1] = episodes[^1] with { ClosedAt = at };
}
