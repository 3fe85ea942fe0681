using System.CommandLine;

namespace OpsMonitor.Web.Cli;

/// <summary>Asks a server whether it is ready, for a container's health check: its image has no other program that could.</summary>
internal static class HealthCommand
{
    public static Command Make()
    {
        var url = new Option<string>("--url") { Description = "the server", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var command = new Command("health", "Exit code 0 when a server is ready to take events, 1 when not") { url };
        command.SetAction(async (parsed, stop) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address)) return CommandLine.Fail("--url: not an address (for example http://127.0.0.1:5080)");
            try
            {
                using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(3) };
                using var answer = await client.GetAsync(new Uri(address, "/health/ready"), stop);
                Console.WriteLine(await answer.Content.ReadAsStringAsync(stop));
                return answer.IsSuccessStatusCode ? 0 : 1;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                Console.WriteLine(e.Message);
                return 1;
            }
        });
        return command;
    }
}
