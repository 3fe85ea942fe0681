using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Web.Read;

/// <summary>One unit of a number: a subject stands as often as it counts.</summary>
/// <param name="Below">false for what counts above only: a contact that chased a ticket is no ticket, a customer's file is none either</param>
internal readonly record struct DrillItem(Subject Subject, bool InNumerator, bool Below = true);

/// <summary>How often a subject that left memory counts, above and below.</summary>
internal readonly record struct KeptWeight(Subject Subject, long Above, long Below);

/// <summary>
/// The list behind a number. A metric is a sum of measures above another; each contribution is multiplied out per subject, so that the
/// list has exactly as many items as the number counts.
/// </summary>
internal sealed class DrillDown
{
    private enum When { InWindow, UpToEnd, Now, Within }

    private readonly record struct Term(Measure Measure, string? Param, int Sign);

    private readonly Term[] _above, _below;
    private readonly When _when;
    private readonly long _withinMs;
    private string? _agentsIn; // a state
    private Term[] _belowBefore = []; // what had come to be before the window, and still was at its beginning

    private DrillDown(Term[] above, Term[] below, When when = When.InWindow, long withinMs = 0) =>
        (_above, _below, _when, _withinMs) = (above, below, when, withinMs);

    private static readonly Term[] Decided = Sum(Measure.Answered, Measure.Abandoned, Measure.FlowOut);

    private static readonly Term[] Offered = [.. Decided, .. Sum(Measure.WaitingPastFirst)];

    private static readonly SortedDictionary<string, DrillDown> Named = new(StringComparer.Ordinal)
    {
        ["contacts.offered"] = Count(Measure.Offered),
        ["contacts.refused"] = new([new(Measure.Refused, null, 1)], [new(Measure.Refused, null, 1)]),
        ["contacts.answered"] = Count(Measure.Answered),
        ["contacts.abandoned"] = Count(Measure.Abandoned),
        ["contacts.flow_out"] = Count(Measure.FlowOut),
        ["contacts.short_abandoned"] = Count(Measure.ShortAbandoned),
        ["contacts.lost"] = Count(Measure.Lost),
        ["contacts.waiting"] = Members(Measure.Waiting, ""),
        ["abandon_rate"] = new([.. Sum(Measure.Abandoned), new(Measure.ShortAbandoned, "", -1)], [.. Offered, new(Measure.ShortAbandoned, "", -1)]),
        ["connect_rate"] = new(Sum(Measure.Answered), Offered),
        ["transfer_rate"] = Share(Measure.Transferred, Measure.Handled),
        ["fcr.mature"] = Share(Measure.FcrMatureKept, Measure.FcrMature),
        ["fcr.provisional"] = Share(Measure.FcrKept, Measure.FcrEligible),
        ["fcr.claimed"] = Share(Measure.ClaimedResolved, Measure.Handled),
        ["fcr.unidentified"] = Count(Measure.FcrUnidentified),
        ["callbacks.due"] = Count(Measure.CallbackDue),
        ["callbacks.punctual"] = Share(Measure.CallbackPunctual, Measure.CallbackDue),
        ["callbacks.kept"] = Share(Measure.CallbackKept, Measure.CallbackDue),
        ["callbacks.fulfilled"] = Share(Measure.CallbackFulfilled, Measure.CallbackDue),
        ["callbacks.missed"] = Share(Measure.CallbackMissed, Measure.CallbackDue),
        ["callbacks.unreachable"] = Share(Measure.CallbackUnreachable, Measure.CallbackDue),
        ["callbacks.due_15m"] = Soon(Measure.CallbackPending, "", 15),
        ["callbacks.due_60m"] = Soon(Measure.CallbackPending, "", 60),
        ["callbacks.overdue"] = Members(Measure.CallbackOverdue, ""),
        ["tickets.created"] = Count(Measure.Created),
        ["tickets.resolved"] = Count(Measure.Resolved),
        ["tickets.closed"] = Count(Measure.Closed),
        ["tickets.reopened"] = Count(Measure.Reopened),
        ["tickets.open"] = new(Sum(Measure.OpenDelta), Sum(Measure.OpenDelta), When.UpToEnd),
        ["tickets.unresolved"] = new(Sum(Measure.UnresolvedDelta), Sum(Measure.UnresolvedDelta), When.UpToEnd),
        ["tickets.due_30m"] = Soon(Measure.ClockRunning, null, 30),
        ["on_the_spot"] = Share(Measure.OnTheSpot, Measure.Complaints),
        ["chase_rate"] = new(Sum(Measure.Chased), Sum(Measure.Created, Measure.OpenedAgain)) { _belowBefore = Sum(Measure.OpenDelta) },
        ["dispatch.accepted_on_time"] = Share(Measure.AcceptInTime, Measure.AcceptDue),
        ["dispatch.first_accuracy"] = new([.. Sum(Measure.Dispatched), new(Measure.DispatchReturned, "", -1)], Sum(Measure.Dispatched)),
        ["dispatch.reply_on_time"] = Share(Measure.DispatchInTime, Measure.DispatchDue),
        ["dispatch.return_rate"] = Share(Measure.DispatchReturned, Measure.Dispatched),
        ["fcr.surveyed"] = Share(Measure.SurveyResolved, Measure.SurveyValid),
        ["fcr.ticket"] = Share(Measure.TicketFirstTime, Measure.Closed),
        ["iso10002.received"] = Count(Measure.Complaints),
        ["iso10002.repeat"] = Count(Measure.RepeatComplaint),
        ["iso10002.resolved_at_point"] = Count(Measure.OnTheSpot),
        ["ping_pong"] = Count(Measure.PingPong),
        ["redress.over_authority"] = Count(Measure.RedressOverAuthority),
        ["repeat_rate"] = Share(Measure.RepeatComplaint, Measure.Complaints),
        ["survey.coverage"] = Share(Measure.SurveyCovered, Measure.SurveyDue),
        ["survey.resolved"] = Share(Measure.SurveyResolved, Measure.SurveyValid),
        ["survey.response"] = Share(Measure.SurveyContacted, Measure.SurveyValid),
        ["survey.satisfied"] = new([.. Sum(Measure.SurveySatisfied, Measure.SurveyBasic)], Sum(Measure.SurveyValid)),
        ["survey.valid_rate"] = Share(Measure.SurveyValid, Measure.SurveyAttempted),
        ["reopen_rate"] = Share(Measure.ReopenedTickets, Measure.Closed),
        ["resolution.on_time"] = Share(Measure.ClosedOnTime, Measure.Closed),
        // What the wall calls "SLA met": all clocks together.
        ["sla.due_cohort"] = new([new(Measure.ClockMet, null, 1)], [new(Measure.ClockDue, null, 1)]),
        ["sla.breached_open"] = Members(Measure.ClockBreachedOpen, null),
    };

