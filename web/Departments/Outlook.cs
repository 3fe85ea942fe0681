using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Forecasts;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Departments;

/// <summary>How a queue will go if the last hour goes on.</summary>
internal sealed record QueueOutlook(string Queue, long Arrivals, long HandleMs, int Agents, int ThresholdS, int TargetPercent, ErlangC Model);

/// <summary>A department's open tickets at its present pace. (docs: rules, Forecast)</summary>
/// <param name="Done">resolved in the last <see cref="WindowMs"/></param>
/// <param name="Tickets">running resolution clocks and those past due, by due time</param>
internal sealed record Outlook(string Department, long At, long Open, long BreachedOpen, long Done, IReadOnlyList<Foreseen> Tickets, IReadOnlyList<QueueOutlook> Queues)
{
    /// <summary>The promise that it looks at.</summary>
    public const string Clock = "resolution";

    /// <summary>How far back the present pace is taken from, in ms.</summary>
    public const long WindowMs = 86_400_000;

    private const long Hour = 3_600_000;
    private const int MostTickets = 20_000;

    public IEnumerable<Foreseen> Late => Tickets.Where(t => t.DueAt > At && t.Breaches);

    public static Outlook Of(Tally tally, string department, long now)
    {
        var ledger = tally.Books.Find("department/" + department) ?? new Ledger();
        var (breached, running) = (ledger.Members(new(Measure.ClockBreachedOpen, Clock)), ledger.Members(new(Measure.ClockRunning, Clock)));
        var open = breached.Concat(running).Take(MostTickets).Select(m => new OpenWork(m.Who.Id, m.At)).ToList();
        var done = ledger.Over(new(now - WindowMs, now))[Measure.Resolved];
        return new(department, now, ledger.Members(new(Measure.TicketOpen)).Count, breached.Count, done, DrainForecast.Of(open, done, WindowMs, now), Waits(tally, department, now));
    }

    private static List<QueueOutlook> Waits(Tally tally, string department, long now)
    {
        var all = new List<QueueOutlook>();
        foreach (var (scope, ledger) in tally.Books.All)
        {
            if (!scope.StartsWith("queue/", StringComparison.Ordinal)) continue;
            var queue = tally.Policies.Queue(scope["queue/".Length..]);
            if (queue.DepartmentId != department || queue.ThresholdsS.Count == 0) continue;
            var sums = ledger.Over(new(now - Hour, now));
            var (arrivals, handled) = (sums[Measure.Offered], sums[Measure.Handled]);
            var agents = ((string[])["available", "busy", "wrapup"]).Sum(state => ledger.Members(new(Measure.AgentIn, state)).Count);
            var handle = handled == 0 ? 0 : sums[Measure.HandleMs] / handled;
            var percent = tally.Policies.Rules.Of(RuleId.ServiceLevel, department)[RuleNumber.Percent];
            all.Add(new(queue.Id, arrivals, handle, agents, queue.ThresholdsS[0], percent, new(arrivals, Hour, handle, agents)));
        }
        return all;
    }
}

/// <summary>A hard case: several departments work at once, one leads, one promise is made to the customer; it is done when the slowest branch is.</summary>
/// <param name="Branches">each department, and when the ticket would be done there at its present pace; null where nothing is being done</param>
internal sealed record JointCase(string Ticket, string? Lead, long OpenedAt, long? PromisedAt, IReadOnlyList<(string Department, long? FinishAt)> Branches)
{
    /// <summary>Of the worst branch; null where that is not to be foreseen.</summary>
    public long? FinishAt => Branches.Count == 0 || Branches.Any(b => b.FinishAt is null) ? null : Branches.Max(b => b.FinishAt);

    public static JointCase? Of(Tally tally, Subject ticket, IReadOnlyList<Event> history, long now)
    {
        TicketConsultationOpened? opened = null;
        var at = 0L;
        foreach (var e in history)
            if (e.Data is TicketConsultationOpened d) (opened, at) = (d, e.At);
            else if (e.Data is TicketConsultationConcluded c && c.ConsultationId == opened?.ConsultationId) opened = null;
        if (opened is null) return null;
        var branches = opened.Departments.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(d => (d, Finish(tally, d, now))).ToList();
        return new(ticket.Id, opened.Lead, at, tally.Find(ticket)?.DueAt, branches);
    }

    private static long? Finish(Tally tally, string department, long now)
    {
        if (tally.Books.Find("department/" + department) is not { } ledger) return null;
        var ahead = ledger.Members(new(Measure.ClockBreachedOpen, Outlook.Clock)).Count + 1L; // it goes before all that are not late yet
        var finish = DrainForecast.FinishOf(ahead, ledger.Over(new(now - Outlook.WindowMs, now))[Measure.Resolved], Outlook.WindowMs, now);
        return finish == long.MaxValue ? null : finish;
    }
}
