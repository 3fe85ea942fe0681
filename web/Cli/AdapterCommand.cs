using System.CommandLine;
using System.Text.Json;

namespace OpsMonitor.Web.Cli;

/// <summary><c>adapter kept</c> and <c>adapter again</c>: what a running server could not translate, and to try it again.</summary>
internal static class AdapterCommand
{
    public static Command Make() => new("adapter", "What an adapter of a running server could not translate")
    {
        One("kept", "How many rows wait, and what they would become by the mapping as it is now (JSON)", "a key with the scope read (or OPSMONITOR_KEY); none on the server's own machine",
            static (client, name, stop) => client.GetAsync($"/api/v1/adapters/{name}/kept", stop)),
        One("again", "Translate what waits by the mapping as it is now; what still cannot be translated goes on waiting (JSON)", "a key with the scope admin (or OPSMONITOR_KEY)",
            static (client, name, stop) => client.PostAsync($"/api/v1/adapters/{name}/again", null, stop)),
    };

    private static Command One(string verb, string description, string keyOf, Func<HttpClient, string, CancellationToken, Task<HttpResponseMessage>> ask)
    {
        var name = new Argument<string>("name") { Description = "the adapter, as it stands in its address" };
        var url = new Option<string>("--url") { Description = "the server", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var key = new Option<string?>("--key") { Description = keyOf };
        var command = new Command(verb, description) { name, url, key };
        command.SetAction(async (parsed, stop) =>
        {
            try
            {
                if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address)) return CommandLine.Fail("--url: not an address (for example http://127.0.0.1:5080)");
                using var client = CommandLine.Client(address, parsed.GetValue(key), TimeSpan.FromMinutes(30));
                using var answer = await ask(client, Uri.EscapeDataString(parsed.GetValue(name)!), stop);
                var text = await answer.Content.ReadAsStringAsync(stop);
                if (!answer.IsSuccessStatusCode) return CommandLine.Fail(Detail(text) ?? $"the server answers {(int)answer.StatusCode}");
                Console.WriteLine(text);
                return 0;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException) { return CommandLine.Fail(e.Message); }
        });
        return command;
    }

    private static string? Detail(string text)
    {
        try { return JsonElement.Parse(text).GetProperty("detail").GetString(); }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException) { return null; }
    }
}
