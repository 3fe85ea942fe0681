using System.Globalization;
using OpsMonitor.Bench;

// Every figure is a ratio of two things measured in turns in one run: events a second drift with the machine and its neighbours.
int Number(int at, int otherwise) => args.Length > at ? int.Parse(args[at], CultureInfo.InvariantCulture) : otherwise;
var root = Directory.CreateTempSubdirectory("opsmonitor-bench-");
try
{
    switch (args.FirstOrDefault())
    {
        case "bar": await Child.RunBarAsync(Number(1, 0)); break;
        case "parse" when args.Length > 1: Micro.ReadFor(TimeSpan.FromSeconds(8)); break; // for a profiler
        case "parse": Console.WriteLine(Micro.Parse()); break;
        case "goals": await Goals.RunAsync(root.FullName, Number(1, 1_000)); break;
        case "walls": await Goals.RunWallsAsync(root.FullName, Number(1, 1_000)); break;
        case "judge": await Judging.RunAsync(root.FullName, Number(1, 100_000)); break;
        case "customers": Customers.Run(Number(1, 100_000)); break;
        case "clocks": Clocks.Run(root.FullName, Number(1, 1_000_000)); break;
        case "keeping":
            await Keeping.RunAsync(root.FullName, Number(1, 100_000), Number(2, 10_000));
            await Keeping.StartsAsync(root.FullName);
            break;
        case "bulk": Bulk.Run(Number(1, 30), Number(2, 3)); break;
        case "scrub": await Scrub.RunAsync(root.FullName, Number(1, 20_000)); break;
        case "flat": Flat.Run(Number(1, 1_000_000)); break;
        case "starts": await Keeping.StartsAsync(root.FullName); break;
        case "singles": await Ingest.RunAsync(root.FullName, 1, profiled: args.Length > 1); break;
        case "batches": await Ingest.RunAsync(root.FullName, Load.EventsPerBatch, profiled: args.Length > 1); break;
        default:
            Stages.Print(root.CreateSubdirectory("stages").FullName);
            await Ingest.RunAsync(root.FullName, Load.EventsPerBatch, profiled: false);
            break;
    }
}
finally
{
    root.Delete(recursive: true);
}
