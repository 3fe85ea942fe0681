using System.CommandLine;
using OpsMonitor.Web.Adapters;
using OpsMonitor.Web.Conversion;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Cli;

internal static class MapCommand
{
    public static Command Make()
    {
        var mapping = new Option<string>("--mapping") { Description = "mapping file (docs/adapters.md), or the name of one that comes with the program", Required = true };
        var input = new Option<string>("--input") { Description = "CSV, NDJSON or JSON as the mapping says, also gzipped", Required = true };
        var output = new Option<string?>("--output") { Description = "NDJSON CloudEvents; what cannot be mapped goes beside it, to OUTPUT.unmapped.ndjson" };
        var dry = new Option<bool>("--dry-run") { Description = "write nothing; show for each row what it becomes, or why not" };
        var command = new Command("map", "Turn a file into CloudEvents by a mapping file, without code (docs/adapters.md); exit code 1 where rows could not be mapped") { mapping, input, output, dry };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var (name, target, isDry) = (parsed.GetValue(mapping)!, parsed.GetValue(output), parsed.GetValue(dry));
            if (target is null && !isDry) return CommandLine.Fail("--output is required, unless --dry-run");
            try
            {
                var run = new MapRun(MappingReader.Read(File.Exists(name) ? name : AdapterShelf.FileOf(name, null) ?? name), DateTimeOffset.UtcNow);
                using var text = LogFile.Open(parsed.GetValue(input)!);
                var summary = isDry ? run.Run(text, null, null, Console.WriteLine) : Write(run, text, target!);
                Console.WriteLine(summary);
                return summary.Unmapped == 0 ? 0 : 1;
            }
            catch (ReferenceDataException e) { return CommandLine.Fail(e.Message); }
        }));
        return command;
    }

    private static MapSummary Write(MapRun run, TextReader text, string target)
    {
        var kept = target + ".unmapped.ndjson";
        MapSummary summary;
        using (var events = File.Create(target))
        using (var unmapped = File.Create(kept)) summary = run.Run(text, events, unmapped, null);
        if (summary.Unmapped == 0) File.Delete(kept);
        return summary;
    }
}
