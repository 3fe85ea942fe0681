using System.Globalization;
using System.Text.Json;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Processes;

/// <summary>A promise that falls due while nobody is there to see it: the next start tells it at once, with its true time, and only once.</summary>
public sealed class DeadlineWhileDownTests(ITestOutputHelper output)
{
    private const int PromiseMs = 8_000, DownForS = 6;

    private const string Promise = """
        id: short
        clocks:
          - id: first_response
            start: ticket.created
            stop: [ticket.replied]
            limit: {value: 8, unit: second}
            warn: []
        """;

    private static int DownS =>
        int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_DOWN_S"), CultureInfo.InvariantCulture, out var wanted) ? wanted : DownForS;

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    [Fact(Timeout = 300_000)]
    public async Task A_promise_that_fell_due_while_the_process_was_dead_is_raised_at_the_start_with_its_true_time_and_once()
    {
        using var folder = new TemporaryFolder();
        var policies = Directory.CreateDirectory(Path.Combine(folder.Path, "rules", "policies"));
        await File.WriteAllTextAsync(Path.Combine(policies.FullName, "short.yaml"), Promise);
        Task<ServerProcess> Start() => ServerProcess.StartAsync(Path.Combine(folder.Path, "data"), "--policy", policies.Parent!.FullName);

        string key;
        var created = 0L;
        using (var server = await Start())
        {
            using var client = ServerClient.With(server.Root, key = server.FirstKey!);
            await ServerClient.PostAsync(client, [Ticket("T-1", created = Now)]);
            Assert.Empty(await Alerts(client));
            server.Kill();
        }
        var due = created + PromiseMs;
        Assert.True(Now < due, "too slow to be dead before the promise fell due");
        await Task.Delay(TimeSpan.FromMilliseconds(due - Now + (DownS * 1_000)));

        string raised;
        var starting = Now;
        using (var server = await Start())
        {
            var up = Now;
            using var client = ServerClient.With(server.Root, key);
            var alert = JsonElement.Parse(raised = Assert.Single(await Alerts(client)));
            var listed = Now;
            Assert.Equal(("ticket/T-1", "first_response", "red", "raised"), (Text(alert, "subject"), Text(alert, "clock"), Text(alert, "level"), Text(alert, "state")));
            Assert.Equal((due, due), (alert.GetProperty("due_at").GetInt64(), alert.GetProperty("raised_at").GetInt64()));
            Assert.InRange(alert.GetProperty("lateness_ms").GetInt64(), starting - due, up - due);
            Assert.Equal(1, await RaisedSinceStart(client));
            output.WriteLine($"down for {starting - due} ms past due; up {up - starting} ms after the start, listed {listed - up} ms after that; lateness_ms {alert.GetProperty("lateness_ms")}");
            server.Kill();
        }

        // From the journal, where a tick is a frame without events; then a clean stop; then from the snapshot that it wrote.
        for (var start = 1; start <= 3; start++)
        {
            using var server = await Start();
            using var client = ServerClient.With(server.Root, key);
            await ServerClient.PostAsync(client, [Call($"c-{start}", Now)]);
            Assert.Equal(raised, Assert.Single(await Alerts(client)));
            Assert.Equal(0, await RaisedSinceStart(client));
            if (start == 2) await server.StopAsync(); else server.Kill();
        }
    }

    // That alerts were noticed late has an alert of its own, which is about no ticket.
    private static async Task<string[]> Alerts(HttpClient client) =>
        [.. (await ServerClient.GetAsync(client, "/api/v1/alerts")).GetProperty("alerts").EnumerateArray().Where(a => Text(a, "rule") != "late_detection").Select(a => a.GetRawText())];

    private static async Task<long> RaisedSinceStart(HttpClient client)
    {
        const string Name = "opsmonitor_detection_lateness_ms_count ";
        var lines = (await client.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Split('\n');
        return long.Parse(lines.Single(l => l.StartsWith(Name, StringComparison.Ordinal))[Name.Length..], CultureInfo.InvariantCulture);
    }

    private static string? Text(JsonElement alert, string name) => alert.GetProperty(name).GetString();

    private static string Ticket(string id, long at) =>
        Event(id, "ticket.created", at, "ticket/" + id, """{"kind":"complaint","channel":"phone","department_id":"billing","priority":1}""");

    // Work of the ordinary kind that promises nothing.
    private static string Call(string id, long at) => Event(id, "contact.queued", at, "contact/" + id, """{"queue_id":"q1"}""");

    private static string Event(string id, string type, long at, string subject, string data) =>
        $$"""{"specversion":"1.0","id":"{{id}}","source":"crm","type":"{{type}}","time":"{{DateTimeOffset.FromUnixTimeMilliseconds(at):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}","subject":"{{subject}}","data":{{data}}}""";
}
