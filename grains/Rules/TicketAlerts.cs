using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Tickets;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Rules;

/// <summary>What one ticket raises beside its clocks. All of it follows from its own history. (spec: alerts, What raises one)</summary>
internal static class TicketAlerts
{
    /// <param name="own">the ticket's own events, in their one order, up to its end</param>
    /// <returns>what is irregular: a dispatch although the ticket was frozen</returns>
    public static string? Raise(Subject subject, TicketStory story, List<Event> own, PolicySet policies, Judgement j)
    {
        if (!policies.Rules.Any) return null;
        // Most tickets have nothing of this: one look at each event tells.
        var (flagged, hard, moved) = (false, false, false);
        foreach (var e in own)
        {
            flagged |= e.Data is TicketEscalated or TicketCreated { RiskFlags: not null } or TicketClassified { RiskFlags: not null };
            hard |= e.Data is TicketEscalated or TicketConsultationOpened;
            moved |= e.Data is TicketDispatched or TicketDispatchReturned or TicketClassified;
        }
        var to = new Raiser(subject, story, policies, j);
        if (story.Dispatches.Count > 0) Unsigned(to, own);
        if (flagged) Flagged(to, own);
        if (hard) HardCase(to, own);
        return moved ? PingPong(to, own) : null;
    }

    /// <summary>Whether a customer's tier is one of the green lane.</summary>
    public static bool IsInLane(Rule rule, string tier)
    {
        foreach (var word in rule.Words.All)
            if (string.Equals(word, tier, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    private readonly record struct Raiser(Subject Subject, TicketStory Story, PolicySet Policies, Judgement J)
    {
        public long? EndedAt => Story.ExitAt ?? Story.ClosedAt;

        /// <summary>The rule of the ticket's department as it held at an instant.</summary>
        public Rule Of(RuleId id, long at) => Policies.Rules.Of(id, Story.Department, at);

        public void Alert(Rule rule, string clock, string? department, long at, long? endedAt, Finding finding)
        {
            if (!J.Reached(at)) return;
            J.Alert(new(Subject, rule.Name, rule.Version, clock, rule.Level, department, at, at, endedAt is not { } end || end > J.Now)
            {
                Ladder = rule.Ladder, Finding = finding, EndedAt = endedAt,
            });
        }
    }

    private static void Unsigned(Raiser to, List<Event> own)
    {
        foreach (var dispatch in to.Story.Dispatches.Values)
        {
            if (to.Policies.Rules.Due(RuleId.UnsignedDispatch, dispatch.Department, dispatch.At, (dispatch, to.Policies), SignedBy) is not var (rule, due) || due == Calendars.BusinessCalendar.Never) continue;
            var over = Earliest(Earliest(dispatch.AnsweredAt, dispatch.WithdrawnAt), Earliest(AcceptedAt(own, dispatch), to.EndedAt));
            if (over <= due) continue;
            to.Alert(rule, dispatch.Id, dispatch.Department, due, over, new(rule[RuleNumber.BusinessDays], 0, rule[RuleNumber.BusinessDays]));
        }
    }

    private static readonly Func<Rule, (DispatchStory Dispatch, PolicySet Policies), long> SignedBy = static (rule, to) =>
        new Limit(rule[RuleNumber.BusinessDays], LimitUnit.BusinessDay).DueFrom(to.Dispatch.At, to.Policies.CalendarOf(to.Dispatch.Department));

    private static long? AcceptedAt(List<Event> own, DispatchStory dispatch)
    {
        foreach (var e in own)
            if (e.At >= dispatch.At && e.Data is TicketDispatchAccepted d && d.DispatchId == dispatch.Id) return e.At;
        return null;
    }

    private static long? Earliest(long? a, long? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

    // At once: the outside does not wait for working hours.
    private static void Flagged(Raiser to, List<Event> own)
    {
        var raised = new List<string>();
        foreach (var e in own)
        {
            var (flags, trigger) = e.Data switch
            {
                TicketCreated d => (d.RiskFlags, (EscalationTrigger?)null),
                TicketClassified d => (d.RiskFlags, null),
                TicketEscalated d => (null, d.Trigger),
                _ => (null, null),
            };
            if ((flags is null && trigger is null) || to.Of(RuleId.OutsideFlag, e.At) is not { On: true } rule) continue;
            foreach (var flag in rule.Words.All)
            {
                if (raised.Contains(flag) || (!Has(flags, flag) && !(trigger is { } why && Words.Of(why) == flag))) continue;
                raised.Add(flag);
                to.Alert(rule, flag, to.Story.Department, e.At, to.EndedAt, new(1, 0, 1));
            }
        }
    }

    private static bool Has(IReadOnlyList<string>? flags, string flag)
    {
        for (var i = 0; i < flags?.Count; i++)
            if (string.Equals(flags[i], flag, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    /// <summary>A hard case asks for a joint consultation of several departments under one lead, and stands until that has been concluded.</summary>
    private static void HardCase(Raiser to, List<Event> own)
    {
        var (asked, over, id, departments) = (((Rule Rule, long At)?)null, (long?)null, "asked", 0);
        foreach (var e in own)
            switch (e.Data)
            {
                case TicketEscalated { Trigger: EscalationTrigger.Difficult } or TicketEscalated { ToLevel: 3 }: asked ??= OnAt(e.At); break;
                case TicketConsultationOpened d: (asked, over, id, departments) = (asked ?? OnAt(e.At), null, d.ConsultationId, d.Departments.Count); break;
                case TicketConsultationConcluded d when d.ConsultationId == id: over = e.At; break;
            }
        (Rule, long)? OnAt(long at) => to.Of(RuleId.HardCase, at) is { On: true } rule ? (rule, at) : null;
        // The key must not change when the consultation that was asked for is opened.
        if (asked is var (rule, at)) to.Alert(rule, "consultation", to.Story.Department, at, Earliest(over, to.EndedAt), new(departments, 0, 2));
    }

    private static string? PingPong(Raiser to, List<Event> own)
    {
        var (visits, hops, returns, decided, anomaly) = (new List<string>(), 0, 0, (long?)null, (string?)null);
        var (raised, frozen) = (((Rule Rule, long At)?)null, ((Rule Rule, long At)?)null);
        foreach (var e in own)
        {
            var (back, before, moves) = (false, hops, hops + returns);
            switch (e.Data)
            {
                case TicketCreated when visits.Count == 0 && e.DepartmentId is { } first: visits.Add(first); break;
                case TicketClassified when e.DepartmentId is { } moved: back = Visit(visits, moved, ref hops); break;
                case TicketDispatched { Role: DispatchRole.Lead } d: back = Visit(visits, d.DepartmentId, ref hops); break;
                case TicketDispatchReturned: returns++; break;
                case TicketSupervised or TicketObjectionDecided: decided = frozen is null ? decided : e.At; break;
            }
            if (hops + returns == moves) continue;
            if (raised is null && to.Of(RuleId.PingPong, e.At) is { On: true } rule && (returns >= rule[RuleNumber.Returns] || hops >= rule[RuleNumber.Hops] || back)) raised = (rule, e.At);
            if (frozen is not null && decided is null && hops > before) anomaly = "dispatched_while_frozen";
            if (frozen is null && to.Of(RuleId.PingPongGuard, e.At) is { On: true } guard && hops + returns >= guard[RuleNumber.FreezeAfter]) frozen = (guard, e.At);
        }
        if (raised is var (of, since)) to.Alert(of, "hops", to.Story.Department, since, to.EndedAt, new(hops + returns, 0, of[RuleNumber.Hops]));
        if (frozen is not var (by, froze)) return null;
        to.Alert(by, by.Words.All[0], to.Story.Department, froze, Earliest(decided, to.EndedAt), new(hops + returns, 0, by[RuleNumber.FreezeAfter]));
        return anomaly;
    }

    /// <returns>whether it was there before, and elsewhere since: A, B, A</returns>
    private static bool Visit(List<string> visits, string department, ref int hops)
    {
        if (visits.Count > 0 && visits[^1] == department) return false;
        if (visits.Count > 0) hops++;
        var back = visits.Contains(department);
        visits.Add(department);
        return back;
    }
}
