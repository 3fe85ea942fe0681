using System.Diagnostics;
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

    /// <param name="Ratio">the hand-written reader's time over ours</param>
    /// <param name="Before">the same of the careful reader, which was the only one once</param>
    /// <param name="Allocated">bytes an event in all</param>
    /// <param name="Garbage">of these, what is not reachable from the events that were read</param>
    public readonly record struct Reading(double Ratio, double Before, double TokensRatio, double Allocated, double Garbage, double CarefulGarbage);

    public static Reading Parse()
    {
        var texts = Enumerable.Range(0, 20_000).Select(i => Text(i, "1")).ToList();
        // Processor time: neighbours take the clock, not that.
        double Timed(Action<byte[]> read)
        {
            var from = Environment.CpuUsage.TotalTime;
            for (var i = 0; i < 3; i++) foreach (var text in texts) read(text);
            return (Environment.CpuUsage.TotalTime - from).TotalMilliseconds / 3;
        }
        static void Ours(byte[] text) { if (EventReader.Read(text).Event is null) throw new InvalidOperationException(); }
        static void Carefully(byte[] text) { if (EventReader.ReadCarefully(text).Event is null) throw new InvalidOperationException(); }
        static void Hand(byte[] text) { if (HandReader.Read(text).At == 0) throw new InvalidOperationException(); }
        static void Tokens(byte[] text) { var reader = new Utf8JsonReader(text); while (reader.Read()) { } }
        double Ns(Action<byte[]> read) => Enumerable.Range(0, 5).Min(_ => Timed(read)) * 1e6 / texts.Count;
        // The compiler's last word on each: on a busy machine it comes late.
        for (var from = Environment.CpuUsage.TotalTime; Environment.CpuUsage.TotalTime - from < TimeSpan.FromSeconds(5);) { Timed(Ours); Timed(Hand); Timed(Tokens); }
        var ratio = Ratio(() => Timed(Hand), () => Timed(Ours), 21);
        var before = Ratio(() => Timed(Hand), () => Timed(Carefully));
        var tokens = Ratio(() => Timed(Tokens), () => Timed(Ours), 21);
        var (allocated, garbage) = Garbage(texts, static t => EventReader.Read(t).Event!);
        Console.WriteLine($"nanoseconds an event: tokens {Ns(Tokens):F0}, by hand {Ns(Hand):F0}, ours {Ns(Ours):F0}, carefully {Ns(Carefully):F0}");
        return new(ratio, before, tokens, allocated, garbage, Garbage(texts, static t => EventReader.ReadCarefully(t).Event!).Garbage);
    }

    /// <summary>Reads and does nothing else, for so much processor time.</summary>
    public static void ReadFor(TimeSpan time)
    {
        var texts = Enumerable.Range(0, 20_000).Select(i => Text(i, "1")).ToList();
        for (var from = Environment.CpuUsage.TotalTime; Environment.CpuUsage.TotalTime - from < time;)
            foreach (var text in texts) EventReader.Read(text);
    }

    /// <summary>Allocated while reading, and how much of that is gone though every event is still held.</summary>
    private static (double Allocated, double Garbage) Garbage(List<byte[]> texts, Func<byte[], Event> read)
    {
        var kept = new Event[texts.Count];
        var live = GC.GetTotalMemory(forceFullCollection: true);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < kept.Length; i++) kept[i] = read(texts[i]);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var stays = GC.GetTotalMemory(forceFullCollection: true) - live;
        GC.KeepAlive(kept);
        return (allocated / (double)kept.Length, (allocated - stays) / (double)kept.Length);
    }

    /// <summary>A set of identities: ten times as many, cost of one more.</summary>
    public static (double Growth, double NsEach) Dedupe(int large)
    {
        const long Days = 34 * 86_400_000L; // all of them are known still
        var (few, many) = (new Identities(), new Identities());
        static UInt128 Id(long i) => new((ulong)i * 0x9E3779B97F4A7C15, (ulong)i * 0xC2B2AE3D27D4EB4F);
        for (long i = 1; i < large; i++) { if (i < large / 10) few.Take(Id(i), 1, i * Days / (large / 10)); many.Take(Id(i), 1, i * Days / large); }
        double Add(Identities seen, ref long at)
        {
            var from = Stopwatch.GetTimestamp();
            for (var end = at + 20_000; at < end; at++) seen.Take(Id(at), 1, Days);
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
    internal static double Ratio(Func<double> above, Func<double> below, int rounds = Rounds)
    {
        above();
        below();
        var ratios = Enumerable.Range(0, rounds).Select(_ => above() / below()).Order().ToList();
        return ratios[rounds / 2];
    }
}
