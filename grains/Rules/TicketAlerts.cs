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

    /// <summary>A clock of a customer in the green lane warns earlier and one level higher. (spec: alerts, VIP lane)</summary>
    public static Rule? VipLane(PolicySet policies, string? tier, string? department)
    {
        if (tier is null || policies.Rules.Of(RuleId.VipLane, department) is not { On: true } rule) return null;
        foreach (var word in rule.Words.All)
            if (string.Equals(word, tier, StringComparison.OrdinalIgnoreCase)) return rule;
        return null;
    }

    private readonly record struct Raiser(Subject Subject, TicketStory Story, PolicySet Policies, Judgement J)
    {
        public long? EndedAt => Story.ExitAt ?? Story.ClosedAt;

        public Rule Of(RuleId id, string? department) => Policies.Rules.Of(id, department);

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
            if (to.Of(RuleId.UnsignedDispatch, dispatch.Department) is not { On: true } rule) continue;
            var days = rule[RuleNumber.BusinessDays];
            var due = new Limit(days, LimitUnit.BusinessDay).DueFrom(dispatch.At, to.Policies.CalendarOf(dispatch.Department));
            if (due == Calendars.BusinessCalendar.Never) continue;
            var over = Earliest(Earliest(dispatch.AnsweredAt, dispatch.WithdrawnAt), Earliest(AcceptedAt(own, dispatch), to.EndedAt));
            if (over <= due) continue;
            to.Alert(rule, dispatch.Id, dispatch.Department, due, over, new(days, 0, days));
        }
    }

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
        if (to.Of(RuleId.OutsideFlag, to.Story.Department) is not { On: true } rule) return;
        foreach (var flag in rule.Words.All)
            foreach (var e in own)
            {
                var (flags, trigger) = e.Data switch
                {
                    TicketCreated d => (d.RiskFlags, (EscalationTrigger?)null),
                    TicketClassified d => (d.RiskFlags, null),
                    TicketEscalated d => (null, d.Trigger),
                    _ => (null, null),
                };
                if (!Has(flags, flag) && !(trigger is { } why && Words.Of(why) == flag)) continue;
                to.Alert(rule, flag, to.Story.Department, e.At, to.EndedAt, new(1, 0, 1));
                break;
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
        if (to.Of(RuleId.HardCase, to.Story.Department) is not { On: true } rule) return;
        var (asked, over, id, departments) = ((long?)null, (long?)null, "asked", 0);
        foreach (var e in own)
            switch (e.Data)
            {
                case TicketEscalated { Trigger: EscalationTrigger.Difficult } or TicketEscalated { ToLevel: 3 }: asked ??= e.At; break;
                case TicketConsultationOpened d: (asked, over, id, departments) = (asked ?? e.At, null, d.ConsultationId, d.Departments.Count); break;
                case TicketConsultationConcluded d when d.ConsultationId == id: over = e.At; break;
            }
        // The key must not change when the consultation that was asked for is opened.
        if (asked is { } at) to.Alert(rule, "consultation", to.Story.Department, at, Earliest(over, to.EndedAt), new(departments, 0, 2));
    }

    private static string? PingPong(Raiser to, List<Event> own)
    {
        var (rule, guard) = (to.Of(RuleId.PingPong, to.Story.Department), to.Of(RuleId.PingPongGuard, to.Story.Department));
        if (!rule.On && !guard.On) return null;
        var (visits, hops, returns, at, frozen, decided, anomaly) = (new List<string>(), 0, 0, (long?)null, (long?)null, (long?)null, (string?)null);
        foreach (var e in own)
        {
            var (back, before) = (false, hops);
            switch (e.Data)
            {
                case TicketCreated when visits.Count == 0 && e.DepartmentId is { } first: visits.Add(first); break;
                case TicketClassified when e.DepartmentId is { } moved: back = Visit(visits, moved, ref hops); break;
                case TicketDispatched { Role: DispatchRole.Lead } d: back = Visit(visits, d.DepartmentId, ref hops); break;
                case TicketDispatchReturned: returns++; break;
                case TicketSupervised or TicketObjectionDecided: decided = frozen is null ? decided : e.At; break;
            }
            if (returns >= rule[RuleNumber.Returns] || hops >= rule[RuleNumber.Hops] || back) at ??= e.At;
            if (frozen is not null && decided is null && hops > before) anomaly = "dispatched_while_frozen";
            if (hops + returns >= guard[RuleNumber.FreezeAfter]) frozen ??= e.At;
        }
        if (rule.On && at is { } since) to.Alert(rule, "hops", to.Story.Department, since, to.EndedAt, new(hops + returns, 0, rule[RuleNumber.Hops]));
        if (!guard.On || frozen is not { } froze) return null;
        to.Alert(guard, guard.Words.All[0], to.Story.Department, froze, Earliest(decided, to.EndedAt), new(hops + returns, 0, guard[RuleNumber.FreezeAfter]));
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
