using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using OpsMonitor.Simulator;

// dotnet run -c Release --project tests/simulator -- --seeds 1..10000 | --seed 7 [--trace] [--planted NAME] | --defects N [--planted FIRST]
string? Option(string name) => Array.IndexOf(args, name) is var at && at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
var planted = Option("--planted") is { } defect ? Enum.Parse<Planted>(defect) : Planted.None;

if (Option("--seed") is { } one)
{
    var outcome = Schedule.Run(ulong.Parse(one, CultureInfo.InvariantCulture), planted, args.Contains("--trace") ? Console.WriteLine : null);
    Console.WriteLine($"seed {outcome.Seed} hash {outcome.Hash:x16} {outcome.Violation ?? "ok"}");
    return outcome.Violation is null ? 0 : 1;
}

if (Option("--defects") is { } bound)
    return Defects.Table(ulong.Parse(bound, CultureInfo.InvariantCulture), planted, Console.WriteLine) == 0 ? 0 : 1;


var range = (Option("--seeds") ?? "1..2000").Split("..").Select(s => ulong.Parse(s, CultureInfo.InvariantCulture)).ToArray();
var watch = Stopwatch.StartNew();
var (total, failed) = Defects.Run(range[0], range[1], planted, outcome => Console.WriteLine($"seed {outcome.Seed}: {outcome.Violation}"));
var schedules = range[1] - range[0] + 1;
foreach (var (what, n) in total.Counts) Console.WriteLine($"  {n,10}  {what}");
Console.WriteLine($"{schedules} schedules, {failed} violations, {schedules / watch.Elapsed.TotalSeconds:F0} schedules/s");
return failed == 0 ? 0 : 1;
