using System.CommandLine;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Replay;

namespace OpsMonitor.Web.Cli;

/// <summary><c>policy check</c>, <c>policy dry-run</c>, <c>policy import-ics</c>, <c>policy compare</c>: what needs no server; <c>policy save</c> stands beside.</summary>
internal static class PolicyCommand
{
    public static Command Make() => new("policy", "Check policies, try them on recorded tickets, save them on a running server, import holidays, compare two replays") { Check(), Try(), PolicySaveCommand.Make(), ImportIcs(), Compare() };

    private static Command Check()
    {
        var folder = new Option<string>("--policy") { Description = "folder with policies/, calendars/, departments.yaml, queues.yaml", Required = true };
        var command = new Command("check", "Read a folder; the first mistake is told with file, line and rule") { folder };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var set = PolicyFolder.Load(parsed.GetValue(folder), ReferenceData.Empty);
            Console.WriteLine($"good: {set.Book.Policies.Count} policies in force, {set.Book.Policies.Sum(p => p.Clocks.Count)} clocks");
            return 0;
        }));
        return command;
    }

    private static Command Try()
    {
        var input = new Option<string[]>("--input") { Description = "NDJSON CloudEvents, also gzipped", Required = true, AllowMultipleArgumentsPerToken = true };
        var folder = new Option<string?>("--policy") { Description = "the folder in force (default: what is shipped)" };
        var with = new Option<string>("--with") { Description = "the folder to try", Required = true };
        var until = new Option<string?>("--until") { Description = "judge as of this time (default: the last event)" };
        var command = new Command("dry-run", "Which open tickets would change due time or state, which alerts would be raised or withdrawn (JSON)") { input, folder, with, until };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var before = PolicyFolder.Load(parsed.GetValue(folder), ReferenceData.Empty);
            var after = PolicyFolder.Load(parsed.GetValue(with), ReferenceData.Empty);
            var intake = new Intake(CommandLine.Time("--until", parsed.GetValue(until)));
            foreach (var file in parsed.GetValue(input)!) intake.Read(file, null);
            var shard = new Shard(before, new(Backfill: true));
            if (intake.Events() is var events && intake.Until is { } now) shard.Step(new(now, events, Replayed: true));
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            {
                json.WriteStartObject();
                DryRunJson.Write(json, DryRunJson.Open(shard), before, after, shard.Now);
                json.WriteEndObject();
            }
            Console.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
            return 0;
        }));
        return command;
    }

    private static Command ImportIcs()
    {
        var file = new Option<string>("--file") { Description = "an iCalendar file (.ics)", Required = true };
        var command = new Command("import-ics", "The holidays of an iCalendar file as lines for a calendar file") { file };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            Console.Write(IcsHolidays.ToYaml(IcsHolidays.Read(File.ReadAllText(parsed.GetValue(file)!))));
            return 0;
        }));
        return command;
    }

    private static Command Compare()
    {
        var before = new Option<string>("--before") { Description = "the report of one replay", Required = true };
        var after = new Option<string>("--after") { Description = "the report of another", Required = true };
        var command = new Command("compare", "The numbers in which two reports of replay differ: scope, metric, before, after (tab-separated)") { before, after };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            try { ReportComparison.Write(Console.Out, File.ReadAllText(parsed.GetValue(before)!), File.ReadAllText(parsed.GetValue(after)!)); }
            catch (JsonException e) { return CommandLine.Fail($"not a report of replay: {e.Message}"); }
            return 0;
        }));
        return command;
    }
}
