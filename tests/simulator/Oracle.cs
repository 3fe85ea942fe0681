using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Simulator;

/// <summary>
/// What the numbers and the alarms should be, from the set of events alone. Written to be obvious and slow, and to share nothing with the
/// product's rules: a clock is not a due time that pauses move, but a budget that burns while nothing pauses it and the minute works.
/// </summary>
public sealed partial class Oracle(Scene scene, Stories set, long now, Oracle.Answer answer)
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

        /// <summary>By which version of the policy each open breach is judged.</summary>
        public SortedDictionary<string, int> Versions { get; } = new(StringComparer.Ordinal);

        /// <summary>A clock stood still because the desk was closed.</summary>
        public bool Closed { get; set; }

        public void Alarm(string alarm, int version)
        {
            Alarms.Add(alarm);
            Versions[alarm] = version;
        }
    }

    private readonly Terms _terms = new(scene, set.Edits, now);
    private readonly Answer _answer = answer;

    public static Answer Of(Scene scene, Stories set, long now, bool alarmsOnly = false)
    {
        var oracle = new Oracle(scene, set, now, new(alarmsOnly));
        foreach (var (who, events) in set.All)
            switch (who.Kind)
            {
                case SubjectKind.Ticket: oracle.Ticket(who, events.FindAll(e => e.Data is not AlertDeed)); break;
                case SubjectKind.Callback: oracle.Callback(who, events.FindAll(e => e.Data is not AlertDeed)); break;
                case SubjectKind.Contact when !alarmsOnly: oracle.Contact(events); break;
                case SubjectKind.Agent when !alarmsOnly: oracle.Agent(events); break;
            }
        if (!alarmsOnly) oracle.FirstContacts();
        return oracle._answer;
    }

    private void Ticket(Subject who, List<Event> events)
    {
        if (events.Find(e => e.Type == "ticket.created") is not { } created) return;
        var end = events.Find(e => e.Type is "ticket.withdrawn" or "ticket.voided")?.At;
        if (end is not null) events = [.. events.TakeWhile(e => e.Type is not ("ticket.withdrawn" or "ticket.voided"))];
        if (!events.Contains(created)) return; // ended before it began: not generated

        var department = events.FindLast(e => e.Data is TicketDispatched { Role: DispatchRole.Lead })?.Data is TicketDispatched lead ? lead.DepartmentId : created.DepartmentId;
        _answer.Count("created", department);
        List<(long From, long To)> solved = [];
        List<long> shut = []; // of each solved stretch, until when a due time in it was still a breach
        long? solvedAt = null, closedAt = null;
        foreach (var e in events)
        {
            if (e.Type is "ticket.resolved" or "ticket.closed" && solvedAt is null) { solvedAt = e.At; _answer.Count("resolved", department); }
            if (e.Type == "ticket.closed" && closedAt is null) { closedAt = e.At; _answer.Count("closed", department); }
            if (e.Type == "ticket.reopened" && solvedAt is { } from) { solved.Add((from, e.At)); shut.Add(closedAt ?? e.At); (solvedAt, closedAt) = (null, null); _answer.Count("reopened", department); }
        }
        if (end is null && closedAt is null) _answer.Count("open", department);
        if (end is null && solvedAt is null) _answer.Count("unresolved", department);

        var priority = ((TicketCreated)created.Data!).Priority is { } p ? p - 1 : 2;
        var over = end < closedAt ? end : closedAt ?? end; // whichever ended it first
        var replied = events.Find(e => e.Type == "ticket.replied" && e.At >= created.At)?.At;
        var back = new Undone(solved, shut);
        Clock(new(who, "first_response", department, created.At, replied, over), back, [], p => House.Scaled(House.FirstResponseS[priority], p) * 1000L, working: false);
        var pauses = solved.Concat(Pauses(events, "awaiting_customer")).Concat(Pauses(events, "awaiting_third_party")).ToList();
        Clock(new(who, "resolution", department, created.At, solvedAt, over), null, pauses, p => _terms.WorkingMs(House.ResolutionS[priority], p), working: true);
        if (scene.Dispatches) Dispatches(who, events, created.At, over, back);
        if (scene.Surveys) FollowUp(who, created, department, over);
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

    private void Contact(List<Event> events)
    {
        if (events.Find(e => e.Type == "contact.queued") is not { } queued) return;
        var (queue, department) = (((ContactQueued)queued.Data!).QueueId, queued.DepartmentId);
        _answer.Count("offered", department, queue);
        var left = events.Find(e => e.At > queued.At && e.Type is "contact.answered" or "contact.abandoned" or "contact.disconnected");
        var waited = (left?.At ?? now) - queued.At;
        switch (left?.Type)
        {
            case "contact.answered":
                _answer.Count("answered", department, queue);
                _answer.Count("wait ms", department, queue, waited);
                if (waited <= House.ThresholdS * 1000) _answer.Count("answered within", department, queue);
                break;
            case not null:
                _answer.Count("abandoned", department, queue);
                break;
            default:
                if (now >= LastAt(events) + House.MaxSilenceMs) { _answer.Count("lost", department, queue); break; }
                _answer.Count("waiting", department, queue);
                if (waited > House.ThresholdS * 1000) _answer.Count("waiting past", department, queue);
                break;
        }
    }

    private void Callback(Subject who, List<Event> events)
    {
        if (events.Find(e => e.Type == "callback.promised") is not { } promised) return;
        var department = promised.DepartmentId;
        var due = DateTimeOffset.Parse(((CallbackPromised)promised.Data!).DueAt!, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        var tried = events.Find(e => e.Type == "callback.attempted")?.At;
        var reached = events.Find(e => e.Data is CallbackAttempted { Outcome: AttemptOutcome.Reached })?.At;
        var cancelled = events.Find(e => e.Type == "callback.cancelled")?.At;
        var over = reached is not null || cancelled is not null;
        if (now < due) { if (!over) _answer.Count("callback pending", department); return; }
        if (!over) _answer.Count("callback overdue", department);
        if (cancelled < due) return;
        _answer.Count("callback due", department);
        if (reached <= due) _answer.Count("callback kept", department);
        if (tried is null || tried > due) _answer.Count("callback missed", department);
        if (!over) _answer.Alarm($"{who} callback {due}", 1);
    }
}