    /// <returns>null for a name that has no list behind it: a mean, a percentile, a difference, or nothing we know</returns>
    public static DrillDown? Of(string metric)
    {
        if (Named.TryGetValue(metric, out var known)) return known;
        if (metric.StartsWith("contacts.refused.", StringComparison.Ordinal)) return Share(Measure.Refused, Measure.Refused, metric["contacts.refused.".Length..]);
        if (metric.StartsWith("contacts.flow_out.", StringComparison.Ordinal)) return Share(Measure.FlowOutBy, Measure.FlowOutBy, metric["contacts.flow_out.".Length..]);
        if (metric.StartsWith("agents.", StringComparison.Ordinal)) return Agents(metric["agents.".Length..]);
        if (metric.StartsWith("iso10002.", StringComparison.Ordinal)) return Share(Measure.Iso, Measure.Iso, metric["iso10002.".Length..]);
        if (metric.StartsWith("hot_issues/", StringComparison.Ordinal)) return Share(Measure.IssueTickets, Measure.IssueTickets, metric["hot_issues/".Length..]);
        if (metric == "escalation_rate") return new([new(Measure.Escalated, "1", 1)], Sum(Measure.Created));
        if (metric.StartsWith("escalation_rate/", StringComparison.Ordinal)) return new([new(Measure.Escalated, metric["escalation_rate/".Length..], 1)], Sum(Measure.Created));
        if (metric.Split('/') is ["service_level", var mode, var t]) return ServiceLevel(mode, t);
        var dot = metric.LastIndexOf('.');
        if (!metric.StartsWith("sla.", StringComparison.Ordinal) || dot <= 4) return null;
        var clock = metric[4..dot];
        return metric[dot..] switch
        {
            ".attainment" => Share(Measure.ClockMet, Measure.ClockDue, clock),
            ".breached_open" => Members(Measure.ClockBreachedOpen, clock),
            ".at_risk" => Members(Measure.ClockAtRisk, clock),
            _ => null,
        };
    }

    /// <summary>In the order of the subjects, and of a subject's units those in the numerator first.</summary>
    /// <param name="kept">of those that left memory: <see cref="Kept"/></param>
    public List<DrillItem> List(Tally tally, IReadOnlyList<KeptWeight> kept, string scope, Window window, long now)
    {
        if (_agentsIn is not null) return ListAgents(tally, scope, window);
        var weights = new SortedDictionary<Subject, (long Above, long Below)>();
        foreach (var (who, c) in tally.Contributions())
        {
            if (!Report.Covers(scope, c.Queue, c.Department)) continue;
            var amount = c.Kind == ContributionKind.Member ? 1 : c.Amount;
            if (c.At < Floor(window.From)) Weigh(who, 0, amount * Weight(_belowBefore, c.Key));
            if (In(window, c.At, now)) Weigh(who, amount * Weight(_above, c.Key), amount * Weight(_below, c.Key));
        }
        foreach (var (who, above, below) in kept)
            if (!tally.Has(who)) Weigh(who, above, below);
        var items = new List<DrillItem>();
        foreach (var (who, (above, below)) in weights)
            for (var i = 0L; i < Math.Max(below, above); i++) items.Add(new(who, i < above, i < below));
        return items;

        void Weigh(Subject who, long above, long below)
        {
            if (above == 0 && below == 0) return;
            var (a, b) = weights.GetValueOrDefault(who);
            weights[who] = (a + above, b + below);
        }
    }

