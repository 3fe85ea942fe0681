using System.Globalization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;

namespace OpsMonitor.Bench;

/// <summary>
/// What an event costs after ten thousand, a hundred thousand, ... of them, and what is in memory then: the same days one after the other, contacts,
/// tickets and agents' states, live; who is over leaves memory ten minutes later. Reading and hashing are done before.
/// </summary>
internal static class Flat
{
    private const int PerDay = 100_000, EventsPerTurn = 500, LeaveAfterMs = 600_000;
    private static readonly int[] Marks = [10_000, 100_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000];
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    public static void Run(int most)
    {
        Console.WriteLine("| events so far | ns an event | grown | MB | in memory: subjects | alerts | identities | sums of minutes | customers' files | on the shelf, MB | agents' hours |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        Warm();
        using var shelf = new ScratchShelf(Path.Combine(Path.GetTempPath(), $"opsmonitor-flat-{Environment.ProcessId}"), Console.Error.WriteLine);
        var shard = new Shard(PolicySet.Default, new(LeaveAfterMs: LeaveAfterMs) { Shelf = shelf });
        var empty = GC.GetTotalMemory(forceFullCollection: true);
        var (told, mark, spent, counted, first) = (0L, 0, 0.0, 0L, 0.0);
        foreach (var events in Days.Told(Start, (most / PerDay * 11 / 10) + 2, PerDay, states: true).Chunk(EventsPerTurn))
        {
            var hashes = EventHash.Of(events);
            var from = Micro.OnProcessor();
            shard.Step(new(events[^1].At, events, Replayed: true) { Hashes = hashes });
            shard.Leave(shard.Leavers(EventsPerTurn));
            shard.LeaveAlerts(shard.AlertLeavers(EventsPerTurn));
            if (told >= Marks[mark] * 8L / 10) (spent, counted) = (spent + Micro.OnProcessor() - from, counted + events.Length);
            told += events.Length;
            if (told < Marks[mark]) continue;
            var ns = spent * 1e6 / counted;
            if (first == 0) first = ns;
            Print(shard, shelf, told, ns, ns / first, GC.GetTotalMemory(forceFullCollection: true) - empty);
            (mark, spent, counted) = (mark + 1, 0, 0);
            if (mark == Marks.Length || Marks[mark] > most) return;
        }
    }

    private static void Print(Shard shard, ScratchShelf shelf, long told, double ns, double grown, long bytes)
    {
        var sums = shard.Books.All.Sum(b => b.Value.Contents(Window.Always).LongCount());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {told:N0} | {ns:N0} | {grown:F2} | {bytes / 1e6:N0} | {shard.HeldCount:N0} | {shard.Alerts.All.Count:N0} | {shard.IdentityCount:N0} | {sums:N0} | {shard.OpenFileCount:N0} | {shelf.FileBytes / 1e6:N0} | {shard.AgentCounts.Hours:N0}, {shard.AgentCounts.Days:N0} days |"));
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
}
