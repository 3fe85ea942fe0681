using OpsMonitor.Grains.Events;

namespace OpsMonitor.Simulator;

/// <summary>
/// What the numbers and the alarms should be, from the set of events alone. Written to be obvious and slow, and to share nothing with the
/// product's rules: a clock is not a due time that pauses move, but a budget that burns while nothing pauses it.
/// </summary>
public static class Oracle
{
    /// <summary>Numbers by name, "scope name" each; and the breaches that are open, as "subject clock due".</summary>
    public sealed class Answer(bool alarmsOnly)
    {
        public SortedDictionary<string, long> Numbers { get; } = new(StringComparer.Ordinal);

        public SortedSet<string> Alarms { get; } = new(StringComparer.Ordinal);

        public void Count(string name, string? department, string? queue = null, long n = 1)
        {
            if (alarmsOnly) return;
            Bump("all " + name, n);
            if (department is not null) Bump($"department/{department} {name}", n);
            if (queue is not null) Bump($"queue/{queue} {name}", n);
        }

        private void Bump(string key, long n)
        {
            var sum = Numbers.GetValueOrDefault(key) + n;
            if (sum == 0) Numbers.Remove(key); else Numbers[key] = sum;
        }
    }

    public static Answer Of(IEnumerable<Event> set, long now, bool alarmsOnly = false)
    {
        var answer = new Answer(alarmsOnly);
        foreach (var story in set.GroupBy(e => e.Subject).OrderBy(g => g.Key))
        {
            var events = story.OrderBy(e => e.At).ThenBy(e => e.Source, StringComparer.Ordinal).ThenBy(e => e.Id, StringComparer.Ordinal).ToList();
            switch (story.Key.Kind)
            {
                case SubjectKind.Ticket: Ticket(story.Key, events, now, answer); break;
                case SubjectKind.Contact: Contact(events, now, answer); break;
                case SubjectKind.Callback: Callback(story.Key, events, now, answer); break;
            }
        }
        return answer;
    }

    private static void Ticket(Subject who, List<Event> events, long now, Answer answer)
    {
        if (events.Find(e => e.Type == "ticket.created") is not { } created) return;
        var department = created.DepartmentId;
        var end = events.Find(e => e.Type is "ticket.withdrawn" or "ticket.voided")?.At;
        if (end is not null) events = [.. events.TakeWhile(e => e.Type is not ("ticket.withdrawn" or "ticket.voided"))];
        if (!events.Contains(created)) return; // ended before it began: not generated

        answer.Count("created", department);
        List<(long From, long To)> solved = [];
        List<long> shut = []; // of each solved stretch, until when a due time in it was still a breach
        long? solvedAt = null, closedAt = null;
        foreach (var e in events)
        {
            if (e.Type is "ticket.resolved" or "ticket.closed" && solvedAt is null) { solvedAt = e.At; answer.Count("resolved", department); }
            if (e.Type == "ticket.closed" && closedAt is null) { closedAt = e.At; answer.Count("closed", department); }
            if (e.Type == "ticket.reopened" && solvedAt is { } from) { solved.Add((from, e.At)); shut.Add(closedAt ?? e.At); (solvedAt, closedAt) = (null, null); answer.Count("reopened", department); }
        }
        if (end is null && closedAt is null) answer.Count("open", department);
        if (end is null && solvedAt is null) answer.Count("unresolved", department);

        var priority = ((TicketCreated)created.Data!).Priority is { } p ? p - 1 : 2;
        var over = end < closedAt ? end : closedAt ?? end; // whichever ended it first
        var replied = events.Find(e => e.Type == "ticket.replied" && e.At >= created.At)?.At;
        // What a reply had left when the ticket was solved, it has again when the ticket comes back; not where it was due by then.
        List<(long From, long To)> back = [];
        for (var i = 0; i < solved.Count; i++)
        {
            if (replied <= solved[i].To && !(shut[i] < replied)) break;
            var dueSoFar = created.At + Rules.FirstResponseMs[priority] + back.Sum(p => Math.Max(0, p.To - Math.Max(p.From, created.At)));
            if (dueSoFar > shut[i] && dueSoFar > solved[i].From && solved[i].To > created.At) back.Add(solved[i]);
        }
        Clock(who, "first_response", department, created.At, Rules.FirstResponseMs[priority], back, replied, over, now, answer);
        var pauses = solved.Concat(Pauses(events, "awaiting_customer")).Concat(Pauses(events, "awaiting_third_party")).ToList();
        Clock(who, "resolution", department, created.At, Rules.ResolutionMs[priority], pauses, solvedAt, over, now, answer);
    }

