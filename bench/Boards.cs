using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OpsMonitor.Bench;

/// <summary>What the walls see: gaps, memory, fan-out against a plain WebSocket, from ack to board, and the return of all after a restart.</summary>
/// <param name="CpuRatio">processor time of a frame to one viewer, of the one and of the other; what the events themselves cost is taken off</param>
internal sealed record Boards(
    double CpuRatio, double FrameUs, double BarUs, double FramesEach, double KbEach, double GapP50, double GapP99, double GapMax,
    double AckToBoardP50, double AckToBoardP99, double AckP99, double LoadPerSecond, double WholeAgainS, double StartS)
{
    private const int Sleepers = 50, Rounds = 3, EveryMs = 60;

    private static int _queued;

    public static async Task<Boards> MeasureAsync(string folder, int viewers, TimeSpan window)
    {
        var (port, barPort) = (Child.FreePort(), Child.FreePort());
        using var walls = new Viewers(new($"ws://127.0.0.1:{port}/hub/board"), hub: true);
        using var plain = new Viewers(new($"ws://127.0.0.1:{barPort}/"), hub: false);
        using var bar = await Child.BarAsync(barPort);
        var server = await Child.ServeAsync(folder, port);
        try
        {
            using var client = new HttpClient { BaseAddress = server.Root, DefaultRequestHeaders = { { "X-API-Key", server.Key } } };
            await QueueForAsync(client, window / Rounds); // warm, as long as a round lasts
            var eventsAlone = await Cpu(server, () => QueueForAsync(client, window / Rounds));
            var before = server.Memory;
            await walls.AddAsync(viewers, reads: true);
            await walls.AddAsync(Sleepers, reads: false);
            await Until(() => walls.Whole == viewers);
            await Task.Delay(1_000);
            var kb = (server.Memory - before) / 1024.0 / (viewers + Sleepers);
            await plain.AddAsync(viewers, reads: true);
            var (ours, bars, each) = (new List<double>(), new List<double>(), 0.0);
            for (var round = 0; round < Rounds; round++) // they take turns, so that neighbours disturb both
            {
                (walls.Measuring, walls.Frames) = (true, 0);
                var cpu = await Cpu(server, () => QueueForAsync(client, window / Rounds));
                walls.Measuring = false;
                ours.Add(Math.Max(0, cpu - eventsAlone) / walls.Frames);
                each += walls.Frames / (double)viewers / window.TotalSeconds;
                await bar.Ask("/go");
                plain.Frames = 0;
                var barCpu = await Cpu(bar, () => Task.Delay(window / Rounds));
                bars.Add(barCpu / plain.Frames);
                await bar.Ask("/stop");
            }
            var (ack, board, load) = await HalfLoadAsync(server, client, walls, window);
            var (startS, again) = (0.0, 0.0);
            server.Dispose(); // killed: all walls are cut off at once
            await Until(() => walls.Whole == 0);
            var down = Stopwatch.StartNew();
            server = await Child.ServeAsync(folder, port);
            startS = down.Elapsed.TotalSeconds;
            await Until(() => walls.Whole == viewers);
            again = down.Elapsed.TotalSeconds - startS;
            List<double> gaps = [.. walls.Gaps.Order()], sorted = [.. board.Order()];
            double Median(List<double> of) => of.Order().ElementAt(of.Count / 2);
            return new(Median([.. ours.Zip(bars, (a, b) => a / b)]), Median(ours) * 1000, Median(bars) * 1000, each, kb, At(gaps, 0.5), At(gaps, 0.99), gaps[^1],
                At(sorted, 0.5), At(sorted, 0.99), At([.. ack.Order()], 0.99), load, again, startS);
        }
        finally { server.Dispose(); }
    }

    public static double At(List<double> sorted, double part) => sorted.Count == 0 ? double.NaN : sorted[(int)((sorted.Count - 1) * part)];

    /// <summary>Single events of others at half of what the server takes of them with all walls on; each quarter of a second one that the wall must show.</summary>
    private static async Task<(List<double> Ack, List<double> Board, double PerSecond)> HalfLoadAsync(Child server, HttpClient client, Viewers walls, TimeSpan window)
    {
        const int connections = 8;
        var most = await new Load(server.Root, server.Key!, connections).RunAsync(TimeSpan.FromSeconds(4), 1);
        List<double> ack = [], board = [];
        var busy = new Load(server.Root, server.Key!, connections).RunAsync(window, 1, most / 2);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < window; await Task.Delay(Random.Shared.Next(200, 320)))
        {
            var sent = Stopwatch.GetTimestamp();
            var number = await QueueAsync(client);
            var acked = Stopwatch.GetTimestamp();
            ack.Add(Stopwatch.GetElapsedTime(sent, acked).TotalMilliseconds);
            await Until(() => walls.Waiting.Count >= number);
            board.Add(Math.Max(0, Stopwatch.GetElapsedTime(acked, walls.Waiting.At).TotalMilliseconds)); // the wall may be first
        }
        return (ack, board, await busy);
    }

    private static async Task<double> Cpu(Child process, Func<Task> during)
    {
        var before = process.CpuMs;
        await during();
        return process.CpuMs - before;
    }

    /// <summary>More often than a frame may go out, so that there is one each quarter of a second; the same number of events with walls and without.</summary>
    private static async Task QueueForAsync(HttpClient client, TimeSpan time)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(EveryMs));
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < time; await timer.WaitForNextTickAsync()) await QueueAsync(client);
    }

    /// <summary>One more call waits: the cell of the queues shows another number.</summary>
    private static async Task<int> QueueAsync(HttpClient client)
    {
        var number = ++_queued;
        var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        using var content = new StringContent(
            $$$"""{"specversion":"1.0","id":"w-{{{number}}}","source":"bench","type":"contact.queued","time":"{{{now}}}","subject":"contact/w-{{{number}}}","data":{"queue_id":"q-1"}}""",
            Encoding.UTF8, "application/cloudevents+json");
        using var answer = await client.PostAsync(new Uri("/api/v1/events", UriKind.Relative), content);
        answer.EnsureSuccessStatusCode();
        return number;
    }

    private static async Task Until(Func<bool> done)
    {
        for (var watch = Stopwatch.StartNew(); !done(); await Task.Delay(2))
            if (watch.Elapsed > TimeSpan.FromSeconds(90)) throw new TimeoutException("the walls did not get there within 90 s");
    }
}
