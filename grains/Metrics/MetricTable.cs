namespace OpsMonitor.Grains.Metrics;

/// <summary>The report of one scope over one window: JSON name to value (a long, a decimal?, a Ratio or a nested table), in ordinal order.</summary>
public static class MetricTable
{
    public static SortedDictionary<string, object?> Of(Scene scene)
    {
        var t = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        var s = scene.Sums;
        Contacts(t, s, scene.Thresholds);
        FirstContact(t, s, scene);
        Callbacks(t, s);
        Tickets(t, s, scene.Level);
        CareTable.Fill(t, scene);
        AgentTable.Fill(t, scene);
        foreach (var clock in s.Params(Measure.ClockDue)) t[$"sla.{clock}.attainment"] = Formulas.Attainment(s, clock);
        if (scene.Live.Count > 0) Now(t, scene.Live, scene.Now);
        return t;
    }

    private static void Contacts(SortedDictionary<string, object?> t, Sums s, IEnumerable<string> thresholds)
    {
        t["contacts.offered"] = s[Measure.Offered];
        t["contacts.refused"] = Refused(s);
        t["contacts.received"] = s[Measure.Offered] + Refused(s);
        foreach (var reason in s.Params(Measure.Refused)) t[$"contacts.refused.{reason}"] = s[Measure.Refused, reason];
        t["contacts.answered"] = s[Measure.Answered];
        t["contacts.abandoned"] = s[Measure.Abandoned];
        t["contacts.flow_out"] = s[Measure.FlowOut];
        t["contacts.short_abandoned"] = s[Measure.ShortAbandoned];
        t["contacts.lost"] = s[Measure.Lost];
        t["contacts.wait_mean_s"] = Formulas.MeanSeconds(s[Measure.WaitMs], s[Measure.Answered] + s[Measure.Abandoned]);
        foreach (var reason in s.Params(Measure.FlowOutBy)) t[$"contacts.flow_out.{reason}"] = s[Measure.FlowOutBy, reason];
        Percentiles(t, "contacts.wait_", Merged(s, Measure.AnswerWait, Measure.AbandonWait));
        Percentiles(t, "asa_", Merged(s, Measure.AnswerWait));
        Percentiles(t, "aht_", Merged(s, Measure.HandleTime));
        t["asa_s"] = Formulas.MeanSeconds(s[Measure.AnswerWaitMs], s[Measure.Answered]);
        t["aht_s"] = Formulas.MeanSeconds(s[Measure.HandleMs], s[Measure.Handled]);
        t["abandon_rate"] = Formulas.AbandonRate(s);
        t["connect_rate"] = Formulas.ConnectRate(s);
        t["transfer_rate"] = new Ratio(s[Measure.Transferred], s[Measure.Handled]);
        t["offer_missed_rate"] = new Ratio(s[Measure.OffersMissed], s[Measure.OffersMade]);
        var levels = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var threshold in thresholds)
            foreach (var mode in Formulas.ServiceLevelModes)
                levels[$"{mode}/{threshold}"] = Formulas.ServiceLevel(s, mode, threshold);
        t["service_level"] = levels;
    }

    private static long Refused(Sums s) => s.Params(Measure.Refused).Sum(reason => s[Measure.Refused, reason]);

    private static void FirstContact(SortedDictionary<string, object?> t, Sums s, Scene scene)
    {
        t["fcr.mature"] = Formulas.FcrMature(s);
        t["fcr.provisional"] = Formulas.FcrProvisional(s);
        t["fcr.window_elapsed"] = Formulas.FcrWindowElapsed(s, scene.Now, scene.Policies.FcrWindowMs);
        t["fcr.claimed"] = Formulas.FcrClaimed(s);
        t["fcr.unidentified"] = s[Measure.FcrUnidentified];
        t["fcr.surveyed"] = Formulas.SurveyResolved(s);
        t["fcr.ticket"] = new Ratio(s[Measure.TicketFirstTime], s[Measure.Closed]);
    }

    private static void Callbacks(SortedDictionary<string, object?> t, Sums s)
    {
        var due = s[Measure.CallbackDue];
        t["callbacks.due"] = due;
        t["callbacks.punctual"] = Formulas.CallbacksPunctual(s);
        t["callbacks.kept"] = Formulas.CallbacksKept(s);
        t["callbacks.fulfilled"] = new Ratio(s[Measure.CallbackFulfilled], due);
        t["callbacks.missed"] = new Ratio(s[Measure.CallbackMissed], due);
        t["callbacks.unreachable"] = new Ratio(s[Measure.CallbackUnreachable], due);
        t["callbacks.lateness_s"] = Formulas.MeanSeconds(s[Measure.CallbackLateMs], s[Measure.CallbackLate]);
        Percentiles(t, "callbacks.lateness_", Merged(s, Measure.CallbackLateTime));
        t["callbacks.attempts"] = new Ratio(s[Measure.CallbackAttempts], s[Measure.CallbackFulfilled]);
    }

    private static void Tickets(SortedDictionary<string, object?> t, Sums s, Sums level)
    {
        t["tickets.created"] = s[Measure.Created];
        t["tickets.resolved"] = s[Measure.Resolved];
        t["tickets.closed"] = s[Measure.Closed];
        t["tickets.reopened"] = s[Measure.Reopened];
        t["tickets.net_flow"] = s[Measure.Created] - s[Measure.Resolved];
        t["tickets.open"] = level[Measure.OpenDelta];
        t["tickets.unresolved"] = level[Measure.UnresolvedDelta];
        t["on_the_spot"] = new Ratio(s[Measure.OnTheSpot], s[Measure.Complaints]);
        t["reopen_rate"] = new Ratio(s[Measure.ReopenedTickets], s[Measure.Closed]);
        var held = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var holder in s.Params(Measure.HeldMs)) held[$"{holder}_s"] = Formulas.MeanSeconds(s[Measure.HeldMs, holder], 1);
        t["time_ledger"] = held.Count == 0 ? null : held;
        t["resolution.on_time"] = Formulas.ResolutionOnTime(s);
        Distribution(t, "resolution.", s, Measure.ResolutionMs);
        Distribution(t, "resolution.wall.", s, Measure.ResolutionWallMs);
    }

    private static void Distribution(SortedDictionary<string, object?> t, string name, Sums s, Measure measure)
    {
        IReadOnlyList<long> sorted = s.Samples.TryGetValue(new(measure), out var values) ? values : [];
        t[name + "mean_s"] = Formulas.MeanSeconds(sorted.Sum(), sorted.Count);
        t[name + "p50_s"] = Formulas.PercentileSeconds(sorted, 50);
        t[name + "p90_s"] = Formulas.PercentileSeconds(sorted, 90);
        t[name + "n"] = (long)sorted.Count;
    }

    private static void Percentiles(SortedDictionary<string, object?> t, string name, IReadOnlyList<long> sorted)
    {
        t[name + "p50_s"] = Formulas.PercentileSeconds(sorted, 50);
        t[name + "p90_s"] = Formulas.PercentileSeconds(sorted, 90);
    }

    private static IReadOnlyList<long> Merged(Sums s, params ReadOnlySpan<Measure> measures)
    {
        IReadOnlyList<long> all = [];
        foreach (var measure in measures)
        {
            if (!s.Samples.TryGetValue(new(measure), out var values)) continue;
            if (all.Count == 0) { all = values; continue; }
            var both = new List<long>(all);
            both.AddRange(values);
            both.Sort();
            all = both;
        }
        return all;
    }

    private static void Now(SortedDictionary<string, object?> t, IReadOnlyList<Ledger> live, long now)
    {
        long Members(MeasureKey key) => live.Sum(l => (long)l.Members(key).Count);
        var first = live.Select(l => l.Members(new(Measure.Waiting))).Where(m => m.Count > 0).Select(m => (long?)m.First().At).Min();
        t["contacts.waiting"] = Members(new(Measure.Waiting));
        t["contacts.longest_wait_s"] = first is { } since ? Formulas.MeanSeconds(now - since, 1) : null;
        t["tickets.due_30m"] = live.Sum(l => (long)DueWithin(l, now, 30 * 60_000));
        t["callbacks.due_15m"] = live.Sum(l => (long)l.CountMembers(new(Measure.CallbackPending), now, now + (15 * 60_000) + 1));
        t["callbacks.due_60m"] = live.Sum(l => (long)l.CountMembers(new(Measure.CallbackPending), now, now + (60 * 60_000) + 1));
        t["callbacks.overdue"] = Members(new(Measure.CallbackOverdue));
        foreach (var key in live.SelectMany(l => l.MemberKeys))
        {
            if (key.Measure == Measure.ClockBreachedOpen) t[$"sla.{key.Param}.breached_open"] = Members(key);
            if (key.Measure == Measure.ClockAtRisk) t[$"sla.{key.Param}.at_risk"] = Members(key);
        }
    }

    /// <summary>Running clocks due within so many milliseconds from now; a clock past due is not "due within".</summary>
    public static int DueWithin(Ledger live, long now, long ms) =>
        live.MemberKeys.Where(k => k.Measure == Measure.ClockRunning).Sum(k => live.CountMembers(k, now, now + ms + 1));
}
