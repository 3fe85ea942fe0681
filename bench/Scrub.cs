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
    private const int Days = 30, Looks = 12, Batch = 500;
    private const long Day = 86_400_000, Minute = 60_000, Aim = 200;
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static int _ids;

    public static async Task RunAsync(string root, int perDay)
    {
        Console.WriteLine("| events a day | events | told in s | days back | open then | ms p50 | ms max | of processor p50 | turns wait ms p50 | max |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var size in new[] { perDay / 4, perDay }) await OneAsync(Directory.CreateDirectory(Path.Combine(root, $"scrub-{size}")).FullName, size);
    }

    private static async Task OneAsync(string folder, int perDay)
    {
        var end = Start.AddDays(Days).ToUnixTimeMilliseconds();
        await using var host = LocalHost.Open(new(folder, PolicySet.Default, BackfillUntil: end) { LeaveAfterMs = 600_000 }, TimeProvider.System, static _ => { });
        var watch = Stopwatch.StartNew();
        foreach (var some in Told(perDay).Chunk(Batch)) await host.OfferAsync(some, default);
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

    // Half of a day's events are contacts', half tickets'; in the order of their times, so that a turn speaks of many.
    private static IEnumerable<Event> Told(int perDay)
    {
        var (contacts, tickets, carried) = (perDay / 12, perDay / 18, new PriorityQueue<(string Subject, string Type, long At), long>());
        for (var day = 0; day < Days; day++)
        {
            var from = Start.ToUnixTimeMilliseconds() + (day * Day);
            for (var i = 0; i < contacts; i++) Contact(carried, day, i, from + (i * Day / contacts), contacts);
            for (var i = 0; i < tickets; i++) Ticket(carried, day, i, from + (i * Day / tickets));
            while (carried.TryPeek(out var next, out var at) && at < from + Day)
            {
                carried.Dequeue();
                yield return Event(next.Subject, next.Type, at);
            }
        }
    }

    private static void Contact(PriorityQueue<(string, string, long), long> told, int day, int i, long at, int contacts)
    {
        var who = $"contact/c-{day}-{i}";
        void Say(long after, string type) => told.Enqueue((who, type, at + after), at + after);
        Say(0, $$"""contact.initiated","data":{"channel":"phone","direction":"inbound","customer_ref":"k-{{i * 7919L % (contacts * 5L)}}"}""");
        Say(2_000, $$"""contact.queued","data":{"queue_id":"q{{i % 8}}"}""");
        Say(9_000 + (i % 30 * 1_000), $$"""contact.answered","data":{"agent_id":"a{{i % 40}}"}""");
        Say(260_000, """contact.disconnected","data":{"by":"customer"}""");
        Say(280_000, $$"""contact.wrapup_completed","data":{"agent_id":"a{{i % 40}}","acw_s":20}""");
    }

    private static void Ticket(PriorityQueue<(string, string, long), long> told, int day, int i, long at)
    {
        string[] life =
        [
            """created","data":{"kind":"complaint","channel":"phone","priority":3}""", """acknowledged","data":{"method":"mail"}""", """classified","data":{"category":"x","priority":3}""",
            """replied","data":{"method":"mail"}""", """progress_replied","data":{"method":"mail"}""", """progress_replied","data":{"method":"mail"}""", """progress_replied","data":{"method":"mail"}""",
            """resolved","data":{"resolution_code":"ok"}""", """closed","data":{"closure_code":"done"}""",
        ];
        for (var step = 0; step < life.Length; step++)
        {
            var then = at + (step * (2 * Day / life.Length)) + (i % 97 * 1_000);
            told.Enqueue(($"ticket/t-{day}-{i}", "ticket." + life[step], then), then);
        }
    }

    private static Event Event(string subject, string type, long at) => EventReader.Read(System.Text.Encoding.UTF8.GetBytes(
        $$"""{"specversion":"1.0","id":"{{++_ids}}","source":"/s","time":"{{DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}}","subject":"{{subject}}","departmentid":"d-{{subject.Length % 7}}","type":"{{type}}}""")).Event
        ?? throw new InvalidOperationException(type);
}
