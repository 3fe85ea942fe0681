using System.Globalization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Bench;

/// <summary>
/// What an event costs after ten thousand, a hundred thousand, ... of them, and what is in memory then: the same days one after the other, contacts,
/// tickets and agents' states, live; who is over leaves memory ten minutes later. Reading and hashing are done before.
/// </summary>
internal static class Flat
{
    private const int PerDay = 100_000, EventsPerTurn = 500, LeaveAfterMs = 600_000;
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    public static void Run(int most)
    {
        Console.WriteLine("| events so far | ns an event | grown | in memory: subjects | MB | of it identities seen | B an open subject |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        Warm();
        var shard = new Shard(PolicySet.Default, new(LeaveAfterMs: LeaveAfterMs));
        var empty = GC.GetTotalMemory(forceFullCollection: true);
        var (told, mark, spent, counted, first) = (0L, 10_000L, 0.0, 0L, 0.0);
        foreach (var events in Days.Told(Start, (most / PerDay) + 2, PerDay, states: true).Chunk(EventsPerTurn))
        {
            var hashes = EventHash.Of(events);
            var from = Micro.OnProcessor();
            shard.Step(new(events[^1].At, events, Replayed: true) { Hashes = hashes });
            shard.Leave(shard.Leavers(EventsPerTurn));
            if (told >= mark * 8 / 10) (spent, counted) = (spent + Micro.OnProcessor() - from, counted + events.Length);
            told += events.Length;
            if (told < mark) continue;
            var ns = spent * 1e6 / counted;
            if (first == 0) first = ns;
            var (bytes, open) = (GC.GetTotalMemory(forceFullCollection: true) - empty, shard.HeldCount);
            var seen = told * SeenBytes;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {told:N0} | {ns:N0} | {ns / first:F2} | {open:N0} | {bytes / 1e6:N0} | {seen / 1e6:N0} | {(bytes - seen) / Math.Max(1, open):N0} |"));
            (mark, spent, counted) = (mark * 10, 0, 0);
            if (mark > most) return;
        }
    }

    // The first tens of thousands are told by code that is not yet as quick as it gets.
    private static void Warm()
    {
        var shard = new Shard(PolicySet.Default, new(LeaveAfterMs: LeaveAfterMs));
        foreach (var events in Days.Told(Start, 1, PerDay, states: true).Chunk(EventsPerTurn))
        {
            shard.Step(new(events[^1].At, events, Replayed: true));
            shard.Leave(shard.Leavers(EventsPerTurn));
        }
    }

    // 16 of the identity, 8 of the body, 8 of the table they stand in; a table is twice as large at times.
    private const int SeenBytes = 32;
}
