using System.CommandLine;
using System.Net.Http.Headers;

namespace OpsMonitor.Web.Cli;

/// <summary>Asks a server for the numbers of a scope, now or at a past instant.</summary>
internal static class MetricsCommand
{
    public static Command Make()
    {
        var url = new Option<string>("--url") { Description = "the server", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var key = new Option<string?>("--key") { Description = "a key that may read (or OPSMONITOR_KEY); none is needed on the server's own machine" };
        var scope = new Option<string>("--scope") { Description = "all, queue:ID, department:ID or departments:ID,ID", DefaultValueFactory = _ => "all" };
        var window = new Option<string?>("--window") { Description = "now, 30m, 60m, today, 7d, 30d, month or FROM/TO" };
        var at = new Option<string?>("--at") { Description = "a past instant, RFC 3339" };
        var view = new Option<string?>("--view") { Description = "with --at: known (by all that is known now) | shown (what was on the wall then)" };
        view.AcceptOnlyFromAmong("known", "shown");
        var command = new Command("metrics", "Print the numbers of a scope (JSON), now or at any past instant") { url, key, scope, window, at, view };
        command.SetAction(async (parsed, stop) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address)) return CommandLine.Fail("--url: not an address (for example http://127.0.0.1:5080)");
            var query = string.Join('&', new[] { ("scope", parsed.GetValue(scope)), ("window", parsed.GetValue(window)), ("at", parsed.GetValue(at)), ("view", parsed.GetValue(view)) }
                .Where(static p => p.Item2 is not null).Select(static p => $"{p.Item1}={Uri.EscapeDataString(p.Item2!)}"));
            try
            {
                using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/api/v1/metrics?" + query));
                if ((parsed.GetValue(key) ?? Environment.GetEnvironmentVariable("OPSMONITOR_KEY")) is { } secret) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
                using var answer = await client.SendAsync(request, stop);
                Console.WriteLine(await answer.Content.ReadAsStringAsync(stop));
                return answer.IsSuccessStatusCode ? 0 : 1;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { return CommandLine.Fail(e.Message); }
        });
        return command;
    }
}
