using System.CommandLine;
using OpsMonitor.Web.Conversion;

namespace OpsMonitor.Web.Cli;

internal static class ConvertCommand
{
    public static Command Make()
    {
        var from = new Option<string>("--from") { Description = string.Join(" | ", Converters.All.Select(c => c.Name)), Required = true };
        var input = new Option<string>("--input") { Description = "the log, also gzipped", Required = true };
        var output = new Option<string>("--output") { Description = "NDJSON CloudEvents", Required = true };
        var zone = new Option<string>("--zone") { Description = "time zone of the log's local times", DefaultValueFactory = _ => "UTC" };
        var command = new Command("convert", "Turn another system's log into CloudEvents (docs/converters.md)") { from, input, output, zone };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var converter = Converters.Find(parsed.GetValue(from)!)
                ?? throw new FormatException($"--from: unknown format; known: {string.Join(", ", Converters.All.Select(c => c.Name))}");
            using var log = LogFile.Open(parsed.GetValue(input)!);
            using var file = File.Create(parsed.GetValue(output)!);
            var written = CloudEventWriter.WriteAll(file, converter.Convert(log, CommandLine.Zone(parsed.GetValue(zone)!)));
            Console.WriteLine($"{written} events");
            return 0;
        }));
        return command;
    }
}
