using System.Globalization;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Web.Lists;

/// <summary>Which list stands behind which number. A number is named by its path in the answer of the API: <c>tickets.open</c>, <c>service_level/negative/20</c>.</summary>
internal static class ListRules
{
    private const long Minute = 60_000, Day = 86_400_000;

    private static readonly Term[] Decided = Term.Sum(Measure.Answered, Measure.Abandoned, Measure.FlowOut);

    private static readonly Term[] Offered = [.. Decided, new(Measure.WaitingPastFirst)];

    private static readonly ListRule Waits = new SampleRule(Measure.AnswerWait, Measure.AbandonWait) { Unit = "s" };

    private static readonly SortedDictionary<string, ListRule> Named = new(StringComparer.Ordinal)
    {
        ["contacts.offered"] = Count(Measure.Offered),
        ["contacts.refused"] = Sides(new(Measure.Refused, null), new(Measure.Refused, null)),
        ["contacts.received"] = new UnitRule([new(Measure.Offered), new(Measure.Refused, null)], [new(Measure.Offered), new(Measure.Refused, null)]),
        ["contacts.answered"] = Count(Measure.Answered),
        ["contacts.abandoned"] = Count(Measure.Abandoned),
        ["contacts.flow_out"] = Count(Measure.FlowOut),
        ["contacts.short_abandoned"] = Count(Measure.ShortAbandoned),
        ["contacts.lost"] = Count(Measure.Lost),
        ["contacts.waiting"] = Members(Measure.Waiting),
        ["contacts.longest_wait_s"] = new UnitRule(Term.Sum(Measure.Waiting), Term.Sum(Measure.Waiting), When.Now) { Aged = true, Unit = "s" },
        ["contacts.wait_mean_s"] = Waits, ["contacts.wait_p50_s"] = Waits, ["contacts.wait_p90_s"] = Waits,
        ["asa_s"] = Samples(Measure.AnswerWait), ["asa_p50_s"] = Samples(Measure.AnswerWait), ["asa_p90_s"] = Samples(Measure.AnswerWait),
        ["aht_s"] = Samples(Measure.HandleTime), ["aht_p50_s"] = Samples(Measure.HandleTime), ["aht_p90_s"] = Samples(Measure.HandleTime),
        ["abandon_rate"] = new UnitRule([new(Measure.Abandoned), new(Measure.ShortAbandoned, "", -1)], [.. Offered, new(Measure.ShortAbandoned, "", -1)]),
        ["connect_rate"] = new UnitRule(Term.Sum(Measure.Answered), Offered),
        ["transfer_rate"] = Share(Measure.Transferred, Measure.Handled),
        ["offer_missed_rate"] = Share(Measure.OffersMissed, Measure.OffersMade),
        ["occupancy"] = new AgentTimeRule(static own => Parts(own) is { N: > 0 } parts ? parts : null),
        ["fcr.mature"] = Share(Measure.FcrMatureKept, Measure.FcrMature),
        ["fcr.provisional"] = Share(Measure.FcrKept, Measure.FcrEligible),
        ["fcr.window_elapsed"] = new FormulaRule(static (s, scene) => Formulas.FcrWindowElapsed(s, scene.Now, scene.Policies.FcrWindowMs), Measure.FcrEligible, Measure.FcrOpen, Measure.FcrOpenSinceS),
        ["fcr.claimed"] = Share(Measure.ClaimedResolved, Measure.Handled),
        ["fcr.unidentified"] = Count(Measure.FcrUnidentified),
        ["fcr.surveyed"] = Share(Measure.SurveyResolved, Measure.SurveyValid),
        ["fcr.ticket"] = Share(Measure.TicketFirstTime, Measure.Closed),
        ["callbacks.due"] = Count(Measure.CallbackDue),
        ["callbacks.punctual"] = Share(Measure.CallbackPunctual, Measure.CallbackDue),
        ["callbacks.kept"] = Share(Measure.CallbackKept, Measure.CallbackDue),
        ["callbacks.fulfilled"] = Share(Measure.CallbackFulfilled, Measure.CallbackDue),
        ["callbacks.missed"] = Share(Measure.CallbackMissed, Measure.CallbackDue),
        ["callbacks.unreachable"] = Share(Measure.CallbackUnreachable, Measure.CallbackDue),
        ["callbacks.attempts"] = new FormulaRule(static (s, _) => new(s[Measure.CallbackAttempts], s[Measure.CallbackFulfilled]), Measure.CallbackAttempts, Measure.CallbackFulfilled),
        ["callbacks.lateness_s"] = Samples(Measure.CallbackLateTime), ["callbacks.lateness_p50_s"] = Samples(Measure.CallbackLateTime), ["callbacks.lateness_p90_s"] = Samples(Measure.CallbackLateTime),
        ["callbacks.due_15m"] = Soon(new(Measure.CallbackPending), 15),
        ["callbacks.due_60m"] = Soon(new(Measure.CallbackPending), 60),
        ["callbacks.overdue"] = Members(Measure.CallbackOverdue),
        ["tickets.created"] = Count(Measure.Created),
        ["tickets.resolved"] = Count(Measure.Resolved),
        ["tickets.closed"] = Count(Measure.Closed),
        ["tickets.reopened"] = Count(Measure.Reopened),
        ["tickets.net_flow"] = new AmountRule(new(Measure.Created), new(Measure.Resolved, "", -1)),
        ["tickets.open"] = Level(Measure.OpenDelta),
        ["tickets.unresolved"] = Level(Measure.UnresolvedDelta),
        ["tickets.due_30m"] = Soon(new(Measure.ClockRunning, null), 30),
        // What a department's line on the wall calls waiting.
        ["work.waiting"] = new BothRule(Level(Measure.UnresolvedDelta), Members(Measure.Waiting)),
        ["on_the_spot"] = Share(Measure.OnTheSpot, Measure.Complaints),
        ["chase_rate"] = new UnitRule(Term.Sum(Measure.Chased), Term.Sum(Measure.Created, Measure.OpenedAgain)) { Before = Term.Sum(Measure.OpenDelta) },
        ["dispatch.accepted_on_time"] = Share(Measure.AcceptInTime, Measure.AcceptDue),
        ["dispatch.first_accuracy"] = new UnitRule([new(Measure.Dispatched), new(Measure.DispatchReturned, "", -1)], Term.Sum(Measure.Dispatched)),
        ["dispatch.reply_on_time"] = Share(Measure.DispatchInTime, Measure.DispatchDue),
        ["dispatch.reply_satisfaction"] = new FormulaRule(static (s, _) => new(s[Measure.RatingSum], s[Measure.Rated]), Measure.RatingSum, Measure.Rated),
        ["dispatch.return_rate"] = Share(Measure.DispatchReturned, Measure.Dispatched),
        ["hops"] = new FormulaRule(static (s, _) => new(s[Measure.Hops], s[Measure.Created]), Measure.Hops, Measure.Created),
        ["ping_pong"] = Count(Measure.PingPong),
        ["redress.over_authority"] = Count(Measure.RedressOverAuthority),
        ["reopen_rate"] = Share(Measure.ReopenedTickets, Measure.Closed),
        ["repeat_rate"] = Share(Measure.RepeatComplaint, Measure.Complaints),
        ["resolution.on_time"] = Share(Measure.ClosedOnTime, Measure.Closed),
        ["survey.coverage"] = Share(Measure.SurveyCovered, Measure.SurveyDue),
        ["survey.resolved"] = Share(Measure.SurveyResolved, Measure.SurveyValid),
        ["survey.response"] = Share(Measure.SurveyContacted, Measure.SurveyValid),
        ["survey.satisfied"] = new FormulaRule(static (s, scene) => Formulas.SurveySatisfied(s, scene.Policies.Metrics), Measure.SurveySatisfied, Measure.SurveyBasic, Measure.SurveyValid),
        ["survey.valid_rate"] = Share(Measure.SurveyValid, Measure.SurveyAttempted),
        ["three_rates"] = new FormulaRule(static (s, scene) => Formulas.ThreeRates(s, scene.Policies.Metrics),
            Measure.SurveySatisfied, Measure.SurveyBasic, Measure.SurveyValid, Measure.SurveyContacted, Measure.SurveyResolved),
        ["iso10002.received"] = Count(Measure.Complaints),
        ["iso10002.repeat"] = Count(Measure.RepeatComplaint),
        ["iso10002.resolved_at_point"] = Count(Measure.OnTheSpot),
        // What the wall calls "SLA met": all clocks together.
        ["sla.due_cohort"] = Sides(new(Measure.ClockMet, null), new(Measure.ClockDue, null)),
        ["sla.breached_open"] = new UnitRule([new(Measure.ClockBreachedOpen, null)], [new(Measure.ClockBreachedOpen, null)], When.Now),
    };

