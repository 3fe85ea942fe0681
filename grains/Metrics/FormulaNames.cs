namespace OpsMonitor.Grains.Metrics;

/// <summary>The formula behind each rate, in the letters of the definitions; <c>docs/metrics.md</c> has the same table. (spec: metrics)</summary>
public static class FormulaNames
{
    private static readonly SortedDictionary<string, string> All = new(StringComparer.Ordinal)
    {
        ["abandon_rate"] = "(B - B_s) / (N - B_s)",
        ["callbacks.attempts"] = "attempts / fulfilled",
        ["callbacks.fulfilled"] = "reached at any time / due",
        ["callbacks.kept"] = "reached by due / due",
        ["callbacks.missed"] = "due passed without attempt / due",
        ["callbacks.punctual"] = "first attempt inside the promised window / due",
        ["callbacks.unreachable"] = "exhausted / due",
        ["chase_rate"] = "contacts about an open ticket / tickets open in the window",
        ["connect_rate"] = "A / N",
        ["dispatch.accepted_on_time"] = "accepted within the limit / dispatches whose limit has come",
        ["dispatch.first_accuracy"] = "(dispatched - returned) / dispatched",
        ["dispatch.reply_on_time"] = "answered by due / dispatches due",
        ["dispatch.reply_satisfaction"] = "sum of ratings / ratings",
        ["dispatch.return_rate"] = "returned / dispatched",
        ["escalation_rate"] = "created tickets that reached the level / created",
        ["fcr.claimed"] = "claimed resolved / handled",
        ["fcr.mature"] = "no repeat until the window closed / windows closed",
        ["fcr.provisional"] = "no repeat so far / eligible",
        ["fcr.surveyed"] = "valid surveys saying resolved / valid surveys",
        ["fcr.ticket"] = "closed without second department, return, reopening, repeat / closed",
        ["fcr.window_elapsed"] = "window passed / window, over eligible contacts",
        ["hops"] = "dispatches and transfers of created tickets / created",
        ["occupancy"] = "(talk + hold + wrap-up) / (talk + hold + wrap-up + available), in ms",
        ["offer_missed_rate"] = "missed offers / offers",
        ["on_the_spot"] = "resolved in the first contact without dispatch / complaints",
        ["reopen_rate"] = "reopened within 30 days / closed",
        ["repeat_rate"] = "same customer and issue within 30 days / complaints",
        ["resolution.on_time"] = "closed on or before due / closed",
        ["service_level/answered_only"] = "A_T / A",
        ["service_level/answered_only.flow_outs"] = "A_T / (A + F)",
        ["service_level/ignore_within"] = "A_T / (N' - B_T), short abandons not twice",
        ["service_level/negative"] = "A_T / N'",
        ["service_level/positive"] = "(A_T + B_T) / N'",
        ["service_level/removed_within"] = "left the queue within T / queued",
        ["survey.coverage"] = "closings that were followed up / closings",
        ["survey.resolved"] = "resolved / valid",
        ["survey.response"] = "contacted / valid",
        ["survey.satisfied"] = "(satisfied + w * basically satisfied) / valid",
        ["survey.valid_rate"] = "valid / attempted",
        ["three_rates"] = "0.10 response + 0.40 satisfied + 0.50 resolved",
        ["transfer_rate"] = "transferred contacts / handled",
    };

    public static IEnumerable<string> Metrics => All.Keys;

    /// <returns>null for what is no rate</returns>
    public static string? Of(string metric)
    {
        if (All.TryGetValue(metric, out var formula)) return formula;
        if (metric.StartsWith("service_level/", StringComparison.Ordinal) && metric.LastIndexOf('/') is var slash and > 13) return All.GetValueOrDefault(metric[..slash]);
        return metric.StartsWith("sla.", StringComparison.Ordinal) && metric.EndsWith(".attainment", StringComparison.Ordinal) ? "clocks due and met / clocks due" : null;
    }
}
