using System.CommandLine;
using System.Text.Json;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Cli;

/// <summary><c>policy save</c>: one file, to a running server, with its dry run printed.</summary>
internal static class PolicySaveCommand
{
    public static Command Make()
    {
        var file = new Option<string>("--file") { Description = "the policy or calendar (YAML)", Required = true };
        var kind = new Option<string>("--kind") { Description = "policy or calendar", DefaultValueFactory = _ => "policy" };
        kind.AcceptOnlyFromAmong("policy", "calendar");
        var url = new Option<string>("--url") { Description = "the server", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var key = new Option<string?>("--key") { Description = "a key with the scope admin (or OPSMONITOR_KEY)" };
        var only = new Option<bool>("--dry-run") { Description = "say what it would do, save nothing" };
        var revision = new Option<int?>("--follows") { Description = "save only where this is the newest revision (default: whichever stands now)" };
        var command = new Command("save", "Save a policy or calendar on a running server; what it does to open tickets is printed (JSON)") { file, kind, url, key, only, revision };
        command.SetAction(async (parsed, stop) =>
        {
            try
            {
                if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address)) return CommandLine.Fail("--url: not an address (for example http://127.0.0.1:5080)");
                using var client = CommandLine.Client(address, parsed.GetValue(key), TimeSpan.FromMinutes(10));
                return await Run(client, parsed.GetValue(kind)!, await File.ReadAllTextAsync(parsed.GetValue(file)!, stop), parsed.GetValue(only), parsed.GetValue(revision), stop);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException or ReferenceDataException or JsonException) { return CommandLine.Fail(e.Message); }
        });
        return command;
    }

    private static async Task<int> Run(HttpClient client, string kind, string text, bool only, int? follows, CancellationToken stop)
    {
        if (only) return await Told(await client.PostAsync($"/api/v1/policies/dry-run?kind={kind}", Yaml(text), stop), stop);
        var id = YamlEntries.OneText(kind, text, kind == "calendar" ? CalendarReader.Keys : PolicyReader.Keys).Name();
        var folder = kind == "calendar" ? PolicyFolder.Calendars : PolicyFolder.Policies;
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/{folder}/{Uri.EscapeDataString(id)}") { Content = Yaml(text) };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{follows ?? await Newest(client, folder, id, stop)}\"");
        return await Told(await client.SendAsync(request, stop), stop);
    }

    private static async Task<int> Newest(HttpClient client, string folder, string id, CancellationToken stop)
    {
        using var answer = await client.GetAsync($"/api/v1/policies/{folder}/{Uri.EscapeDataString(id)}/history", stop);
        if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"the server answers {(int)answer.StatusCode} to reading the history; give --follows, or a key with the scope read as well");
        using var history = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(stop));
        return history.RootElement.GetProperty("saved") is var saved && saved.GetArrayLength() > 0 ? saved[0].GetProperty("revision").GetInt32() : 0;
    }

    private static async Task<int> Told(HttpResponseMessage answer, CancellationToken stop)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync(stop);
            if (answer.IsSuccessStatusCode) { Console.WriteLine(text); return 0; }
            using var problem = JsonDocument.Parse(text.Length > 0 ? text : "{}");
            var line = problem.RootElement.TryGetProperty("line", out var at) ? $"line {at.GetInt32()}: " : "";
            return CommandLine.Fail($"not saved: {line}{(problem.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() : $"the server answers {(int)answer.StatusCode}")}");
        }
    }

    private static StringContent Yaml(string text) => new(text, System.Text.Encoding.UTF8, "application/yaml");
}
