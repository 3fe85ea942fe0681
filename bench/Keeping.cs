using System.Diagnostics;
using System.Globalization;
using System.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;

namespace OpsMonitor.Bench;

/// <summary>
/// What memory holds when most tickets are over: the same stream with and without leaving, ten times the history with the same open tickets, what
/// late news of those who left costs, and how soon a start from a snapshot is ready. Back-fill, so that event time alone decides who is quiet.
/// </summary>
internal static class Keeping
{
    private const int EventsEach = 9, Batch = 500;
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Life =
    [
        """created","data":{"kind":"complaint","channel":"phone","priority":2}""", """classified","data":{"category":"billing/fee","priority":2}""", """acknowledged","data":{"method":"mail"}""",
        """replied","data":{"method":"mail"}""", """progress_replied","data":{"method":"mail"}""", """progress_replied","data":{"method":"phone"}""", """progress_replied","data":{"method":"mail"}""",
        """resolved","data":{"resolution_code":"refunded"}""", """closed","data":{"closure_code":"done"}""",
    ];

    public static async Task RunAsync(string root, int closed, int open)
    {
        Console.WriteLine("| | closed | open | MB | of it ids (dedupe) | events/s |");
        Console.WriteLine("|---|---|---|---|---|---|");
        await using (var warm = Open(Directory.CreateDirectory(Path.Combine(root, "warm")).FullName, leaving: true)) await Tell(warm, Stories(0, 2_000, EventsEach));
        var empty = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var (closedNow, leaving) in new[] { (closed / 10, true), (closed, true), (closed / 10, false), (closed, false) })
            await OneAsync(Directory.CreateDirectory(Path.Combine(root, $"{closedNow}-{leaving}")).FullName, closedNow, open, leaving, empty);
    }

    private static async Task OneAsync(string folder, int closed, int open, bool leaving, long empty)
    {
        await using var host = Open(folder, leaving);
        var watch = Stopwatch.StartNew();
        await Tell(host, Stories(0, closed, EventsEach));
        var rate = closed * (long)EventsEach / watch.Elapsed.TotalSeconds;
        await Tell(host, Stories(closed, open, 3));
        for (var i = 0; i < 40; i++) { await host.OfferAsync([], default); await Task.Delay(100); } // nobody leaves without a turn
        _ = host.History(new(SubjectKind.Ticket, "T-0")); // the index has caught up
        await Task.Delay(2_000);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - empty;
        var ids = IdBytes((closed * EventsEach) + (open * 3));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {(leaving ? "leaving" : "all stay")} | {closed:N0} ({host.Read(s => s.LeftCount):N0} left) | {open:N0} | {bytes / 1e6:F1} | {ids / 1e6:F1} | {rate:N0} |"));
        await Late(host, closed, leaving);
    }

    /// <summary>Goal 10: ready from a snapshot at two sizes, and replay against reading and parsing alone.</summary>
    public static async Task StartsAsync(string root)
    {
        foreach (var open in new[] { 20_000, 200_000 }) await StartAsync(root, open);
        var (replay, snapshot, tickets) = await Micro.RestartAsync(Directory.CreateDirectory(Path.Combine(root, "replay")).FullName, 20_000);
        Console.WriteLine($"replay / read and parse {replay:F2}; {tickets:N0} tickets ready from a snapshot after {snapshot:F2} s");
    }

    private static async Task StartAsync(string root, int open)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, $"start-{open}")).FullName;
        await using (var host = Open(folder, leaving: true)) await Tell(host, Stories(0, open, 3));
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            var (watch, cpu) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            await using var host = Open(folder, leaving: true);
            Console.WriteLine($"{open:N0} open tickets: ready after {watch.Elapsed.TotalSeconds:F2} s, {(Environment.CpuUsage.TotalTime - cpu).TotalSeconds:F2} s of processor, {host.Read(s => s.Rows().Count()):N0} rows");
        }
    }

    private static async Task Late(LocalHost host, int closed, bool leaving)
    {
        foreach (var size in new[] { 1, 100 })
        {
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < 500; i += size)
                await host.OfferAsync([.. Enumerable.Range(i, size).Select(n => Event(n * (closed / 500 - 1) + size, 9, "ticket.progress_replied\",\"data\":{\"method\":\"mail\"}", Start.AddDays(1)))], default);
            Console.WriteLine($"{(leaving ? "leaving" : "all stay")}: 500 late events of 500 closed tickets, {size} at once: {watch.Elapsed.TotalMilliseconds / 500:F2} ms each");
        }
    }

    private static LocalHost Open(string folder, bool leaving) => LocalHost.Open(
        new(folder, PolicySet.Default, BackfillUntil: Start.AddDays(60).ToUnixTimeMilliseconds()) { LeaveAfterMs = leaving ? 600_000 : null }, TimeProvider.System, static _ => { });

    private static async Task Tell(LocalHost host, IEnumerable<Event> events)
    {
        foreach (var some in events.Chunk(Batch)) await host.OfferAsync(some, default);
    }

    // Two hundred tickets are under way at a time, so that a batch speaks of many.
    private static IEnumerable<Event> Stories(int first, int count, int events)
    {
        const int Together = 200;
        for (var from = 0; from < count; from += Together)
            for (var step = 0; step < events; step++)
                for (var i = from; i < Math.Min(count, from + Together); i++)
                    yield return Event(first + i, step, "ticket." + Life[step], Start.AddMinutes((first + from) / 10.0 + step));
    }

    private static Event Event(int ticket, int step, string type, DateTimeOffset at) => EventReader.Read(Encoding.UTF8.GetBytes(
        $$"""{"specversion":"1.0","id":"e-{{ticket}}-{{step}}-{{at.Minute}}","source":"/crm","time":"{{at:yyyy-MM-dd'T'HH:mm:ss'Z'}}","subject":"ticket/T-{{ticket}}","departmentid":"d-{{ticket % 20}}","type":"{{type}}}""")).Event
        ?? throw new InvalidOperationException(type);

    private static long IdBytes(int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var seen = new Dictionary<UInt128, ulong>();
        for (var i = 0; i < count; i++) seen.Add(new((ulong)i * 0x9E3779B97F4A7C15, (ulong)i), 1);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(seen);
        return bytes;
    }
}
