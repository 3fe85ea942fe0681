using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Tickets;

/// <summary>What a ticket is worth to the numbers, which of its promises are due, and when to look again.</summary>
public static class TicketRules
{
    public static Evaluation Evaluate(Subject subject, IReadOnlyList<Event> history, PolicySet policies, long now)
    {
        var story = TicketStory.Of(history);
        if (story.Created is null)
            return new Judgement(now).Done(new(subject, "unknown", null, null, null, null, 0, null, [], [.. story.Anomalies]));

        var judged = new Judgement(now);
        Count(story, judged);
        var found = TicketClocks.Of(story, history, policies, now, judged);
        var clocks = new List<ClockRow>(found.Count);
        foreach (var clock in found)
            if (clock.Plan(policies, history) is { } plan) clocks.Add(Judge(subject, clock, plan, judged, policies.Rules));
        CountClosing(story, clocks, judged);
        CountHeld(story, policies, judged);
        var own = TicketMeasures.Own(history);
        var fact = TicketMeasures.Count(subject, story, history, own, clocks, judged);
        var irregular = TicketAlerts.Raise(subject, story, own, policies, judged);
        return judged.Done(new(
            subject, story.State, story.Department, null, story.CreatedAt, story.ExitAt ?? story.ClosedAt, story.ReopenedAt.Count, story.Owner, clocks.ToArray(),
            irregular is not null ? [.. story.Anomalies, irregular] : story.Anomalies.Count == 0 ? [] : story.Anomalies.ToArray())
        {
            DueAt = NextDue(clocks),
        }, fact);
    }

    private static long? NextDue(List<ClockRow> clocks)
    {
        long? next = null;
        foreach (var clock in clocks)
            if (clock.State == "running" && !(next <= clock.DueAt)) next = clock.DueAt ?? next;
        return next;
    }

    private static void Count(TicketStory s, Judgement j)
    {
        var d = s.Department;
        j.Point(Measure.Created, null, d, s.CreatedAt);
        j.Point(Measure.OpenDelta, null, d, s.CreatedAt);
        j.Point(Measure.UnresolvedDelta, null, d, s.CreatedAt);
        if (s.Created!.Kind == TicketKind.Complaint) j.Point(Measure.Complaints, null, d, s.CreatedAt);
        foreach (var at in s.ResolvedAt)
        {
            j.Point(Measure.Resolved, null, d, at);
            j.Point(Measure.UnresolvedDelta, null, d, at, -1);
        }
        foreach (var at in s.ReopenedAt)
        {
            j.Point(Measure.Reopened, null, d, at);
            j.Point(Measure.UnresolvedDelta, null, d, at);
        }
        if (s.ExitAt is { } exit && !s.Resolved) j.Point(Measure.UnresolvedDelta, null, d, exit, -1);
        foreach (var stay in s.Stays)
        {
            if (stay.ClosedAt is not { } closed) continue;
            j.Point(Measure.OpenDelta, null, d, closed, -1);
            if (stay.ReopenedAt is not { } again) continue; // in between it was closed, whatever became of it
            j.Point(Measure.OpenDelta, null, d, again);
            j.Point(Measure.OpenedAgain, null, d, again);
        }
        if (s.ExitAt is { } left && s.ClosedAt is null) j.Point(Measure.OpenDelta, null, d, left, -1);
        if (s.Resolved) CountResolution(s, j);
    }

    private static void CountResolution(TicketStory s, Judgement j)
    {
        var last = s.ResolvedAt[^1];
        var received = Times.Ms(s.Created!.ReceivedAt) ?? s.CreatedAt;
        var paused = 0L;
        foreach (var p in s.Pauses) paused += Math.Max(0, Math.Min(p.Stretch.To, last) - Math.Max(p.Stretch.From, received));
        j.Sample(Measure.ResolutionWallMs, s.Department, last, last - received);
        j.Sample(Measure.ResolutionMs, s.Department, last, Math.Max(0, last - received - paused));
        if (s.OnTheSpot && s.Dispatches.Count == 0 && s.Created!.Kind == TicketKind.Complaint)
            j.Point(Measure.OnTheSpot, null, s.Department, s.CreatedAt);
    }

    // Of tickets that are over, in the bucket of their end: a department's closed hours are its own, what the desk or the customer had the ticket's department's.
    private static void CountHeld(TicketStory s, PolicySet policies, Judgement j)
    {
        if ((s.ExitAt ?? s.ClosedAt) is not { } end) return;
        foreach (var ((holder, department), ms) in TimeLedger.Sum(TimeLedger.Of(s, policies, end)))
            j.Point(Measure.HeldMs, null, department.Length > 0 ? department : s.Department, end, ms, Words.Of(holder));
    }

    private static void CountClosing(TicketStory s, List<ClockRow> clocks, Judgement j)
    {
        if (s.Closings.Count == 0) return;
        var resolution = clocks.Find(static c => c.Id == "resolution");
        foreach (var (closed, reopenedSoon) in s.Closings) // also one that was undone: else a reopened ticket would leave the cohort that it spoils
        {
            j.Point(Measure.Closed, null, s.Department, closed);
            if (reopenedSoon) j.Point(Measure.ReopenedTickets, null, s.Department, closed);
            if (resolution is { DueAt: { } due } && closed <= due) j.Point(Measure.ClosedOnTime, null, s.Department, closed);
        }
    }

