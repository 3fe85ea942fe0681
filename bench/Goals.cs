using System.Diagnostics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;

namespace OpsMonitor.Bench;

/// <summary>The ten goals of performance in one table: what was reached, and what was to be. Every ratio is of windows that took turns.</summary>
internal static class Goals
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private static readonly List<(string Goal, string Wanted, string Reached, string Verdict)> Rows = [];

    public static async Task RunAsync(string root, int viewers)
    {
        string Folder(string name) => Directory.CreateDirectory(Path.Combine(root, name)).FullName;
        var watch = Stopwatch.StartNew();
        var (perEventUs, wal) = await IngestAsync(Folder);
        Row("2b WAL while saturated", "<= 64 MB", $"{wal >> 20} MB", wal <= 64L << 20);
        var (growth, ns) = Micro.Dedupe(10_000_000);
        Row("3a dedupe at 10 M ids, part of an event's cost", "<= 0.15", $"{ns / 1_000 / perEventUs:F2}", ns / 1_000 / perEventUs <= 0.15);
        Row("3b its growth, 1 M to 10 M", "<= 1.2", $"{growth:F2}", growth <= 1.2);
        var parse = Micro.Parse();
        Row("4a parse / hand-written reader", ">= 0.85", $"{parse.Ratio:F2} (careful reader {parse.Before:F2}; of tokens alone {parse.TokensRatio:F2})", parse.Ratio >= 0.85);
        Row("4b garbage an event", "<= 16 B", $"{parse.Garbage:F0} B of {parse.Allocated:F0} B (careful reader {parse.CarefulGarbage:F0} B)", parse.Garbage <= 16);
        var (few, many) = (Judging.Of(10_000), Judging.Of(100_000));
        var (apply, more, bytes) = (many.RatioToWalk(), Micro.Ratio(many.Round, few.Round), many.BytesATicket);
        Row("5a evaluate and apply / array walk", ">= 0.25", $"{apply:F4}", apply >= 0.25);
        Row("5b its growth, 10 k to 100 k tickets", "<= 2", $"{more:F2}", more <= 2);
        Row("5c / a grain call", ">= 20", "not measured: no cluster in this run", null);
        Row("6 memory an open ticket beyond its text", "<= 256 B", $"{bytes:F0} B", bytes <= 256);
        var (p50, p99, last, idle) = await Micro.DueAsync(Folder("due"), 20_000);
        Row("7a 20,000 due in one second: the last durable after its end", "<= 1,000 ms", $"{last:F0} ms (noticed p50 {p50}, p99 {p99} ms late)", last <= 1_000);
        Row("7b idle", "<= 2 % of a core", $"{idle:F1} %", idle <= 2);
        await WallsAsync(Folder("boards"), viewers);
        var (replay, snapshot, open) = await Micro.RestartAsync(Folder("restart"), 100_000);
        Row("10a replay / read and parse", ">= 0.70", $"{replay:F2}", replay >= 0.70);
        Row($"10b ready from a snapshot, {open:N0} open tickets", "<= 2 s at 1 M", $"{snapshot:F2} s, {snapshot * 1_000_000 / open:F0} s at 1 M if linear", snapshot * 1_000_000 / open <= 2);
        Print();
        Console.WriteLine($"{Environment.ProcessorCount} processors, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GB, .NET {Environment.Version}, in {watch.Elapsed.TotalSeconds:F0} s");
    }

    /// <summary>The rows of the walls alone.</summary>
    public static async Task RunWallsAsync(string root, int viewers)
    {
        await WallsAsync(root, viewers);
        Print();
    }

    private static async Task WallsAsync(string folder, int viewers)
    {
        var boards = await Boards.MeasureAsync(folder, viewers, TimeSpan.FromSeconds(24));
        Row($"8a fan-out CPU a frame / plain WebSocket, {viewers:N0} viewers and 50 that never read", "<= 1.3",
            $"{boards.CpuRatio:F2} ({boards.FrameUs:F0} / {boards.BarUs:F0} us, {boards.FramesEach:F1} frames a second each)", boards.CpuRatio <= 1.3);
        Row("8b memory a connection", "<= 40 KB", $"{boards.KbEach:F0} KB", boards.KbEach <= 40);
        var promise = 250 + (3 * boards.AckP99);
        Row($"9 ack to board p99, single events, at half load ({boards.LoadPerSecond:N0} others a second)", "<= 250 ms + 3 x ack p99",
            $"{boards.AckToBoardP99:F0} ms of {promise:F0} (p50 {boards.AckToBoardP50:F0})", boards.AckToBoardP99 <= promise);
        Row("  gaps between frames, p50 / p99 / max", "(four a second)", $"{boards.GapP50:F0} / {boards.GapP99:F0} / {boards.GapMax:F0} ms", null);
        Row("  kill, start, all walls whole again", "", $"start {boards.StartS:F1} s, then {boards.WholeAgainS:F1} s", null);
    }

    private static void Print()
    {
        Console.WriteLine($"| goal | wanted | reached | |\n|---|---|---|---|");
        foreach (var (goal, wanted, reached, verdict) in Rows) Console.WriteLine($"| {goal} | {wanted} | {reached} | {verdict} |");
    }

    private static void Row(string goal, string wanted, string reached, bool? met)
    {
        Rows.Add((goal, wanted, reached, met is null ? "" : met.Value ? "met" : "missed"));
        Console.Error.WriteLine($"{goal}: {reached}");
    }

    /// <returns>what an event costs in all, in microseconds, and the largest WAL seen</returns>
    private static async Task<(double PerEventUs, long Wal)> IngestAsync(Func<string, string> folder)
    {
        var (data, wal) = (folder("opsmonitor"), 0L);
        await using var log = new LogSink(Path.Combine(folder("log"), "log"));
        await using var host = LocalHost.Open(new(data, PolicySet.Default), TimeProvider.System, static _ => { });
        await using var a = await Arm.WithSinkAsync(folder("keys-a"), new Web.Serve.HostSink(new Web.Serve.OneMachine(host)));
        await using var b = await Arm.WithSinkAsync(folder("keys-b"), log);
        using var stop = new CancellationTokenSource();
        var watcher = Task.Run(async () =>
        {
            for (var file = new FileInfo(Path.Combine(data, "journal.db-wal")); !stop.IsCancellationRequested; await Task.Delay(20))
            {
                file.Refresh();
                if (file.Exists) wal = Math.Max(wal, file.Length);
            }
        });
        var batches = await Pairs(a, b, 100);
        var singles = await Pairs(a, b, 1);
        await stop.CancelAsync();
        await watcher;
        Row("1a durable ingest, batches of 100 / CRC log", ">= 0.70", $"{batches.Ratio:F2}", batches.Ratio >= 0.70);
        Row("1b single events / CRC log", ">= 0.90", $"{singles.Ratio:F2}", singles.Ratio >= 0.90);
        Row("2a ack p99 / the log's, batches", "<= 3", $"{batches.Ack:F1}", batches.Ack <= 3);
        return (1e6 / batches.PerSecond, wal);
    }

    private static async Task<(double Ratio, double Ack, double PerSecond)> Pairs(Arm a, Arm b, int batch)
    {
        List<(double Rate, double Ack, double A)> pairs = [];
        await a.RunAsync(Window, batch);
        await b.RunAsync(Window, batch);
        for (var i = 0; i < 6; i++)
        {
            var (first, second) = i % 2 == 0 ? (a, b) : (b, a);
            var (x, xAck) = (await first.RunAsync(Window, batch), first.AckP99);
            var (y, yAck) = (await second.RunAsync(Window, batch), second.AckP99);
            pairs.Add(i % 2 == 0 ? (x / y, xAck / yAck, x) : (y / x, yAck / xAck, y));
        }
        double Median(Func<(double Rate, double Ack, double A), double> of) => pairs.Select(of).Order().ElementAt(pairs.Count / 2);
        return (Median(p => p.Rate), Median(p => p.Ack), Median(p => p.A));
    }
}
