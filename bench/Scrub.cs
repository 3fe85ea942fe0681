using System.Diagnostics;
using System.Globalization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;

namespace OpsMonitor.Bench;

/// <summary>
/// Scrubbing through the past: any minute of thirty days, as it is known now. Contacts of six events and minutes, tickets of nine events and two days,
/// customers who come back. What a look costs, and how that grows with the events a day and with how far back it goes.
/// </summary>
internal static class Scrub
{
    private const int Span = 30, Looks = 12, Batch = 500;
    private const long Day = 86_400_000, Minute = 60_000, Aim = 200;
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    public static async Task RunAsync(string root, int perDay)
    {
        Console.WriteLine("| events a day | events | told in s | days back | open then | ms p50 | ms max | of processor p50 | turns wait ms p50 | max |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var size in new[] { perDay / 4, perDay }) await OneAsync(Directory.CreateDirectory(Path.Combine(root, $"scrub-{size}")).FullName, size);
    }

    private static async Task OneAsync(string folder, int perDay)
    {
        var end = Start.AddDays(Span).ToUnixTimeMilliseconds();
        await using var host = LocalHost.Open(new(folder, PolicySet.Default, BackfillUntil: end) { LeaveAfterMs = 600_000 }, TimeProvider.System, static _ => { });
        var watch = Stopwatch.StartNew();
        foreach (var some in Days.Told(Start, Span, perDay).Chunk(Batch)) await host.OfferAsync(some, default);
        for (var i = 0; i < 40; i++) { await host.OfferAsync([], default); await Task.Delay(50); }
        var (told, events) = (watch.Elapsed.TotalSeconds, host.Read(s => s.EventCount));
        var random = new Random(1);
        foreach (var back in new[] { 0, 1, 7, 29 })
        {
            List<double> all = [], cpu = [], waits = [];
            var open = 0L;
            for (var i = 0; i < Looks; i++)
            {
                var at = end - (back * Day) - random.NextInt64(Day / 2) - 1;
                var to = at - (at % Minute) + Minute;
                using var stop = new CancellationTokenSource();
                var waiter = Task.Run(() =>
                {
                    var worst = 0.0;
                    while (!stop.IsCancellationRequested)
                    {
                        var from = Stopwatch.GetTimestamp();
                        host.Read(static s => s.Now);
                        worst = Math.Max(worst, Stopwatch.GetElapsedTime(from).TotalMilliseconds);
                        Thread.Sleep(1);
                    }
                    return worst;
                });
                var (began, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
                var table = host.Known("all", new(to - (to % Day), to), at, live: true);
                all.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                cpu.Add((Environment.CpuUsage.TotalTime - used).TotalMilliseconds);
                await stop.CancelAsync();
                waits.Add(await waiter);
                open = (long)table["tickets.open"]!;
            }
            foreach (var list in new[] { all, cpu, waits }) list.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {perDay:N0} | {events:N0} | {told:F0} | {back} | {open:N0} | {all[all.Count / 2]:F0}{(all[all.Count / 2] > Aim ? " (aim 200)" : "")} | {all[^1]:F0} | {cpu[cpu.Count / 2]:F0} | {waits[waits.Count / 2]:F0} | {waits[^1]:F0} |"));
        }
    }
}
