using OpsMonitor.Bench;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Serve;

if (args is ["bar", var port])
{
    await Child.RunBarAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture));
    return;
}

// Durable ingest over HTTP, batches of 100: OpsMonitor (A) against a checksummed log behind the same endpoint (B), in interleaved windows.
// The ratio is the figure; events a second drift with the machine and its neighbours.
const int Pairs = 8;
var window = TimeSpan.FromSeconds(1.5);
var root = Directory.CreateTempSubdirectory("opsmonitor-bench-");
try
{
    if (args is ["goals", ..])
    {
        await Goals.RunAsync(root.FullName, args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 1_000);
        return;
    }
    if (args is ["clocks", ..])
    {
        Clocks.Run(root.FullName, args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 1_000_000);
        return;
    }
    string Folder(string name) => root.CreateSubdirectory(name).FullName;
    Stages.Print(Folder("stages"));
    await using var log = new LogSink(Path.Combine(Folder("log"), "log"));
    await using var host = LocalHost.Open(new(Folder("opsmonitor"), PolicySet.Default), TimeProvider.System, Console.WriteLine);
    await using var a = await Arm.WithSinkAsync(Folder("opsmonitor-keys"), new HostSink(new OneMachine(host)));
    await using var b = await Arm.WithSinkAsync(Folder("log-keys"), log);
    await using var c = await Arm.WithSinkAsync(Folder("parse-keys"), new ParseOnlySink());
    foreach (var arm in new[] { a, b, c }) await arm.RunAsync(window); // warm up
    List<(double A, double B)> pairs = [];
    for (var i = 0; i < Pairs; i++)
    {
        var (first, second) = i % 2 == 0 ? (a, b) : (b, a); // neither is always the one after the other
        var (x, y) = (await first.RunAsync(window), await second.RunAsync(window));
        pairs.Add(i % 2 == 0 ? (x, y) : (y, x));
        Console.WriteLine($"  pair {i + 1}: OpsMonitor {pairs[^1].A,9:N0}  log {pairs[^1].B,9:N0} events/s  ratio {pairs[^1].A / pairs[^1].B:F2}");
    }
    List<double> parse = [await c.RunAsync(window), await c.RunAsync(window), await c.RunAsync(window)];
    Console.WriteLine($"median: OpsMonitor {Median(pairs.Select(p => p.A)):N0}, log {Median(pairs.Select(p => p.B)):N0}, parse only {Median(parse):N0} events/s");
    Console.WriteLine($"durable ingest, batches of 100: median ratio {Median(pairs.Select(p => p.A / p.B)):F2} (goal 0.70)");
}
finally
{
    root.Delete(recursive: true);
}

static double Median(IEnumerable<double> values)
{
    double[] sorted = [.. values.Order()];
    return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
