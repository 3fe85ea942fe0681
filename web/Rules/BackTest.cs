using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Rules;

/// <summary>One time that a rule would have fired.</summary>
/// <param name="Tickets">it was about</param>
/// <param name="ActedAt">when somebody did something about it, Unix ms; null for nobody within a day</param>
internal sealed record Firing(Alert Alert, IReadOnlyList<Subject> Tickets, long? ActedAt);

/// <param name="Retracted">raised and taken back by late data; not among the firings</param>
internal sealed record BackTestResult(Rule Rule, long From, long To, long Events, IReadOnlyList<Firing> Firings, int Retracted);

/// <summary>
/// A rule over the recorded past, before it is saved: the very judging of the live server, minute by minute in virtual time, with this rule alone
/// switched on. So it fires as it would have. (spec: alerts, Back-test)
/// </summary>
internal static class BackTest
{
    /// <summary>More than this are not taken at once.</summary>
    public const int MostEvents = 3_000_000;

    private const long Minute = 60_000, ActedWithinMs = 86_400_000;

    private static readonly SortedSet<string> Deeds = new(StringComparer.Ordinal)
    {
        "ticket.assigned", "ticket.contacted", "ticket.consultation_opened", "ticket.dispatched", "ticket.dispatch_accepted", "ticket.dispatch_answered", "ticket.escalated", "ticket.expedited",
        "ticket.progress_replied", "ticket.replied", "ticket.resolved", "ticket.supervised", "ticket.objection_decided", "callback.attempted",
    };

    /// <param name="recorded">of any order; those before <paramref name="from"/> are the baseline</param>
    /// <exception cref="InvalidDataException">There are more events than are taken at once.</exception>
    public static BackTestResult Run(IEnumerable<Event> recorded, PolicySet policies, RuleSet draft, RuleId rule, long from, long to, CancellationToken stop)
    {
        var events = new List<Event>();
        foreach (var e in recorded)
        {
            if (events.Count == MostEvents) throw new InvalidDataException($"more than {MostEvents} events: ask for fewer days");
            if (e.Data is not (SourceHeartbeat or null)) events.Add(e);
        }
        events.Sort();
        var shard = new Shard(policies with { Rules = draft.Only(rule) }, new());
        for (var i = 0; i < events.Count;)
        {
            stop.ThrowIfCancellationRequested();
            var end = events[i].At - (((events[i].At % Minute) + Minute) % Minute) + Minute;
            while (shard.NextWake < end && shard.NextWake < events[i].At) shard.Step(new(shard.NextWake, []));
            var turn = new List<Event>();
            while (i < events.Count && events[i].At < end) turn.Add(events[i++]);
            shard.Step(new(Math.Min(end - 1, to), turn, Replayed: true));
        }
        while (shard.NextWake <= to) shard.Step(new(shard.NextWake, []));
        var all = shard.Alerts.All.Where(a => a.Due.Rule == Words.Of(rule) && a.Due.RaisedAt >= from && a.Due.RaisedAt <= to).ToList();
        var firings = all.Where(a => a.State != AlertState.Retracted).OrderBy(a => a.Due.RaisedAt).ThenBy(a => a.Key).Select(a => FiringOf(shard, a)).ToList();
        return new(draft.Of(rule, null), from, to, events.Count, firings, all.Count - firings.Count);
    }

    private static Firing FiringOf(Shard shard, Alert alert)
    {
        var due = alert.Due;
        IReadOnlyList<Subject> about = due.Members is { } members ? members.All
            : due.Subject.Kind != SubjectKind.Rule ? [due.Subject] : Subject.Parse(due.Clock) is { Kind: SubjectKind.Ticket or SubjectKind.Contact } named ? [named] : [];
        long? acted = null;
        foreach (var e in about.SelectMany(shard.HistoryOf).Concat(shard.HistoryOf(due.Subject)))
        {
            var took = e.Data is AlertDeed deed && deed.Alert == due.Key.Id;
            if ((took || Deeds.Contains(e.Type)) && e.At > due.RaisedAt && e.At <= due.RaisedAt + ActedWithinMs && !(e.At >= acted)) acted = e.At;
        }
        return new(alert, [.. about.Where(s => s.Kind == SubjectKind.Ticket)], acted);
    }
}
