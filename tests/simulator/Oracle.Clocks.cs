using OpsMonitor.Grains.Events;

namespace OpsMonitor.Simulator;

// One clock; and those that dispatches and surveys start.
public sealed partial class Oracle
{
    /// <param name="Stopped">when it was kept; null = not yet</param>
    /// <param name="Over">when nobody was to be chased any more; null = not yet</param>
    private sealed record Promise(Subject Who, string Clock, string? Department, long Start, long? Stopped, long? Over)
    {
        public string Name { get; init; } = Clock;

        /// <summary>A due time that somebody named: nothing moves it.</summary>
        public long? Named { get; init; }
    }

    /// <summary>The times for which a ticket stood solved and came back; and of each, until when a due time in it was still a breach.</summary>
    private sealed record Undone(List<(long From, long To)> Solved, List<long> Shut);

    private void Clock(Promise promise, Undone? undone, List<(long From, long To)> pauses, Func<int, long> budget, bool working)
    {
        var stopped = promise.Stopped > promise.Over ? null : promise.Stopped;
        var ended = stopped ?? promise.Over;
        var (version, percent) = _terms.PolicyFor(promise.Start, ended);
        var moved = working ? _terms.CalendarFor(promise.Start, ended) : 0;
        if (undone is not null) pauses = Returned(promise, undone, budget(percent));
        if ((promise.Named ?? Due(promise.Start, budget(percent), pauses, ended, working ? moved : null)) is not { } due) return; // paused now, or later than now
        if (stopped is null && promise.Over <= due) return; // cancelled in time
        if (due > now) return;
        _answer.Count(promise.Clock + " due", promise.Department);
        if (stopped <= due) { _answer.Count(promise.Clock + " met", promise.Department); return; }
        if (stopped is not null || promise.Over is not null) return;
        _answer.Count(promise.Clock + " breached open", promise.Department);
        _answer.Alarm($"{promise.Who} {promise.Name} {due}", version);
    }

    // What a promise had left when the ticket was solved, it has again when the ticket comes back; not where it was due by then.
    private static List<(long From, long To)> Returned(Promise promise, Undone undone, long budget)
    {
        List<(long From, long To)> back = [];
        for (var i = 0; i < undone.Solved.Count; i++)
        {
            var (solved, shut) = (undone.Solved[i], undone.Shut[i]);
            if (solved.To <= promise.Start) continue;
            if (promise.Stopped <= solved.To && !(shut < promise.Stopped)) break;
            var dueSoFar = promise.Start + budget + back.Sum(p => Math.Max(0, p.To - Math.Max(p.From, promise.Start)));
            if (dueSoFar > shut && dueSoFar > solved.From) back.Add(solved);
        }
        return back;
    }

    /// <summary>When the budget is used up, if it is by now: it burns while nothing pauses it, and only in minutes that work.</summary>
    private long? Due(long start, long budget, List<(long From, long To)> pauses, long? ended, int? moved)
    {
        // Of a clock that goes on, only what has begun is known; it goes on for ever, or until it is resumed.
        var known = pauses.Where(p => p.From < p.To && (ended is { } h ? p.From < h : p.From <= now))
            .Select(p => ended is { } h ? (p.From, To: Math.Min(p.To, h)) : p.To > now ? (p.From, To: long.MaxValue) : p).ToList();
        var at = start;
        for (var left = budget; left > 0;)
        {
            if (at > now) return null;
            var inside = known.Where(p => p.From <= at && at < p.To).ToList();
            if (inside.Count > 0) // paused here: go to its end
            {
                at = inside.Max(p => p.To);
                if (at == long.MaxValue) return null;
                continue;
            }
            var (works, minuteEnd) = moved is { } minutes ? _terms.MinuteOf(at, minutes) : (true, long.MaxValue);
            if (!works) { at = minuteEnd; _answer.Closed = true; continue; }
            var next = Math.Min(minuteEnd, known.Where(p => p.From > at).Select(p => p.From).DefaultIfEmpty(long.MaxValue).Min());
            var burnt = Math.Min(left, next - at);
            (at, left) = (at + burnt, left - burnt);
        }
        return at;
    }

    private void Dispatches(Subject who, List<Event> events, long created, long? over, Undone undone)
    {
        foreach (var sent in events.Where(e => e.Data is TicketDispatched && e.At >= created))
        {
            var (d, later) = ((TicketDispatched)sent.Data!, events.SkipWhile(e => e != sent).Skip(1).ToList());
            var answered = later.Find(e => e.Data is TicketDispatchAnswered a && a.DispatchId == d.DispatchId)?.At;
            var withdrawn = later.Find(e => (e.Data is TicketDispatchReturned r && r.DispatchId == d.DispatchId) || (e.Data is TicketDispatchRecalled c && c.DispatchId == d.DispatchId))?.At;
            var promise = new Promise(who, "department_answer", d.DepartmentId, sent.At, answered, withdrawn < over ? withdrawn : over ?? withdrawn)
            {
                Name = $"department_answer/{d.DispatchId}", Named = d.DueAt is { } due ? Ms(due) : null,
            };
            Clock(promise, undone, [], p => House.Scaled((int)(House.AnswerMs / 1000), p) * 1000L, working: false);
        }
    }

    // A survey's event is about the ticket that it names; one that names none, about every ticket that another event of the survey names.
    private void FollowUp(Subject ticket, Event created, string? department, long? over)
    {
        var about = new List<Event>();
        foreach (var (who, survey) in set.All)
        {
            if (who.Kind != SubjectKind.Survey) continue;
            foreach (var e in survey)
                if (TargetOf(e) == $"{ticket}" || (TargetOf(e) is null && survey.Exists(other => TargetOf(other) == $"{ticket}"))) about.Add(e);
        }
        if (about.Where(e => e.Data is SurveySent && e.At >= created.At).MinBy(e => e.At)?.At is not { } sent) return;
        var answered = about.Where(e => e.Data is SurveyResponded && e.At >= sent).Select(e => (long?)e.At).Min();
        Clock(new(ticket, "follow_up", department, sent, answered, over), null, [], p => House.Scaled((int)(House.FollowUpMs / 1000), p) * 1000L, working: false);
    }

    private static string? TargetOf(Event e) => e.Data switch { SurveySent s => s.Target, SurveyResponded r => r.Target, _ => null };

    private static long Ms(string time) => DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
