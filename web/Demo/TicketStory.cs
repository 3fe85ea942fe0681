using System.Globalization;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Demo;

/// <summary>
/// The life of one ticket, planned when it is created: first word to the customer, the department's answer, the resolution,
/// each before or after its limit of the policy sla-default. Roughly one in ten is late, more in a bad half hour.
/// </summary>
internal sealed class TicketStory(string id, string department, int priority, Agenda agenda, Dice dice, EventLog log, bool bad, string owner)
{
    private readonly long _start = agenda.Now;
    private readonly long _limit = Scenario.ResolutionLimit(priority);
    private long _paused;
    private int _dispatches;

    public string Id => id;

    /// <summary>When the ticket will first be resolved, in Unix ms; 0 where that is not planned.</summary>
    public long ResolvesAt { get; private set; }

    /// <summary>Called once, when the ticket is closed or withdrawn.</summary>
    public required Action Ended { get; init; }

    public void Begin(bool onTheSpot)
    {
        agenda.In(dice.Seconds(5, 60), () => log.Ticket(id, new TicketAcknowledged("sms")));
        if (onTheSpot)
        {
            agenda.In(dice.Minutes(2, 6), () => log.Ticket(id, new TicketContacted("phone", "reached")));
            agenda.In(dice.Minutes(7, 14), () => Resolve("solved", onTheSpot: true));
            return;
        }
        agenda.In(dice.Minutes(1, 4), () => log.Ticket(id, new TicketAssigned(owner, "case_owner")));
        var answered = Dispatch(_start + dice.Minutes(4, 12));
        FirstResponse();
        if (dice.Chance(0.015))
        {
            agenda.At(answered, () => { log.Ticket(id, new TicketWithdrawn("customer_request")); Ended(); });
            return;
        }
        PlanResolution(answered);
    }

    private void FirstResponse()
    {
        var limit = Scenario.FirstResponseLimit(priority);
        var late = dice.Chance(bad ? 0.35 : 0.05);
        // Nobody leaves an ordinary ticket alone for the whole day that the policy would allow.
        var usual = Math.Min(limit, 5 * Scenario.Hour);
        var after = late ? limit + dice.Minutes(1, 25) : (long)(usual * dice.Between(0.25, 0.96));
        agenda.At(_start + after, () =>
        {
            if (dice.Chance(0.6)) log.Ticket(id, new TicketContacted("phone", dice.Chance(0.9) ? "reached" : "no_answer"));
            else log.Ticket(id, new TicketProgressReplied("sms", EventLog.Rfc3339(agenda.Now + Scenario.Day)));
        });
    }

    /// <summary>Asks the department for its answer; returns when the answer comes (Unix ms).</summary>
    private long Dispatch(long at)
    {
        var dispatch = NextDispatch();
        var due = (at + Scenario.DispatchLimit(priority)) / Scenario.Minute * Scenario.Minute;
        agenda.At(at, () => log.Ticket(id, new TicketDispatched(dispatch, department, DispatchRole.Lead, EventLog.Rfc3339(due)), department));
        var accepted = at + dice.Minutes(2, 18);
        agenda.At(accepted, () => log.Ticket(id, new TicketDispatchAccepted(dispatch)));
        var late = dice.Chance(bad ? 0.4 : 0.07);
        var answered = late ? due + dice.Minutes(2, 40)
            : dice.Chance(0.5) ? due - dice.Minutes(1, 24)
            : accepted + (long)((due - accepted) * dice.Between(0.15, 0.9));
        agenda.At(answered, () => log.Ticket(id, new TicketDispatchAnswered(dispatch, "explained", "process")));
        agenda.At(answered + dice.Minutes(2, 5), () => log.Ticket(id, new TicketDispatchReviewed(dispatch, ReviewOutcome.Ok, 3 + dice.Below(3))));
        return answered;
    }

    /// <summary>A supervisor wants word from the department within half an hour.</summary>
    public void AskUrgently()
    {
        var dispatch = NextDispatch();
        var due = agenda.Now + 28 * Scenario.Minute;
        log.Ticket(id, new TicketDispatched(dispatch, department, DispatchRole.Assist, EventLog.Rfc3339(due), "customer_waits"), department);
        agenda.In(dice.Minutes(1, 4), () => log.Ticket(id, new TicketDispatchAccepted(dispatch)));
        var answered = dice.Chance(0.08) ? due + dice.Minutes(1, 15) : due - dice.Seconds(20, 360);
        agenda.At(answered, () => log.Ticket(id, new TicketDispatchAnswered(dispatch, "explained")));
    }

