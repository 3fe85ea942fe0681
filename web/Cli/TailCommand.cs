using System.CommandLine;
using OpsMonitor.Web.Adapters;
using OpsMonitor.Web.Send;

namespace OpsMonitor.Web.Cli;

internal static class TailCommand
{
    public static Command Make()
    {
        var file = new Option<string>("--file") { Description = "Asterisk's queue_log (usually /var/log/asterisk/queue_log)", Required = true };
        var url = new Option<string>("--url") { Description = "the server", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var key = new Option<string?>("--key") { Description = "the integration's key (or OPSMONITOR_KEY)" };
        var zone = new Option<string>("--zone") { Description = "time zone of local times in the log", DefaultValueFactory = _ => "UTC" };
        var state = new Option<string?>("--state") { Description = "file that remembers how far the log was read (default: FILE.opsmonitor)" };
        var once = new Option<bool>("--once") { Description = "end where the log ends" };
        var command = new Command("tail-asterisk", "Follow a queue_log through restarts and rotation and tell the server what happens (docs/adapters.md)") { file, url, key, zone, state, once };
        command.SetAction(async (parsed, stop) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address)) return CommandLine.Fail("--url: not an address (for example http://127.0.0.1:5080)");
            try
            {
                var log = parsed.GetValue(file)!;
                var options = new AsteriskTailOptions(log, address, parsed.GetValue(key) ?? Environment.GetEnvironmentVariable("OPSMONITOR_KEY"),
                    CommandLine.Zone(parsed.GetValue(zone)!), parsed.GetValue(state) ?? log + ".opsmonitor", parsed.GetValue(once));
                var report = await new AsteriskTail(options, static said => Console.Error.WriteLine($"opsmonitor: {said}")).RunAsync(stop);
                Console.WriteLine($"{report.Lines} lines, sent {report.Sent}: {report.Accepted} accepted, {report.Duplicates} duplicates, {report.Rejected} rejected; {report.Unreadable} unreadable lines kept, {report.Lost} gaps");
                return report.Rejected + report.Unreadable + report.Lost == 0 ? 0 : 1;
            }
            catch (Exception e) when (e is SendException or FormatException or IOException or InvalidDataException or UnauthorizedAccessException) { return CommandLine.Fail(e.Message); }
        });
        return command;
    }
}
