using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Bench;

/// <summary>Durable ingest over HTTP: OpsMonitor (A) against a checksummed log behind the same endpoint (B), in interleaved windows; then reading alone.</summary>
internal static class Ingest
{
    private const int Pairs = 8;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1.5);

    /// <param name="size">events a request</param>
    /// <param name="profiled">ours alone, long enough for a profiler</param>
    public static async Task RunAsync(string root, int size, bool profiled)
    {
        string Folder(string name) => Directory.CreateDirectory(Path.Combine(root, name)).FullName;
        await using var log = new LogSink(Path.Combine(Folder("log"), "log"));
        await using var host = LocalHost.Open(new(Folder("opsmonitor"), PolicySet.Default), TimeProvider.System, Console.WriteLine);
        await using var a = await Arm.WithSinkAsync(Folder("opsmonitor-keys"), new HostSink(new OneMachine(host)));
        await using var b = await Arm.WithSinkAsync(Folder("log-keys"), log);
        await using var c = await Arm.WithSinkAsync(Folder("parse-keys"), new ParseOnlySink());
        foreach (var arm in new[] { a, b, c }) await arm.RunAsync(Window, size); // warm up
        if (profiled)
        {
            await a.RunAsync(TimeSpan.FromSeconds(8), size);
            return;
        }
        List<(double A, double B)> pairs = [], processor = [];
        for (var i = 0; i < Pairs; i++)
        {
            var (first, second) = i % 2 == 0 ? (a, b) : (b, a); // neither is always the one after the other
            var (x, y) = (await first.RunAsync(Window, size), await second.RunAsync(Window, size));
            pairs.Add(i % 2 == 0 ? (x, y) : (y, x));
            processor.Add((a.ProcessorUs, b.ProcessorUs));
            Console.WriteLine($"  pair {i + 1}: OpsMonitor {pairs[^1].A,9:N0}  log {pairs[^1].B,9:N0} events/s  ratio {pairs[^1].A / pairs[^1].B:F2}");
        }
        List<double> parse = [await c.RunAsync(Window, size), await c.RunAsync(Window, size), await c.RunAsync(Window, size)];
        Console.WriteLine($"median: OpsMonitor {Median(pairs.Select(p => p.A)):N0}, log {Median(pairs.Select(p => p.B)):N0}, parse only {Median(parse):N0} events/s");
        Console.WriteLine($"processor time an event: OpsMonitor {Median(processor.Select(p => p.A)):F1}, log {Median(processor.Select(p => p.B)):F1} us; median ratio {Median(processor.Select(p => p.B / p.A)):F2}");
        Console.WriteLine($"durable ingest, batches of {size}: median ratio {Median(pairs.Select(p => p.A / p.B)):F2} (goal {(size == 1 ? 0.90 : 0.70):F2})");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