    private static readonly string[] Spread = ["mean_s", "p50_s", "p90_s", "n"];

    /// <returns>null for a name that has no list behind it</returns>
    public static ListRule? Of(string metric, PolicySet policies)
    {
        if (Named.TryGetValue(metric, out var known)) return known;
        if (metric == "escalation_rate") return Escalated(policies.Metrics.EscalationLevel.ToString(CultureInfo.InvariantCulture));
        return After(metric, "escalation_rate/") is { } l ? Escalated(l)
            : After(metric, "escalation_rate.by_level/") is { } level ? Escalated(level)
            : After(metric, "contacts.refused.") is { } refused ? Count(Measure.Refused, refused)
            : After(metric, "contacts.flow_out.") is { } left ? Count(Measure.FlowOutBy, left)
            : After(metric, "resolution.wall.") is { } wall && Spread.Contains(wall) ? Samples(Measure.ResolutionWallMs)
            : After(metric, "resolution.") is { } net && Spread.Contains(net) ? Samples(Measure.ResolutionMs)
            : After(metric, "time_ledger/") is { } holder && holder.EndsWith("_s", StringComparison.Ordinal) ? new AmountRule(new Term(Measure.HeldMs, holder[..^2])) { Unit = "s" }
            : After(metric, "ageing/") is { } band ? Ageing(band)
            : After(metric, "agents.by_agent/") is { } agent ? OfAgent(agent)
            : After(metric, "agents.time_s/") is { } state ? new AgentTimeRule(own => own.TryGetValue(state, out var ms) ? (ms, 1) : null) { Unit = "s" }
            : After(metric, "agents.") is { } now ? new AgentStateRule(now)
            : After(metric, "iso10002.") is { } what ? Count(Measure.Iso, what)
            : After(metric, "hot_issues/") is { } issue ? Issue(issue)
            : After(metric, "redress/") is { } redress ? Redress(redress)
            : After(metric, "service_level/")?.Split('/') is [var mode, var t] ? ServiceLevel(mode, t)
            : After(metric, "sla.") is { } clock ? Clock(clock) : null;
    }

