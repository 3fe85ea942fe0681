using System.CommandLine;
using OpsMonitor.Web.Send;

namespace OpsMonitor.Web.Cli;

internal static class SendCommand
{
    public static Command Make()
    {
        var input = new Option<string>("--input") { Description = "NDJSON CloudEvents, also gzipped", Required = true };
        var url = new Option<string>("--url") { Description = "the server", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var key = new Option<string?>("--key") { Description = "the integration's key (or OPSMONITOR_KEY)" };
        var speed = new Option<double>("--speed") { Description = "1 = as it happened, 60 = a minute a second, 0 = as fast as it goes", DefaultValueFactory = _ => 1 };
        var asWritten = new Option<bool>("--keep-times") { Description = "do not shift times (for a server started with --backfill)" };
        var start = new Option<string?>("--start") { Description = "go on with a run that began then and broke off (RFC 3339, as it was printed): what was taken counts as duplicate" };
        var run = new Option<string?>("--run") { Description = "a name that sets this run apart from others of the same file: added to the ids of events, tickets, contacts, callbacks and surveys" };
        var command = new Command("send", "Post a file as an integration would; the first event happens now (at another speed than 1: the last). "
            + "Ids stay as they are: a second run of a file has other times under the same ids, which a server refuses as id_reused, unless it is given --start or --run")
        { input, url, key, speed, asWritten, start, run };
        command.SetAction(async (parsed, stop) =>
        {
            var pace = parsed.GetValue(speed);
            if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address)) return CommandLine.Fail("--url: not an address (for example http://127.0.0.1:5080)");
            try
            {
                var began = CommandLine.Time("--start", parsed.GetValue(start));
                var report = await EventSender.RunAsync(new(parsed.GetValue(input)!, address, parsed.GetValue(key) ?? Environment.GetEnvironmentVariable("OPSMONITOR_KEY"), pace)
                {
                    // A server refuses what lies ahead of its clock; at any pace but the real one only the last event can be now.
                    Anchor = parsed.GetValue(asWritten) ? Anchor.None : pace == 1 ? Anchor.First : Anchor.Last,
                    Start = began is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null,
                    Run = parsed.GetValue(run),
                }, stop);
                Console.WriteLine($"sent {report.Sent}: {report.Accepted} accepted, {report.Duplicates} duplicates, {report.Rejected} rejected, {report.Skipped} lines skipped"
                    + (report.LastProblem is { } problem ? $"; last problem: {problem}" : ""));
                return report.Rejected + report.Skipped == 0 ? 0 : 1;
            }
            catch (SendException e)
            {
                return CommandLine.Fail(e.Message + (e.Report.Start is { } at ? $"; to go on with this run: --start {at:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}" : ""));
            }
            catch (Exception e) when (e is FormatException or IOException or InvalidDataException or ArgumentException) { return CommandLine.Fail(e.Message); }
        });
        return command;
    }
}
