using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Bench;

/// <summary>The parts that need no server, each with its limit in interleaved windows of the same run.</summary>
internal static class Micro
{
    private const int Rounds = 5;

    /// <returns>event reader over tokens alone, and bytes allocated an event</returns>
    public static (double Ratio, double Garbage) Parse()
    {
        var texts = Enumerable.Range(0, 20_000).Select(i => Text(i, "1")).ToList();
        double Read()
        {
            var from = Stopwatch.GetTimestamp();
            foreach (var text in texts) if (EventReader.Read(text).Event is null) throw new InvalidOperationException();
            return Stopwatch.GetElapsedTime(from).TotalMilliseconds;
        }
        double Tokens()
        {
            var from = Stopwatch.GetTimestamp();
            foreach (var text in texts) { var reader = new Utf8JsonReader(text); while (reader.Read()) { } }
            return Stopwatch.GetElapsedTime(from).TotalMilliseconds;
        }
        var ratio = Ratio(Tokens, Read);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Read();
        return (ratio, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)texts.Count);
    }

    /// <summary>A set of identities: ten times as many, cost of one more.</summary>
    public static (double Growth, double NsEach) Dedupe(int large)
    {
        var (few, many) = (new Dictionary<UInt128, ulong>(), new Dictionary<UInt128, ulong>());
        static UInt128 Id(long i) => new((ulong)i * 0x9E3779B97F4A7C15, (ulong)i * 0xC2B2AE3D27D4EB4F);
        for (long i = 0; i < large; i++) { if (i < large / 10) few.Add(Id(i), 1); many.Add(Id(i), 1); }
        double Add(Dictionary<UInt128, ulong> seen, ref long at)
        {
            var from = Stopwatch.GetTimestamp();
            for (var end = at + 20_000; at < end; at++) CollectionsMarshal.GetValueRefOrAddDefault(seen, Id(at), out _) = 1;
            return Stopwatch.GetElapsedTime(from).TotalMilliseconds;
        }
        long a = large, b = large;
        var last = 0.0;
        var growth = Ratio(() => last = Add(many, ref a), () => Add(few, ref b));
        return (growth, last * 1e6 / 20_000);
    }

    /// <summary>A start without a snapshot against reading and parsing the same journal.</summary>
    public static async Task<(double Replay, double SnapshotS, int Open)> RestartAsync(string folder, int events)
    {
        await using (var host = LocalHost.Open(new(folder, PolicySet.Default), TimeProvider.System, static _ => { }))
            foreach (var some in Enumerable.Range(0, events).Chunk(500))
                await host.OfferAsync([.. some.Select(i => EventReader.Read(Text(i, "r")).Event!)], CancellationToken.None);
        var from = Stopwatch.GetTimestamp();
        await using (LocalHost.Open(new(folder, PolicySet.Default), TimeProvider.System, static _ => { })) { }
        var snapshot = Stopwatch.GetElapsedTime(from).TotalSeconds;
        double Read()
        {
            var start = Stopwatch.GetTimestamp();
            using var journal = FrameJournal.Open(folder, static _ => { });
            foreach (var (_, frame) in journal.ReadFrom(0)) TurnFrame.Read(frame);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        double Start()
        {
            var start = Stopwatch.GetTimestamp();
            var host = LocalHost.Open(new(folder, PolicySet.Default) { Frozen = true }, TimeProvider.System, static _ => { }); // replays all
            var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            host.DisposeAsync().AsTask().Wait();
            return took;
        }
        return (Ratio(Read, Start), snapshot, events / 5);
    }

    /// <summary>So many clocks due within one second: how late, in ms, the median, the 99th percentile and the last were noticed and durable.</summary>
    public static async Task<(long P50, long P99, double LastMs, double IdlePercent)> DueAsync(string folder, int count)
    {
        await using var host = LocalHost.Open(new(folder, PolicySet.Default), TimeProvider.System, static _ => { });
        var due = DateTimeOffset.UtcNow.AddSeconds(12);
        var lastChange = 0L;
        host.Changed += () => Volatile.Write(ref lastChange, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        // Of priority 1 an hour's quarter is promised: they were made that long before.
        foreach (var some in Enumerable.Range(0, count).Chunk(500))
            await host.OfferAsync([.. some.Select(i => EventReader.Read(Created($"due-{i}", due.AddMinutes(-15).AddMilliseconds(i * 1_000.0 / count))).Event!)], CancellationToken.None);
        var cpu = Environment.CpuUsage.TotalTime;
        var idle = Stopwatch.StartNew();
        var wait = due - DateTimeOffset.UtcNow - TimeSpan.FromSeconds(1);
        if (wait > TimeSpan.Zero) await Task.Delay(wait);
        var idlePercent = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / idle.Elapsed.TotalMilliseconds * 100;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(20) && host.Read(s => s.Alerts.All.Count(a => a.Due.Level == AlertLevel.Red)) < count; await Task.Delay(20)) { }
        return (host.Lateness.Percentile(50) ?? -1, host.Lateness.Percentile(99) ?? -1, Volatile.Read(ref lastChange) - due.ToUnixTimeMilliseconds() - 1_000, idlePercent);
    }

    private static byte[] Created(string id, DateTimeOffset at) => Encoding.UTF8.GetBytes(
        $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"bench","type":"ticket.created","time":"{{{at:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}}","subject":"ticket/{{{id}}}","data":{"kind":"complaint","channel":"phone","department_id":"billing","priority":1}}""");

    private static byte[] Text(int i, string run) => Encoding.UTF8.GetBytes(
        Load.EventText(i % Load.EventsPerBatch).Replace("##########", $"{run}{i / Load.EventsPerBatch:D9}", StringComparison.Ordinal));

    /// <summary>
    /// Milliseconds that this thread has had a processor: neighbours who take it away do not count. Where the system does not tell, time on the wall.
    /// </summary>
    internal static double OnProcessor() =>
        File.Exists(ThreadTimes) ? long.Parse(File.ReadAllText(ThreadTimes).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) / 1e6 : Stopwatch.GetTimestamp() * 1e3 / Stopwatch.Frequency;

    private const string ThreadTimes = "/proc/thread-self/schedstat";

    /// <summary>The median over interleaved rounds of one time over another; a round of each before warms up.</summary>
    internal static double Ratio(Func<double> above, Func<double> below)
    {
        above();
        below();
        var ratios = Enumerable.Range(0, Rounds).Select(_ => above() / below()).Order().ToList();
        return ratios[Rounds / 2];
    }
}
