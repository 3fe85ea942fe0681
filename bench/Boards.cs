using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OpsMonitor.Bench;

/// <summary>What the walls see: gaps, memory, fan-out against a plain WebSocket, from ack to board, and the return of all after a restart.</summary>
internal sealed record Boards(double CpuRatio, double KbEach, double GapP50, double GapP99, double GapMax, double AckToBoardP99, double AckP99, double WholeAgainS, double StartS)
{
    private const int Sleepers = 50;

    public static async Task<Boards> MeasureAsync(string folder, int viewers, TimeSpan window)
    {
        var (port, barPort) = (Child.FreePort(), Child.FreePort());
        double cpuEach, barEach, kb, startS, again;
        List<double> ack = [], board = [];
        using var walls = new Viewers(new($"ws://127.0.0.1:{port}/hub/board"), hub: true);
        var server = await Child.ServeAsync(folder, port);
        try
        {
            using var client = new HttpClient { BaseAddress = server.Root, DefaultRequestHeaders = { { "X-API-Key", server.Key } } };
            await PostAsync(client, "first");
            await Task.Delay(1_500);
            var before = server.Memory;
            await walls.AddAsync(viewers, reads: true);
            await walls.AddAsync(Sleepers, reads: false);
            await Until(() => walls.Whole == viewers);
            await Task.Delay(1_000);
            kb = (server.Memory - before) / 1024.0 / (viewers + Sleepers);
            (walls.Measuring, walls.Frames) = (true, 0);
            var cpu = server.CpuMs;
            for (var watch = Stopwatch.StartNew(); watch.Elapsed < window; await Task.Delay(Random.Shared.Next(240, 320)))
            {
                var sent = Stopwatch.GetTimestamp();
                await PostAsync(client, $"b-{board.Count}");
                var acked = Stopwatch.GetTimestamp();
                ack.Add(Stopwatch.GetElapsedTime(sent, acked).TotalMilliseconds);
                await Until(() => Volatile.Read(ref walls.LastChange) > acked);
                board.Add(Stopwatch.GetElapsedTime(acked, Volatile.Read(ref walls.LastChange)).TotalMilliseconds);
            }
            walls.Measuring = false;
            cpuEach = (server.CpuMs - cpu) / walls.Frames;
            server.Dispose(); // killed: all walls are cut off at once
            await Until(() => walls.Whole == 0);
            var down = Stopwatch.StartNew();
            server = await Child.ServeAsync(folder, port);
            startS = down.Elapsed.TotalSeconds;
            await Until(() => walls.Whole == viewers);
            again = down.Elapsed.TotalSeconds - startS;
        }
        finally { server.Dispose(); }
        walls.Dispose();
        using (var bar = await Child.BarAsync(barPort))
        using (var plain = new Viewers(new($"ws://127.0.0.1:{barPort}/"), hub: false))
        {
            await plain.AddAsync(viewers, reads: true);
            await Until(() => plain.Whole == viewers);
            var (cpu, frames) = (bar.CpuMs, plain.Frames);
            await Task.Delay(window / 2);
            barEach = (bar.CpuMs - cpu) / (plain.Frames - frames);
        }
        var gaps = walls.Gaps.Order().ToList();
        return new(cpuEach / barEach, kb, At(gaps, 0.5), At(gaps, 0.99), gaps[^1], At([.. board.Order()], 0.99), At([.. ack.Order()], 0.99), again, startS);
    }

    public static double At(List<double> sorted, double part) => sorted.Count == 0 ? double.NaN : sorted[(int)((sorted.Count - 1) * part)];

    private static async Task PostAsync(HttpClient client, string id)
    {
        var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        using var content = new StringContent(
            $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"bench","type":"ticket.created","time":"{{{now}}}","subject":"ticket/{{{id}}}","data":{"kind":"complaint","channel":"phone","department_id":"billing"}}""",
            Encoding.UTF8, "application/cloudevents+json");
        using var answer = await client.PostAsync(new Uri("/api/v1/events", UriKind.Relative), content);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task Until(Func<bool> done)
    {
        for (var watch = Stopwatch.StartNew(); !done(); await Task.Delay(5))
            if (watch.Elapsed > TimeSpan.FromSeconds(60)) throw new TimeoutException("the walls did not get there within a minute");
    }
}