    private string NextDispatch() => $"{id}-d{(++_dispatches).ToString(CultureInfo.InvariantCulture)}";

    private void PlanResolution(long answered)
    {
        // Late, just in time, comfortable. The slow priorities are late less often, or they alone would fill the list of open tickets.
        var late = (bad ? 0.3 : 0.1) * (priority > 2 ? 0.6 : 1);
        var tight = priority switch { 1 => 0.42, 2 => 0.17, _ => 0.01 };
        var at = dice.Weighted(late, tight, 1 - late - tight) switch
        {
            0 => _start + _limit + dice.Minutes(5, priority == 1 ? 75 : 200),
            1 => _start + _limit - dice.Minutes(1, 26),
            _ => Math.Min(answered + dice.Minutes(8, priority * 75), _start + _limit - dice.Minutes(1, 10)),
        };
        at = Math.Max(at, answered + 6 * Scenario.Minute);
        if (at - answered > 20 * Scenario.Minute && dice.Chance(0.16)) at += Pause(answered + dice.Minutes(6, 12), at);
        EscalateWhenLate(at);
        ResolvesAt = at;
        agenda.At(at, () => Resolve("solved", onTheSpot: false));
    }

    /// <summary>The customer is asked for something and the clock stops; returns for how long.</summary>
    private long Pause(long from, long before)
    {
        var pause = Math.Min(dice.Minutes(20, 240), before - from + Scenario.Hour);
        agenda.At(from, () => log.Ticket(id, new TicketClockPaused(PauseReason.AwaitingCustomer)));
        agenda.At(from + pause, () => log.Ticket(id, new TicketClockResumed(PauseReason.AwaitingCustomer)));
        _paused += pause;
        return pause;
    }

    private void EscalateWhenLate(long resolved)
    {
        var due = _start + _limit + _paused;
        if (resolved <= due) return;
        agenda.At(Math.Min(due + dice.Minutes(1, 4), resolved - 1), () => log.Ticket(id, new TicketEscalated(1, EscalationTrigger.Sla)));
    }

    private void Resolve(string code, bool onTheSpot, bool again = false)
    {
        log.Ticket(id, new TicketResolved(code, onTheSpot, "process", department));
        var resolved = agenda.Now;
        var replied = dice.Minutes(2, 12);
        agenda.In(replied, () => log.Ticket(id, new TicketReplied("phone", true)));
        var closes = replied + dice.Minutes(5, onTheSpot ? 20 : 80);
        // Only a ticket with time left is opened again: a second round would else always be late.
        var left = _start + _limit + _paused - resolved;
        var reopens = !again && left > Scenario.Hour && dice.Chance(0.05);
        agenda.In(closes, () => log.Ticket(id, new TicketClosed("solved", !reopens)));
        if (reopens) agenda.In(closes + dice.Minutes(10, 600), () => Reopen(left));
        else agenda.In(closes + 1, End);
    }

    private void Reopen(long left)
    {
        log.Ticket(id, new TicketReopened("not_solved", "customer"));
        agenda.In(dice.Minutes(5, 15), () => log.Ticket(id, new TicketContacted("phone", "reached")));
        agenda.In(Math.Min(dice.Minutes(40, 150), left * 4 / 5), () => Resolve("solved_second_time", onTheSpot: false, again: true));
    }

    private void End()
    {
        Ended();
        if (dice.Chance(0.25)) agenda.In(dice.Minutes(30, 300), Survey);
    }

    private void Survey()
    {
        var survey = $"S-{id}";
        log.Survey(survey, new SurveySent($"ticket/{id}", "sms"));
        if (!dice.Chance(0.45)) return;
        var resolved = dice.Weighted(0.78, 0.1, 0.12) switch { 0 => SurveyResolved.Yes, 1 => SurveyResolved.No, _ => SurveyResolved.Partial };
        agenda.In(dice.Minutes(3, 240), () => log.Survey(survey, new SurveyResponded(true, $"ticket/{id}", true, resolved)));
    }
}