    /// <summary>One clock: its row, what it adds to the numbers, and its alerts.</summary>
    /// <param name="rules">where the customer may be in the green lane</param>
    internal static ClockRow Judge(Subject subject, in TicketClock clock, in ClockPlan plan, Judgement j, RuleSet? rules = null)
    {
        var (run, promise, version) = (clock.Run, clock.Chosen.Clock, clock.Chosen.Policy.Version);
        for (var i = 0; i < run.Pauses.Count; i++)
        {
            j.Reached(run.Pauses[i].From); // told ahead of its time, it begins on time
            if (run.Pauses[i].To != long.MaxValue) j.Reached(run.Pauses[i].To);
        }
        var state = ClockState.Of(plan, run, j.Now);
        if (state.DueAt is { } due && state.State != "cancelled" && j.Reached(due))
        {
            j.Point(Measure.ClockDue, null, clock.Department, due, 1, promise.Id);
            if (state.State == "met") j.Point(Measure.ClockMet, null, clock.Department, due, 1, promise.Id);
            if (clock.Group.Per == ClockPer.Dispatch) DispatchMeasures.CountDue(promise, clock.Department, due, state.State == "met", j);
        }
        var open = run.StoppedAt is null && run.CancelledAt is null;
        if (state.State == "running" && open && state.DueAt is { } running) j.Member(Measure.ClockRunning, null, clock.Department, running, promise.Id);
        if (state.State == "breached") Breach(subject, clock, version, state, open, plan.Calendar, j);
        else if (state.State == "running")
        {
            Warn(subject, clock, version, state, plan, j);
            if (rules is { Any: true } && clock.Facts.CustomerTier is { } tier) WarnLane(subject, clock, state, plan, rules, tier, j);
        }
        return RowOf(clock, state);
    }

    internal static ClockRow RowOf(in TicketClock clock, in ClockState state) => new(
        clock.Id, clock.Chosen.Policy.Id, clock.Chosen.Policy.Version, clock.Department, clock.Run.Start, state.DueAt, state.State, clock.Run.StoppedAt, state.PausedMs, state.LateMs,
        state.RemainingMs);

    private static void Breach(Subject subject, in TicketClock clock, int version, in ClockState state, bool open, BusinessCalendar calendar, Judgement j)
    {
        var (due, promise) = (state.DueAt!.Value, clock.Chosen.Clock);
        if (open) j.Member(Measure.ClockBreachedOpen, null, clock.Department, due, promise.Id);
        j.Alert(new(subject, "clock_breach", version, clock.Id, promise.Breach, clock.Department, due, due, open)
        {
            Ladder = Ladder.Of(promise.Escalate, due, calendar), Hours = HoursFor(promise.Breach, calendar),
        });
    }

    // At risk from the first warning on; each warning is an alert of its own.
    private static void Warn(Subject subject, in TicketClock clock, int version, in ClockState state, in ClockPlan plan, Judgement j)
    {
        if (state.DueAt is not { } due) return;
        var (number, atRisk) = (0, false);
        var warnings = clock.Chosen.Clock.Warn;
        while (number < warnings.Count)
        {
            var (level, at) = (warnings[number].Level, state.WarnAt(warnings[number], plan));
            number++;
            if (!j.Reached(at)) continue;
            if (!atRisk) j.Member(Measure.ClockAtRisk, null, clock.Department, due, clock.Chosen.Clock.Id);
            atRisk = true;
            j.Alert(new(subject, number == 1 ? "clock_warning" : $"clock_warning_{number}", version, clock.Id, level, clock.Department, due, Math.Max(at, clock.Run.Start), true) { Hours = HoursFor(level, plan.Calendar) });
        }
    }

    private static void WarnLane(Subject subject, in TicketClock clock, in ClockState state, in ClockPlan plan, RuleSet rules, string tier, Judgement j)
    {
        if (state.DueAt is not { } due || rules.Due(RuleId.VipLane, clock.Department, clock.Run.Start, (state, plan, clock.Run.Start, tier), LaneAt) is not var (lane, at)) return;
        if (j.Reached(at))
            j.Alert(new(subject, lane.Name, lane.Version, clock.Id, lane.Level, clock.Department, due, at, true) { Ladder = lane.Ladder, Finding = new(lane[RuleNumber.Percent], 100, lane[RuleNumber.Percent]) });
    }

    // A clock of a customer in the green lane warns earlier and one level higher. (spec: alerts, VIP lane)
    private static readonly Func<Rule, (ClockState State, ClockPlan Plan, long Start, string Tier), long> LaneAt = static (lane, clock) =>
        TicketAlerts.IsInLane(lane, clock.Tier) ? Math.Max(clock.State.WarnAt(new(lane[RuleNumber.Percent], null, lane.Level), clock.Plan), clock.Start) : long.MaxValue;

    // Yellow waits for working hours, red does not. (spec: alerts, Ladder)
    private static BusinessCalendar? HoursFor(AlertLevel level, BusinessCalendar calendar) => level == AlertLevel.Red || calendar.IsAlways ? null : calendar;
}
