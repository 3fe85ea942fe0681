using OpsMonitor.Bench;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Serve;

if (args is ["bar", var port])
{
    await Child.RunBarAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture));
    return;
}

if (args is ["parse", ..])
{
    if (args.Length > 1) Micro.ReadFor(TimeSpan.FromSeconds(8)); // for a profiler
    else Console.WriteLine(Micro.Parse());
    return;
}

// Durable ingest over HTTP, batches of 100 or (singles) one event at a time: OpsMonitor (A) against a checksummed log behind the same endpoint (B), in interleaved windows.
// The ratio is the figure; events a second drift with the machine and its neighbours.
const int Pairs = 8;
var window = TimeSpan.FromSeconds(1.5);
var root = Directory.CreateTempSubdirectory("opsmonitor-bench-");
try
{
    if (args is ["walls", ..])
    {
        await Goals.RunWallsAsync(root.FullName, args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 1_000);
        return;
    }
    if (args is ["goals", ..])
    {
        await Goals.RunAsync(root.FullName, args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 1_000);
        return;
    }
    if (args is ["keeping", ..])
    {
        int Number(int at, int otherwise) => args.Length > at ? int.Parse(args[at], System.Globalization.CultureInfo.InvariantCulture) : otherwise;
        await Keeping.RunAsync(root.FullName, Number(1, 100_000), Number(2, 10_000));
        await StartsAsync();
        return;
    }
    if (args is ["starts"])
    {
        await StartsAsync();
        return;
    }
    if (args is ["judge", ..])
    {
        await Judging.RunAsync(root.FullName, args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 100_000);
        return;
    }
    var size = args is ["singles", ..] ? 1 : Load.EventsPerBatch;
    string Folder(string name) => root.CreateSubdirectory(name).FullName;
    if (args.Length == 0) Stages.Print(Folder("stages"));
    await using var log = new LogSink(Path.Combine(Folder("log"), "log"));
    await using var host = LocalHost.Open(new(Folder("opsmonitor"), PolicySet.Default), TimeProvider.System, Console.WriteLine);
    await using var a = await Arm.WithSinkAsync(Folder("opsmonitor-keys"), new HostSink(new OneMachine(host)));
    await using var b = await Arm.WithSinkAsync(Folder("log-keys"), log);
    await using var c = await Arm.WithSinkAsync(Folder("parse-keys"), new ParseOnlySink());
    foreach (var arm in new[] { a, b, c }) await arm.RunAsync(window, size); // warm up
    if (args is ["singles", "ours"]) // for a profiler
    {
        await a.RunAsync(TimeSpan.FromSeconds(8), size);
        return;
    }
    List<(double A, double B)> pairs = [], processor = [];
    for (var i = 0; i < Pairs; i++)
    {
        var (first, second) = i % 2 == 0 ? (a, b) : (b, a); // neither is always the one after the other
        var (x, y) = (await first.RunAsync(window, size), await second.RunAsync(window, size));
        pairs.Add(i % 2 == 0 ? (x, y) : (y, x));
        processor.Add((a.ProcessorUs, b.ProcessorUs));
        Console.WriteLine($"  pair {i + 1}: OpsMonitor {pairs[^1].A,9:N0}  log {pairs[^1].B,9:N0} events/s  ratio {pairs[^1].A / pairs[^1].B:F2}");
    }
    List<double> parse = [await c.RunAsync(window, size), await c.RunAsync(window, size), await c.RunAsync(window, size)];
    Console.WriteLine($"median: OpsMonitor {Median(pairs.Select(p => p.A)):N0}, log {Median(pairs.Select(p => p.B)):N0}, parse only {Median(parse):N0} events/s");
    Console.WriteLine($"processor time an event: OpsMonitor {Median(processor.Select(p => p.A)):F1}, log {Median(processor.Select(p => p.B)):F1} us; median ratio {Median(processor.Select(p => p.B / p.A)):F2}");
    Console.WriteLine($"durable ingest, batches of {size}: median ratio {Median(pairs.Select(p => p.A / p.B)):F2} (goal {(size == 1 ? 0.90 : 0.70):F2})");
}
finally
{
    root.Delete(recursive: true);
}

async Task StartsAsync()
{
    foreach (var open in new[] { 20_000, 200_000 }) await Keeping.StartAsync(root.FullName, open);
    var (replay, snapshot, tickets) = await Micro.RestartAsync(Directory.CreateDirectory(Path.Combine(root.FullName, "replay")).FullName, 20_000);
    Console.WriteLine($"replay / read and parse {replay:F2}; {tickets:N0} tickets ready from a snapshot after {snapshot:F2} s");
}

static double Median(IEnumerable<double> values)
{
    double[] sorted = [.. values.Order()];
    return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
