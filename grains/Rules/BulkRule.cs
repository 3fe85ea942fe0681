namespace OpsMonitor.Grains.Rules;

/// <summary>A stretch in which complaints of one issue came in bulk. Instants in Unix ms.</summary>
/// <param name="OpenedAt">of the complaint that completed it</param>
/// <param name="ClosedAt">null while it goes on</param>
/// <param name="Found">complaints in the window at the opening</param>
/// <param name="Limit">what they reached: the fixed count, or the next whole number over mean + sigmas</param>
/// <param name="Rule">as it held at the opening: it holds to the end</param>
public sealed record BulkEpisode(long OpenedAt, long? ClosedAt, long Found, long Limit, Rule Rule);

/// <summary>
/// When complaints of one issue for one department are a bulk complaint. A function of their instants alone, by whole numbers: n * count - sum over
/// the fullest hour near the same time of n weeks before, squared, against sigma squared times n * squares - sum squared. (spec: alerts, bulk complaint)
/// </summary>
public static class BulkRule
{
    private const long WeekMs = 7 * 86_400_000L, NearMs = WeekMs / 28; // six hours

    /// <summary>An episode lasts a window at least, so that two never begin in the same one: its key is the window in which it began.</summary>
    /// <param name="at">ascending; later ones than now are not looked at</param>
    /// <param name="knownSince">of the department: before it nobody counted</param>
    /// <param name="episodes">those that began before <paramref name="from"/>; what follows is found anew</param>
    /// <param name="from">the first instant that may have changed</param>
    /// <returns>when to look again although no complaint comes; <see cref="long.MaxValue"/> for never</returns>
    public static long Find(IReadOnlyList<long> at, long knownSince, RuleSet rules, string? department, List<BulkEpisode> episodes, long from, long now)
    {
        episodes.RemoveAll(e => e.OpenedAt >= from);
        var open = episodes.Count > 0 && !(episodes[^1].ClosedAt < from) ? episodes[^1] : null;
        var i = First(at, open?.OpenedAt + 1 ?? from);
        for (; i < at.Count && at[i] <= now; i++)
        {
            if (open is not null && ClosesAt(at, i, open) is var closes && closes < at[i]) open = Close(episodes, closes);
            if (open is null && Opens(at, i, knownSince, rules.Of(RuleId.BulkComplaint, department, at[i])) is { } opened) episodes.Add(open = opened);
        }
        var next = i < at.Count ? at[i] : long.MaxValue; // a sender's clock that is ahead
        if (open is null) return next;
        var end = ClosesAt(at, i, open);
        if (end > now) { episodes[^1] = open with { ClosedAt = null }; return Math.Min(next, end); }
        Close(episodes, end);
        return next;
    }

    private static BulkEpisode? Close(List<BulkEpisode> episodes, long at)
    {
        episodes[^1] = episodes[^1] with { ClosedAt = at };
        return null;
    }

    // When fewer than clear_below are left in the window, with only those before an index.
    private static long ClosesAt(IReadOnlyList<long> at, int before, BulkEpisode open)
    {
        var window = WindowMs(open.Rule);
        var closes = Math.Max(open.OpenedAt + window, at[before - 1]);
        var last = before - open.Rule[RuleNumber.ClearBelow];
        return last < 0 ? closes : Math.Max(closes, at[last] + window);
    }

    /// <summary>Over how long a rule counts, in ms.</summary>
    public static long WindowMs(Rule rule) => rule[RuleNumber.WithinMin] * 60_000L;

    private static BulkEpisode? Opens(IReadOnlyList<long> at, int i, long knownSince, Rule rule)
    {
        if (!rule.On) return null;
        var (now, window) = (at[i], WindowMs(rule));
        if (i + 1 < at.Count && at[i + 1] == now) return null; // several at one instant are judged together
        var count = i + 1 - First(at, now - window + 1);
        if (count >= rule[RuleNumber.Count]) return new(now, null, count, rule[RuleNumber.Count], rule);
        if (count < rule[RuleNumber.Least]) return null;
        var weeks = rule[RuleNumber.Weeks];
        if (now - (weeks * WeekMs) - window < knownSince) return null;
        var limit = Math.Max(rule[RuleNumber.Least], Limit(at, now, weeks, rule[RuleNumber.Sigma], window));
        return count >= limit ? new(now, null, count, limit, rule) : null;
    }

    /// <summary>The smallest count that lies over mean + sigmas of the weeks before. Their scatter is at least that of mere chance: the root of the mean.</summary>
    private static long Limit(IReadOnlyList<long> at, long now, int weeks, int sigma, long window)
    {
        var (sum, squares) = (0L, 0L);
        for (var k = 1; k <= weeks; k++)
        {
            var count = Fullest(at, now - (k * WeekMs), window);
            sum += count;
            squares += count * count;
        }
        var scatter = (weeks * squares) - (sum * sum); // n squared times the variance
        sum += weeks / 2; // four weeks are few: what was not seen in them may still be usual
        scatter = Math.Max(scatter, weeks * sum);
        for (var count = sum / weeks; ; count++)
        {
            var over = (weeks * count) - sum;
            if (over > 0 && over * over > sigma * sigma * scatter) return count;
        }
    }

    // The rule looks at every hour that ends in a complaint, so it finds the fullest there is: what is usual must be the fullest one too, near that time of the week.
    private static long Fullest(IReadOnlyList<long> at, long then, long window)
    {
        var (most, begin) = (0, First(at, then - NearMs - window + 1));
        for (var (i, oldest) = (begin, begin); i < at.Count && at[i] <= then + NearMs; i++)
        {
            while (at[oldest] <= at[i] - window) oldest++;
            most = Math.Max(most, i + 1 - oldest);
        }
        return most;
    }

    /// <summary>The index of the first at or after an instant.</summary>
    private static int First(IReadOnlyList<long> at, long from)
    {
        var (low, high) = (0, at.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (at[middle] < from) low = middle + 1; else high = middle;
        }
        return low;
    }
}
