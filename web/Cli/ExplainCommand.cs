using System.CommandLine;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Explain;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Replay;

namespace OpsMonitor.Web.Cli;

internal static class ExplainCommand
{
    public static Command Make()
    {
        var ticket = new Option<string>("--ticket") { Description = "the ticket's id", Required = true };
        var input = new Option<string[]>("--input") { Description = "files of events to explain from, instead of a server", AllowMultipleArgumentsPerToken = true };
        var policy = new Option<string?>("--policy") { Description = "with --input: folder with policies/, calendars/, departments.yaml" };
        var until = new Option<string?>("--until") { Description = "with --input: judge as of this time (default: the last event)" };
        var url = new Option<string>("--url") { Description = "the server", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var key = new Option<string?>("--key") { Description = "a key for another machine's server (or OPSMONITOR_KEY)" };
        var json = new Option<bool>("--json") { Description = "as JSON" };
        var command = new Command("explain", "Show each stretch of running, paused and closed time of a ticket's clocks, and why that policy")
            { ticket, input, policy, until, url, key, json };
        command.SetAction(async (parsed, stop) =>
        {
            try
            {
                var id = parsed.GetValue(ticket)!;
                var answer = parsed.GetValue(input) is { Length: > 0 } files
                    ? FromFiles(id, files, parsed.GetValue(policy), CommandLine.Time("--until", parsed.GetValue(until)))
                    : await FromServer(id, parsed.GetValue(url)!, parsed.GetValue(key) ?? Environment.GetEnvironmentVariable("OPSMONITOR_KEY"), stop);
                using var document = JsonDocument.Parse(answer);
                if (parsed.GetValue(json)) Console.WriteLine(document.RootElement.GetRawText());
                else ExplainText.Write(Console.Out, document.RootElement);
                return 0;
            }
            catch (Exception e) when (e is FormatException or InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException or ReferenceDataException or HttpRequestException)
            {
                return CommandLine.Fail(e.Message);
            }
        });
        return command;
    }

    private static byte[] FromFiles(string id, string[] files, string? policy, long? until)
    {
        var policies = PolicyFolder.Load(policy, ReferenceData.Load(policy));
        var intake = new Intake(until);
        foreach (var file in files) intake.Read(file, null);
        var subject = new Subject(SubjectKind.Ticket, id);
        var history = intake.Events().Where(e => e.Subject == subject).Order().ToList();
        if (history.Count == 0) throw new InvalidDataException($"no event of the files names ticket {id}");
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            ExplainJson.Write(writer, id, history, policies, intake.Until ?? history[^1].At);
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private static async Task<byte[]> FromServer(string id, string url, string? key, CancellationToken stop)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address)) throw new FormatException("--url: not an address (for example http://127.0.0.1:5080)");
        using var client = new HttpClient();
        if (key is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using var answer = await client.GetAsync(new Uri(address, $"/api/v1/tickets/{Uri.EscapeDataString(id)}/explain"), stop);
        if (!answer.IsSuccessStatusCode) throw new InvalidDataException($"the server answers {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(stop)}");
        return await answer.Content.ReadAsByteArrayAsync(stop);
    }
}
