namespace OpsMonitor.Grains.Metrics;

/// <summary>The report of one scope over one window: JSON name to value (a long, a decimal?, a Ratio or a nested table), in ordinal order.</summary>
public static class MetricTable
{
    /// <param name="level">the deltas' sum up to the window's end, for levels such as open tickets</param>
    /// <param name="live">the ledger itself, for what is true now; null for an interval of the past</param>
    public static SortedDictionary<string, object?> Of(Sums s, Sums level, Ledger? live, long now, IEnumerable<string> thresholds, long fcrWindowMs)
    {
        var t = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        Contacts(t, s, thresholds);
        FirstContact(t, s, now, fcrWindowMs);
        Callbacks(t, s);
        Tickets(t, s, level);
        foreach (var clock in s.Params(Measure.ClockDue)) t[$"sla.{clock}.attainment"] = Formulas.Attainment(s, clock);
        if (live is not null) Now(t, live, now);
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

    private static void FirstContact(SortedDictionary<string, object?> t, Sums s, long now, long fcrWindowMs)
    {
        t["fcr.mature"] = Formulas.FcrMature(s);
        t["fcr.provisional"] = Formulas.FcrProvisional(s);
        t["fcr.window_elapsed"] = Formulas.FcrWindowElapsed(s, now, fcrWindowMs);
        t["fcr.claimed"] = Formulas.FcrClaimed(s);
        t["fcr.unidentified"] = s[Measure.FcrUnidentified];
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

    private static void Now(SortedDictionary<string, object?> t, Ledger live, long now)
    {
        var waiting = live.Members(new(Measure.Waiting));
        t["contacts.waiting"] = (long)waiting.Count;
        t["contacts.longest_wait_s"] = waiting.Count == 0 ? null : Formulas.MeanSeconds(now - waiting.First().At, 1);
        t["tickets.due_30m"] = (long)DueWithin(live, now, 30 * 60_000);
        t["callbacks.due_15m"] = (long)live.CountMembers(new(Measure.CallbackPending), now, now + (15 * 60_000) + 1);
        t["callbacks.due_60m"] = (long)live.CountMembers(new(Measure.CallbackPending), now, now + (60 * 60_000) + 1);
        t["callbacks.overdue"] = (long)live.Members(new(Measure.CallbackOverdue)).Count;
        foreach (var key in live.MemberKeys)
        {
            if (key.Measure == Measure.ClockBreachedOpen) t[$"sla.{key.Param}.breached_open"] = (long)live.Members(key).Count;
            if (key.Measure == Measure.ClockAtRisk) t[$"sla.{key.Param}.at_risk"] = (long)live.Members(key).Count;
            if (key.Measure == Measure.AgentIn) t[$"agents.{key.Param}"] = (long)live.Members(key).Count;
        }
    }

    /// <summary>Running clocks due within so many milliseconds from now; a clock past due is not "due within".</summary>
    public static int DueWithin(Ledger live, long now, long ms) =>
        live.MemberKeys.Where(k => k.Measure == Measure.ClockRunning).Sum(k => live.CountMembers(k, now, now + ms + 1));
}
