using System.CommandLine;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Replay;
using Spectre.Console;

namespace OpsMonitor.Web.Cli;

internal static class ReplayCli
{
    public static Command Make()
    {
        var input = new Option<string[]>("--input") { Description = "NDJSON CloudEvents, also gzipped", Required = true, AllowMultipleArgumentsPerToken = true };
        var report = new Option<string>("--report") { Description = "where the numbers go (JSON)", Required = true };
        var rows = new Option<string?>("--rows") { Description = "every subject's row (NDJSON)" };
        var trust = new Option<string?>("--trust") { Description = "what depends on arrival: duplicates, late, refused (JSON)" };
        var until = new Option<string?>("--until") { Description = "judge as of this time (default: the last event)" };
        var interval = new Option<string?>("--interval") { Description = "hour | day; those in which nothing happened are written too, since levels such as tickets.open stand in them" };
        interval.AcceptOnlyFromAmong("hour", "day");
        var zone = new Option<string>("--zone") { Description = "time zone of the intervals", DefaultValueFactory = _ => "UTC" };
        var policy = new Option<string?>("--policy") { Description = "folder with policies/, calendars/, departments.yaml, queues.yaml" };
        var command = new Command("replay", "Judge files of events in virtual time and write the numbers; no server") { input, report, rows, trust, until, interval, zone, policy };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var options = new ReplayOptions(parsed.GetValue(input)!, parsed.GetValue(report)!, parsed.GetValue(rows), parsed.GetValue(trust),
                CommandLine.Time("--until", parsed.GetValue(until)), parsed.GetValue(interval), CommandLine.Zone(parsed.GetValue(zone)!),
                Policies.PolicyFolder.Load(parsed.GetValue(policy), ReferenceData.Load(parsed.GetValue(policy))));
            Console.WriteLine(Watched(progress => ReplayCommand.Run(options, progress)));
            return 0;
        }));
        return command;
    }

    private static ReplaySummary Watched(Func<IProgress<long>?, ReplaySummary> run)
    {
        if (Console.IsOutputRedirected) return run(null);
        return AnsiConsole.Progress().AutoClear(true).Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ElapsedTimeColumn()).Start(context =>
        {
            var task = context.AddTask("events read: 0");
            task.IsIndeterminate = true;
            return run(new Progress<long>(n => task.Description = $"events read: {n}"));
        });
    }
}