    private static IEnumerable<(long From, long To)> Pauses(List<Event> events, string reason)
    {
        long? since = null;
        foreach (var e in events)
        {
            if (e.Data is TicketClockPaused paused && Name(paused.Reason) == reason) since ??= e.At;
            if (e.Data is TicketClockResumed resumed && Name(resumed.Reason) == reason && since is { } from)
            {
                yield return (from, e.At);
                since = null;
            }
        }
        if (since is { } open) yield return (open, long.MaxValue);
    }

    private static string Name(PauseReason reason) => reason == PauseReason.AwaitingCustomer ? "awaiting_customer" : "awaiting_third_party";

    /// <param name="stopped">when it was kept; null = not yet</param>
    /// <param name="over">when nobody was to be chased any more; null = not yet</param>
    private static void Clock(
        Subject who, string clock, string? department, long start, long budget, List<(long From, long To)> pauses, long? stopped, long? over, long now, Answer answer)
    {
        if (stopped > over) stopped = null;
        var horizon = stopped ?? over;
        // Of a clock that goes on, only what has begun is known; it goes on for ever, or until it is resumed.
        var known = pauses.Where(p => p.From < p.To && (horizon is { } h ? p.From < h : p.From <= now))
            .Select(p => horizon is { } h ? (p.From, To: Math.Min(p.To, h)) : p.To > now ? (p.From, To: long.MaxValue) : p).ToList();
        long? due = start;
        for (var left = budget; left > 0;)
        {
            var at = due.Value;
            var inside = known.Where(p => p.From <= at && at < p.To).ToList();
            if (inside.Count > 0) // paused here: go to its end
            {
                due = inside.Max(p => p.To);
                if (due == long.MaxValue) { due = null; break; }
                continue;
            }
            var next = known.Where(p => p.From > at).Select(p => p.From).DefaultIfEmpty(long.MaxValue).Min();
            var burnt = Math.Min(left, next - at);
            (due, left) = (at + burnt, left - burnt);
        }
        if (due is not { } deadline) return; // paused now
        if (stopped is null && over <= deadline) return; // cancelled in time
        if (deadline > now) return;
        answer.Count(clock + " due", department);
        if (stopped <= deadline) { answer.Count(clock + " met", department); return; }
        if (stopped is not null || over is not null) return;
        answer.Count(clock + " breached open", department);
        answer.Alarms.Add($"{who} {clock} {deadline}");
    }

    private static void Contact(List<Event> events, long now, Answer answer)
    {
        if (events.Find(e => e.Type == "contact.queued") is not { } queued) return;
        var (queue, department) = (((ContactQueued)queued.Data!).QueueId, queued.DepartmentId);
        answer.Count("offered", department, queue);
        var left = events.Find(e => e.At > queued.At && e.Type is "contact.answered" or "contact.abandoned" or "contact.disconnected");
        var waited = (left?.At ?? now) - queued.At;
        switch (left?.Type)
        {
            case "contact.answered":
                answer.Count("answered", department, queue);
                answer.Count("wait ms", department, queue, waited);
                if (waited <= Rules.ThresholdS * 1000) answer.Count("answered within", department, queue);
                break;
            case not null:
                answer.Count("abandoned", department, queue);
                break;
            default:
                if (now >= events[^1].At + Rules.MaxSilenceMs) { answer.Count("lost", department, queue); break; }
                answer.Count("waiting", department, queue);
                if (waited > Rules.ThresholdS * 1000) answer.Count("waiting past", department, queue);
                break;
        }
    }

    private static void Callback(Subject who, List<Event> events, long now, Answer answer)
    {
        if (events.Find(e => e.Type == "callback.promised") is not { } promised) return;
        var department = promised.DepartmentId;
        var due = DateTimeOffset.Parse(((CallbackPromised)promised.Data!).DueAt!, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        var tried = events.Find(e => e.Type == "callback.attempted")?.At;
        var reached = events.Find(e => e.Data is CallbackAttempted { Outcome: AttemptOutcome.Reached })?.At;
        var cancelled = events.Find(e => e.Type == "callback.cancelled")?.At;
        var over = reached is not null || cancelled is not null;
        if (now < due) { if (!over) answer.Count("callback pending", department); return; }
        if (!over) answer.Count("callback overdue", department);
        if (cancelled < due) return;
        answer.Count("callback due", department);
        if (reached <= due) answer.Count("callback kept", department);
        if (tried is null || tried > due) answer.Count("callback missed", department);
        if (!over) answer.Alarms.Add($"{who} callback {due}");
    }
}