    private static string? After(string text, string start) => text.StartsWith(start, StringComparison.Ordinal) && text.Length > start.Length ? text[start.Length..] : null;

    private static UnitRule Sides(Term above, Term below) => new([above], [below]);

    private static UnitRule Count(Measure measure, string param = "") => Sides(new(measure, param), new(measure, param));

    private static UnitRule Share(Measure above, Measure below, string param = "") => Sides(new(above, param), new(below, param));

    private static UnitRule Level(Measure measure) => new(Term.Sum(measure), Term.Sum(measure), When.UpToEnd);

    private static UnitRule Members(Measure measure, string param = "") => new([new(measure, param)], [new(measure, param)], When.Now);

    private static UnitRule Soon(Term term, int minutes) => new([term], [term], When.Within, minutes * Minute);

    private static SampleRule Samples(Measure measure) => new(measure) { Unit = "s" };

    private static UnitRule Escalated(string level) => new([new(Measure.Escalated, level)], Term.Sum(Measure.Created));

    private static (long Num, long N) Parts(IReadOnlyDictionary<string, long> own)
    {
        var all = Formulas.Occupancy(own.GetValueOrDefault("busy"), own.GetValueOrDefault("wrapup"), own.GetValueOrDefault("available"));
        return (all.Num, all.N);
    }

