using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
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
        var clocks = Clocks(story, policies).Select(c => Judge(subject, story, c.Policy, c.Input, policies, judged)).ToList();
        CountClosing(story, clocks, judged);
        return judged.Done(new(
            subject, story.State, story.Department, null, story.CreatedAt, story.ExitAt ?? story.ClosedAt, story.ReopenedAt.Count, story.Owner, clocks,
            [.. story.Anomalies])
        {
            DueAt = clocks.Where(c => c.State == "running").Min(c => c.DueAt),
        });
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
        if ((s.ExitAt ?? s.ClosedAt) is { } end) j.Point(Measure.OpenDelta, null, d, end, -1);
        if (s.Resolved) CountResolution(s, j);
    }

    private static void CountResolution(TicketStory s, Judgement j)
    {
        var last = s.ResolvedAt[^1];
        var received = Times.Ms(s.Created!.ReceivedAt) ?? s.CreatedAt;
        var paused = s.Pauses.Sum(p => Math.Max(0, Math.Min(p.Stretch.To, last) - Math.Max(p.Stretch.From, received)));
        j.Sample(Measure.ResolutionWallMs, s.Department, last, last - received);
        j.Sample(Measure.ResolutionMs, s.Department, last, Math.Max(0, last - received - paused));
        if (s.OnTheSpot && s.Dispatches.Count == 0 && s.Created!.Kind == TicketKind.Complaint)
            j.Point(Measure.OnTheSpot, null, s.Department, s.CreatedAt);
    }

    private static void CountClosing(TicketStory s, List<ClockRow> clocks, Judgement j)
    {
        var resolution = clocks.FirstOrDefault(c => c.Id == "resolution");
        foreach (var (closed, reopenedSoon) in s.Closings) // also one that was undone: else a reopened ticket would leave the cohort that it spoils
        {
            j.Point(Measure.Closed, null, s.Department, closed);
            if (reopenedSoon) j.Point(Measure.ReopenedTickets, null, s.Department, closed);
            if (resolution is { DueAt: { } due } && closed <= due) j.Point(Measure.ClosedOnTime, null, s.Department, closed);
        }
    }

    private static IEnumerable<(ClockPolicy Policy, ClockInput Input)> Clocks(TicketStory s, PolicySet policies)
    {
        var priority = s.Priority ?? Policy.DefaultPriority;
        foreach (var clock in policies.Policy.Clocks)
        {
            var limit = clock.LimitFor(priority);
            if (clock.Per == ClockPer.Dispatch)
            {
                foreach (var d in s.Dispatches.Values)
                    yield return (clock, new($"{clock.Id}/{d.Id}", clock.Id, d.Department, d.At, limit, d.DueAt, [], d.AnsweredAt, d.WithdrawnAt ?? s.ExitAt ?? s.ClosedAt, clock.WarnPercent));
                continue;
            }
            var stop = StopOf(s, clock);
            yield return (clock, new(clock.Id, clock.Id, s.Department, s.CreatedAt, limit, OwnDue(s, clock.Id), PausesOf(s, clock), stop, s.ExitAt ?? s.ClosedAt, clock.WarnPercent));
        }
    }

    private static long? OwnDue(TicketStory s, string clock) =>
        s.ExtendedTo.TryGetValue(clock, out var extended) ? extended : clock == "resolution" ? Times.Ms(s.Created!.DueAt) : null;

    private static long? StopOf(TicketStory s, ClockPolicy clock)
    {
        if (clock.Stop.Contains("ticket.resolved")) return s.Resolved ? s.ResolvedAt[^1] : null;
        foreach (var (type, at) in s.Stops)
            if (at >= s.CreatedAt && clock.Stop.Contains(type)) return at;
        return null;
    }

    private static List<Stretch> PausesOf(TicketStory s, ClockPolicy clock)
    {
        var own = s.Pauses.Where(p => clock.PauseOn.Contains(p.Reason) && (p.Clocks is null || p.Clocks.Contains(clock.Id))).Select(p => p.Stretch).ToList();
        if (clock.Stop.Contains("ticket.resolved")) // on_reopen: resume; the time it stood resolved counts as paused
            own.AddRange(s.ReopenedAt.Select((at, i) => new Stretch(s.ResolvedAt[Math.Min(i, s.ResolvedAt.Count - 1)], at)));
        return own;
    }

    private static ClockRow Judge(Subject subject, TicketStory s, ClockPolicy promise, ClockInput clock, PolicySet policies, Judgement j)
    {
        foreach (var pause in clock.Pauses)
        {
            j.Reached(pause.From); // told ahead of its time, it begins on time
            if (pause.To != long.MaxValue) j.Reached(pause.To);
        }
        var version = promise.PolicyVersion ?? policies.Policy.Version;
        var state = ClockState.Of(clock, policies.CalendarOf(promise, clock.Department), j.Now);
        if (state.DueAt is { } due && state.State != "cancelled" && j.Reached(due))
        {
            j.Point(Measure.ClockDue, null, clock.Department, due, 1, clock.Metric);
            if (state.State == "met") j.Point(Measure.ClockMet, null, clock.Department, due, 1, clock.Metric);
        }
        var open = clock.StoppedAt is null && clock.CancelledAt is null && !s.Ended;
        if (state.State == "running" && open) j.Member(Measure.ClockRunning, null, clock.Department, state.DueAt!.Value, clock.Metric);
        if (state.State == "breached") Breach(subject, clock, version, state, open, j);
        else if (state.State == "running" && state.WarnAt is { } warn && j.Reached(warn)) Warn(subject, clock, version, state, warn, j);
        return new(clock.Id, promise.PolicyId ?? policies.Policy.Id, version, clock.Department, clock.Start, state.DueAt, state.State, clock.StoppedAt, state.PausedMs, state.LateMs, state.RemainingMs);
    }

    private static void Breach(Subject subject, ClockInput clock, int version, ClockState state, bool open, Judgement j)
    {
        var due = state.DueAt!.Value;
        if (open) j.Member(Measure.ClockBreachedOpen, null, clock.Department, due, clock.Metric);
        j.Alert(new(subject, "clock_breach", version, clock.Id, AlertLevel.Red, clock.Department, due, due, open));
    }

    private static void Warn(Subject subject, ClockInput clock, int version, ClockState state, long warn, Judgement j)
    {
        j.Member(Measure.ClockAtRisk, null, clock.Department, state.DueAt!.Value, clock.Metric);
        j.Alert(new(subject, "clock_warning", version, clock.Id, AlertLevel.Yellow, clock.Department, state.DueAt!.Value, warn, true));
    }
}
