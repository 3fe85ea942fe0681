namespace OpsMonitor.Grains.Metrics;

/// <summary>The numbers about departments, care and surveys. (spec: metrics, Tickets and departments)</summary>
public static class CareTable
{
    private const long Day = 86_400_000;

    /// <summary>Of the ages of open tickets: the oldest age of each in days; the last has no end.</summary>
    public static readonly IReadOnlyList<(string Name, int Days)> Bands = [("0-1d", 1), ("1-3d", 3), ("3-7d", 7), ("7-30d", 30), ("30d+", int.MaxValue)];

    internal static void Fill(SortedDictionary<string, object?> t, Scene scene)
    {
        var s = scene.Sums;
        t["chase_rate"] = Formulas.ChaseRate(s, scene.Level);
        t["dispatch.accepted_on_time"] = new Ratio(s[Measure.AcceptInTime], s[Measure.AcceptDue]);
        t["dispatch.first_accuracy"] = Formulas.FirstAccuracy(s);
        t["dispatch.reply_on_time"] = new Ratio(s[Measure.DispatchInTime], s[Measure.DispatchDue]);
        t["dispatch.reply_satisfaction"] = new Ratio(s[Measure.RatingSum], s[Measure.Rated]);
        t["dispatch.return_rate"] = new Ratio(s[Measure.DispatchReturned], s[Measure.Dispatched]);
        t["hops"] = new Ratio(s[Measure.Hops], s[Measure.Created]);
        t["ping_pong"] = s[Measure.PingPong];
        Escalation(t, scene);
        t["repeat_rate"] = new Ratio(s[Measure.RepeatComplaint], s[Measure.Complaints]);
        Surveys(t, scene);
        t["hot_issues"] = Issues(scene);
        t["redress"] = Redress(s);
        t["redress.over_authority"] = s[Measure.RedressOverAuthority];
        t["iso10002.received"] = s[Measure.Complaints];
        t["iso10002.resolved_at_point"] = s[Measure.OnTheSpot];
        t["iso10002.repeat"] = s[Measure.RepeatComplaint];
        foreach (var what in (string[])["acknowledged_late", "referred_external", "reprioritised", "resolved_late"]) t["iso10002." + what] = s[Measure.Iso, what];
        if (scene.Live.Count > 0) t["ageing"] = Ageing(scene);
    }

    private static void Escalation(SortedDictionary<string, object?> t, Scene scene)
    {
        var levels = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var level in scene.Sums.Params(Measure.Escalated)) levels[level] = Level(level);
        t["escalation_rate"] = Level(scene.Policies.Metrics.EscalationLevel.ToString(System.Globalization.CultureInfo.InvariantCulture));
        t["escalation_rate.by_level"] = levels.Count == 0 ? null : levels;

        Ratio Level(string level) => new(scene.Sums[Measure.Escalated, level], scene.Sums[Measure.Created]);
    }

    private static void Surveys(SortedDictionary<string, object?> t, Scene scene)
    {
        var (s, settings) = (scene.Sums, scene.Policies.Metrics);
        t["survey.coverage"] = new Ratio(s[Measure.SurveyCovered], s[Measure.SurveyDue]);
        t["survey.valid_rate"] = new Ratio(s[Measure.SurveyValid], s[Measure.SurveyAttempted]);
        t["survey.satisfied"] = Formulas.SurveySatisfied(s, settings);
        t["survey.resolved"] = Formulas.SurveyResolved(s);
        t["survey.response"] = Formulas.SurveyResponse(s);
        t["three_rates"] = Formulas.ThreeRates(s, settings);
    }

    // Against the mean of the same stretch of the weeks before: num / n is this week's count times the weeks / all of theirs.
    private static SortedDictionary<string, object?>? Issues(Scene scene)
    {
        SortedDictionary<string, object?>? issues = null;
        foreach (var issue in scene.Sums.Params(Measure.IssueTickets))
        {
            var count = scene.Sums[Measure.IssueTickets, issue];
            if (count == 0) continue;
            (issues ??= new(StringComparer.Ordinal))[issue] = new SortedDictionary<string, object?>(StringComparer.Ordinal)
            {
                ["count"] = count, ["rate"] = new Ratio(count * scene.Before.Weeks, scene.Before.ByIssue.GetValueOrDefault(issue)),
            };
        }
        return issues;
    }

    private static SortedDictionary<string, object?>? Redress(Sums s)
    {
        SortedDictionary<string, object?>? all = null;
        foreach (var kind in s.Params(Measure.RedressCount))
        {
            if (s[Measure.RedressCount, kind] == 0) continue;
            var amounts = new SortedDictionary<string, object?>(StringComparer.Ordinal);
            foreach (var param in s.Params(Measure.RedressAmount))
                if (param.StartsWith(kind + "/", StringComparison.Ordinal)) amounts[param[(kind.Length + 1)..]] = s[Measure.RedressAmount, param] / 1000m;
            (all ??= new(StringComparer.Ordinal))[kind] = new SortedDictionary<string, object?>(StringComparer.Ordinal)
            {
                ["count"] = s[Measure.RedressCount, kind], ["amount"] = amounts.Count == 0 ? null : amounts,
            };
        }
        return all;
    }

    // By the time since the creation; the tickets of all bands are the open ones.
    private static SortedDictionary<string, object?> Ageing(Scene scene)
    {
        var bands = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        var younger = long.MaxValue;
        foreach (var (name, days) in Bands)
        {
            var from = days == int.MaxValue ? long.MinValue : scene.Now - (days * Day) + 1;
            var count = 0L;
            foreach (var ledger in scene.Live) count += ledger.CountMembers(new(Measure.TicketOpen), from, younger);
            bands[name] = count;
            younger = from;
        }
        return bands;
    }
}
