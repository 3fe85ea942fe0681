using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Simulator;

/// <summary>The promises of the simulated house: short, so that half an hour of virtual time holds many deadlines.</summary>
public static class Rules
{
    public const int ThresholdS = 20;

    public const long MaxSilenceMs = 240_000;

    /// <summary>By priority, 1 first.</summary>
    public static readonly long[] FirstResponseMs = [20_000, 60_000, 180_000, 360_000], ResolutionMs = [60_000, 180_000, 360_000, 600_000];

    public static readonly PolicySet Policies = new(
        new("simulated", 1, BusinessCalendar.Always,
        [
            new("first_response", ClockPer.Ticket, ["ticket.replied"], [.. FirstResponseMs.Select(ms => new Limit(ms / 1000, LimitUnit.Second))]),
            new("resolution", ClockPer.Ticket, ["ticket.resolved"], [.. ResolutionMs.Select(ms => new Limit(ms / 1000, LimitUnit.Second))])
            {
                PauseOn = [PauseReason.AwaitingCustomer, PauseReason.AwaitingThirdParty], FromDueAt = true,
            },
        ], new()),
        new SortedDictionary<string, QueuePolicy>(StringComparer.Ordinal) { ["q1"] = Queue("q1"), ["q2"] = Queue("q2") },
        new SortedDictionary<string, BusinessCalendar>(StringComparer.Ordinal),
        FcrWindowMs: 300_000);

    private static QueuePolicy Queue(string id) => new(id, null, [ThresholdS], 5, MaxSilenceMs);
}