    /// <summary>What those that left memory weigh in the number; nothing of them is true now.</summary>
    public IReadOnlyList<KeptWeight> Kept(KeptRows? rows, string scope, Window window)
    {
        if (rows is null || _when is When.Now or When.Within) return [];
        // Who is over is in no level any more: of them a level counts only those whose end lies after it.
        return rows.Contributions(Floor(_when == When.UpToEnd ? window.To : window.From), (who, all) =>
        {
            var (above, below) = (0L, 0L);
            foreach (var c in all)
            {
                if (!Report.Covers(scope, c.Queue, c.Department)) continue;
                if (c.At < Floor(window.From)) below += c.Amount * Weight(_belowBefore, c.Key);
                if (!In(window, c.At, 0)) continue;
                above += c.Amount * Weight(_above, c.Key);
                below += c.Amount * Weight(_below, c.Key);
            }
            return new KeptWeight(who, above, below);
        });
    }

    private bool In(Window window, long at, long now) => _when switch
    {
        When.Now => true,
        When.Within => at >= now && at <= now + _withinMs,
        When.UpToEnd => at < Floor(window.To),
        _ => at >= Floor(window.From) && at < Floor(window.To),
    };

    private static int Weight(Term[] terms, MeasureKey key)
    {
        var weight = 0;
        foreach (var term in terms) if (term.Measure == key.Measure && (term.Param is null || term.Param == key.Param)) weight += term.Sign;
        return weight;
    }

    // The sums have whole minutes, so the list behind them has too.
    private static long Floor(long at) => at - (((at % 60_000) + 60_000) % 60_000);

    private static Term[] Sum(params Measure[] measures) => [.. measures.Select(m => new Term(m, "", 1))];

    private static DrillDown Count(Measure measure) => new(Sum(measure), Sum(measure));

    private static DrillDown Share(Measure above, Measure below, string param = "") => new([new(above, param, 1)], [new(below, param, 1)]);

    // Each day of an agent is a file of its own, which takes back what the agent said: only all together they are one agent in one state.
    private static DrillDown Agents(string state) => new([], []) { _agentsIn = state + "/" };

    private List<DrillItem> ListAgents(Tally tally, string scope, Window window)
    {
        var measure = scope.StartsWith("queue/", StringComparison.Ordinal) ? Measure.QueueAgentDelta : Measure.AgentDelta;
        var agents = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (_, c) in tally.Contributions())
            if (c.Key.Measure == measure && c.At < Floor(window.To) && Report.Covers(scope, c.Queue, c.Department) && c.Key.Param.StartsWith(_agentsIn!, StringComparison.Ordinal))
                agents[c.Key.Param[_agentsIn!.Length..]] = agents.GetValueOrDefault(c.Key.Param[_agentsIn!.Length..]) + c.Amount;
        return [.. agents.Where(a => a.Value > 0).Select(a => new DrillItem(new(SubjectKind.Agent, a.Key), true))];
    }

    private static DrillDown Members(Measure measure, string? param) => new([new(measure, param, 1)], [new(measure, param, 1)], When.Now);

    private static DrillDown Soon(Measure measure, string? param, int minutes) =>
        new([new(measure, param, 1)], [new(measure, param, 1)], When.Within, minutes * 60_000L);

    private static DrillDown? ServiceLevel(string mode, string t)
    {
        Term Plus(Measure m) => new(m, t, 1);
        Term Minus(Measure m) => new(m, t, -1);
        Term[] all = [.. Decided, Plus(Measure.WaitingPast)];
        Term[] judged = [.. all, new(Measure.ShortAbandoned, "", -1)];
        return mode switch
        {
            "answered_only.flow_outs" => new([Plus(Measure.AnsweredWithin)], Sum(Measure.Answered, Measure.FlowOut)),
            "answered_only" => new([Plus(Measure.AnsweredWithin)], Sum(Measure.Answered)),
            "ignore_within" => new([Plus(Measure.AnsweredWithin)], [.. judged, Minus(Measure.AbandonedWithin), Plus(Measure.ShortAbandonedWithin)]),
            "negative" => new([Plus(Measure.AnsweredWithin)], judged),
            "positive" => new([Plus(Measure.AnsweredWithin), Plus(Measure.AbandonedWithin), Minus(Measure.ShortAbandonedWithin)], judged),
            "removed_within" => new([Plus(Measure.AnsweredWithin), Plus(Measure.AbandonedWithin), Plus(Measure.CallbackWithin)], all),
            _ => null,
        };
    }
}
