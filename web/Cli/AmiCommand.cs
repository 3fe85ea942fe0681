using System.CommandLine;
using OpsMonitor.Web.Adapters;
using OpsMonitor.Web.Send;

namespace OpsMonitor.Web.Cli;

internal static class AmiCommand
{
    public static Command Make()
    {
        var host = new Option<string>("--host") { Description = "where Asterisk's manager listens", DefaultValueFactory = _ => "127.0.0.1" };
        var port = new Option<int>("--port") { Description = "its port", DefaultValueFactory = _ => 5038 };
        var user = new Option<string>("--user") { Description = "the manager's account, with read = agent,call", Required = true };
        var secret = new Option<string>("--secret-file") { Description = "file with the account's secret", Required = true };
        var url = new Option<string>("--url") { Description = "the server", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var key = new Option<string?>("--key") { Description = "the integration's key (or OPSMONITOR_KEY)" };
        var command = new Command("ami", "Listen to Asterisk's manager interface and tell the server what happens (docs/adapters.md); tail-asterisk is better where the log can be read") { host, port, user, secret, url, key };
        command.SetAction(async (parsed, stop) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address)) return CommandLine.Fail("--url: not an address (for example http://127.0.0.1:5080)");
            try
            {
                var options = new AmiOptions(parsed.GetValue(host)!, parsed.GetValue(port), parsed.GetValue(user)!, File.ReadAllText(parsed.GetValue(secret)!).Trim(),
                    address, parsed.GetValue(key) ?? Environment.GetEnvironmentVariable("OPSMONITOR_KEY"));
                var listener = new AmiListener(options, static said => Console.Error.WriteLine($"opsmonitor: {said}"));
                await listener.RunAsync(stop);
                Console.WriteLine($"sent {listener.Sent}, {listener.Breaks} breaks");
                return 0;
            }
            catch (Exception e) when (e is SendException or AmiRefusedException or IOException or UnauthorizedAccessException) { return CommandLine.Fail(e.Message); }
        });
        return command;
    }
}