    private static UnitRule? Clock(string rest)
    {
        var dot = rest.LastIndexOf('.');
        if (dot <= 0) return null;
        var clock = rest[..dot];
        return rest[dot..] switch
        {
            ".attainment" => Share(Measure.ClockMet, Measure.ClockDue, clock),
            ".breached_open" => Members(Measure.ClockBreachedOpen, clock),
            ".at_risk" => Members(Measure.ClockAtRisk, clock),
            _ => null,
        };
    }

    private static ListRule? Ageing(string band)
    {
        var before = 0L;
        foreach (var (name, days) in CareTable.Bands)
        {
            var to = days == int.MaxValue ? long.MaxValue : days * Day;
            if (name == band) return new AgeRule(before, to) { Unit = "s" };
            before = to;
        }
        return null;
    }

    private static ListRule Issue(string rest) =>
        rest.EndsWith("/rate", StringComparison.Ordinal) ? new IssueRule(rest[..^5])
        : Count(Measure.IssueTickets, rest.EndsWith("/count", StringComparison.Ordinal) ? rest[..^6] : rest);

    private static ListRule? Redress(string rest)
    {
        if (rest.EndsWith("/count", StringComparison.Ordinal)) return Count(Measure.RedressCount, rest[..^6]);
        var at = rest.IndexOf("/amount/", StringComparison.Ordinal);
        return at < 0 ? null : new AmountRule(new Term(Measure.RedressAmount, $"{rest[..at]}/{rest[(at + 8)..]}")) { Unit = "amount" };
    }

    // An agent's name may hold anything, so it is read from behind.
    private static ListRule? OfAgent(string rest)
    {
        var at = rest.LastIndexOf("/time_s/", StringComparison.Ordinal);
        if (at > 0)
        {
            var state = rest[(at + 8)..];
            return new AgentTimeRule(own => own.TryGetValue(state, out var ms) ? (ms, 1) : null) { Only = rest[..at], Unit = "s" };
        }
        at = rest.LastIndexOf('/');
        if (at <= 0) return null;
        var agent = rest[..at];
        return rest[(at + 1)..] switch
        {
            "answered" => Count(Measure.AgentAnswered, agent),
            "handled" => Count(Measure.AgentHandled, agent),
            "talk_s" => new AmountRule(new Term(Measure.AgentTalkMs, agent)) { Unit = "s" },
            "acw_s" => new AmountRule(new Term(Measure.AgentAcwMs, agent)) { Unit = "s" },
            "login_s" => new AgentTimeRule(static own => (own.Where(t => t.Key != "offline").Sum(t => t.Value), 1)) { Only = agent, Unit = "s" },
            "occupancy" => new AgentTimeRule(static own => Parts(own)) { Only = agent },
            _ => null,
        };
    }

    private static UnitRule? ServiceLevel(string mode, string t)
    {
        Term Plus(Measure m) => new(m, t);
        Term Minus(Measure m) => new(m, t, -1);
        Term[] all = [.. Decided, Plus(Measure.WaitingPast)];
        Term[] judged = [.. all, new(Measure.ShortAbandoned, "", -1)];
        return mode switch
        {
            "answered_only.flow_outs" => new([Plus(Measure.AnsweredWithin)], Term.Sum(Measure.Answered, Measure.FlowOut)),
            "answered_only" => new([Plus(Measure.AnsweredWithin)], Term.Sum(Measure.Answered)),
            "ignore_within" => new([Plus(Measure.AnsweredWithin)], [.. judged, Minus(Measure.AbandonedWithin), Plus(Measure.ShortAbandonedWithin)]),
            "negative" => new([Plus(Measure.AnsweredWithin)], judged),
            "positive" => new([Plus(Measure.AnsweredWithin), Plus(Measure.AbandonedWithin), Minus(Measure.ShortAbandonedWithin)], judged),
            "removed_within" => new([Plus(Measure.AnsweredWithin), Plus(Measure.AbandonedWithin), Plus(Measure.CallbackWithin)], all),
            _ => null,
        };
    }
}
