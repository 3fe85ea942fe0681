using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Tests.Web.Replay;
using Xunit;

namespace OpsMonitor.Tests.Processes;

/// <summary>
/// One real incident log by two ways, read from the file by <c>replay</c>, and posted by ten clients at once to the real program, shuffled and
/// with every third event sent twice: every number of every scope is the same text. Skipped where the log is absent.
/// </summary>
public sealed class IncidentLogTests(ReplayRun run, ITestOutputHelper output) : IClassFixture<ReplayRun>
{
    private const int Clients = 10, BatchSize = 250, PageSize = 1_000, Seed = 20_160_229;
    private const string BeforeTheFirst = "2016-01-01T00:00:00Z";

    // After the last event of the log, 2017-02-18; and amid it, where promises run, are at risk and are broken.
    private const string AfterAll = "2017-03-01T00:00:00Z", Amid = "2016-05-31T23:59:00Z";

    private string Log => run.Converted("uci-incidents", "data/uci_servicenow_incidents.csv.gz");

    [Fact(Timeout = 300_000)]
    public async Task The_whole_log_by_ten_clients_gives_the_numbers_of_the_file()
    {
        var replayed = run.Once(PolicySet.Default, Log, AfterAll);
        using var folder = new TemporaryFolder();
        using var server = await ServerProcess.StartAsync(folder.Path, "--backfill", "--until", AfterAll);
        using var client = await Posted(server, AfterAll);

        var all = await SameInEveryScope(client, replayed, AfterAll);
        Assert.Equal((24_918, 331), (all.GetProperty("tickets.created").GetInt64(), all.GetProperty("tickets.reopened").GetInt64()));
        // 12 closings were undone and done again, each in the cohort of its own; reopened later than 30 days after is not in the rate.
        Assert.Equal("""{"value":0.010991,"num":274,"n":24930}""", all.GetProperty("reopen_rate").GetRawText());

        var tickets = await Tickets(client);
        Assert.Equal(File.ReadLines(replayed.Rows).Select(l => JsonElement.Parse(l)).Select(r => Told(r, r.GetProperty("subject").GetString()!["ticket/".Length..])), tickets.Select(t => t.Text));
        Assert.Equal((24_918, 275, 331L), (tickets.Count, tickets.Count(t => t.Reopened > 0), tickets.Sum(t => t.Reopened)));
        server.Kill();
    }

    [Fact(Timeout = 300_000)]
    public async Task Amid_the_log_what_runs_and_what_is_broken_is_the_same_too()
    {
        var replayed = run.Replay(PolicySet.Default, Log, Amid);
        using var folder = new TemporaryFolder();
        using var server = await ServerProcess.StartAsync(folder.Path, "--backfill", "--until", Amid);
        using var client = await Posted(server, Amid);

        var all = await SameInEveryScope(client, replayed, Amid);
        Assert.Equal(1_181, all.GetProperty("tickets.unresolved").GetInt64());
        Assert.NotEqual(0, replayed.Total().GetProperty("sla.resolution.breached_open").GetInt64());
        server.Kill();
    }

    [Fact]
    public void Neither_order_nor_doubling_of_the_log_changes_a_byte_of_the_report()
    {
        var lines = File.ReadAllLines(Log);
        var shuffled = run.PathOf("uci-shuffled.ndjson");
        File.WriteAllLines(shuffled, Shuffled(lines));

        var straight = run.Once(PolicySet.Default, Log, AfterAll);
        var other = run.Replay(PolicySet.Default, shuffled, AfterAll);

        Assert.Equal((lines.Length, (lines.Length + 2) / 3), (other.Summary.Accepted, other.Summary.Duplicates));
        Assert.True(File.ReadAllBytes(straight.Report).AsSpan().SequenceEqual(File.ReadAllBytes(other.Report)), "the reports differ");
        Assert.True(File.ReadAllBytes(straight.Rows).AsSpan().SequenceEqual(File.ReadAllBytes(other.Rows)), "the rows differ");
    }

    /// <summary>Posts the log up to the instant and hands back a client to read with.</summary>
    private async Task<HttpClient> Posted(ServerProcess server, string until)
    {
        var end = Ms(until);
        // A live server refuses what lies ahead of it; a replay leaves it out. So the senders do not send it.
        var lines = File.ReadLines(Log).Where(l => EventReader.Read(Encoding.UTF8.GetBytes(l)).Event!.At <= end).ToArray();
        var offered = Shuffled(lines);
        var clock = Stopwatch.StartNew();
        var answers = await Task.WhenAll(offered.Chunk((offered.Length / Clients) + 1).Select(part => PostAll(server, part)));
        Assert.Equal((lines.Length, offered.Length - lines.Length), (answers.Sum(a => a.Accepted), answers.Sum(a => a.Duplicate)));
        output.WriteLine($"{offered.Length} events by {answers.Length} clients in {clock.Elapsed.TotalSeconds:F1} s: {lines.Length} accepted, {offered.Length - lines.Length} duplicates");
        return ServerClient.With(server.Root, server.FirstKey!);
    }

    private static async Task<(int Accepted, int Duplicate)> PostAll(ServerProcess server, string[] events)
    {
        using var client = ServerClient.With(server.Root, server.FirstKey!);
        var (accepted, duplicate) = (0, 0);
        foreach (var batch in events.Chunk(BatchSize))
        {
            var answer = await ServerClient.PostAsync(client, batch);
            (accepted, duplicate) = (accepted + answer.Accepted, duplicate + answer.Duplicate);
        }
        return (accepted, duplicate);
    }

    /// <summary>Compares every scope of the report and hands back the closed interval of <c>all</c>.</summary>
    private async Task<JsonElement> SameInEveryScope(HttpClient client, Replayed replayed, string until)
    {
        var (closedOfAll, compared, scopes) = (default(JsonElement), 0, 0);
        foreach (var scope in replayed.Root.GetProperty("scopes").EnumerateObject())
        {
            // Sums are kept by the minute, and the minute of until belongs to the report.
            var closed = await Metrics(client, scope.Name, $"{BeforeTheFirst}/{DateTimeOffset.FromUnixTimeMilliseconds(Ms(until) + 60_000):yyyy-MM-dd'T'HH:mm:ss'Z'}");
            var byHttp = Texts(closed);
            // What is true at until is no sum over an interval: the API has it in the windows that end now.
            foreach (var (name, text) in Texts(await Metrics(client, scope.Name, "now"))) byHttp.TryAdd(name, text);
            var byFile = Texts(scope.Value.GetProperty("total"));
            SameButForTheirAge(byFile, byHttp);
            Assert.Empty(byFile.Except(byHttp).Select(m => $"{scope.Name} {m.Key}: {m.Value} by file, {byHttp.GetValueOrDefault(m.Key, "nothing")} by HTTP"));
            Assert.Empty(byHttp.Keys.Except(byFile.Keys).Select(name => $"{scope.Name} {name}: {byHttp[name]} by HTTP alone"));
            if (scope.Name == "all") closedOfAll = closed;
            (compared, scopes) = (compared + byHttp.Count, scopes + 1);
        }
        output.WriteLine($"{compared} numbers of {scopes} scopes are the same by file and by HTTP, as of {until}");
        return closedOfAll;
    }

    // The server answers years after the log: its tickets are as many, but older.
    private static void SameButForTheirAge(SortedDictionary<string, string> byFile, SortedDictionary<string, string> byHttp)
    {
        Assert.Equal(Open(byFile), Open(byHttp));
        byFile.Remove("ageing");
        byHttp.Remove("ageing");

        static long Open(SortedDictionary<string, string> table) => JsonDocument.Parse(table["ageing"]).RootElement.EnumerateObject().Sum(band => band.Value.GetInt64());
    }

    private static async Task<JsonElement> Metrics(HttpClient client, string scope, string window) =>
        (await ServerClient.GetAsync(client, $"/api/v1/metrics?scope={Uri.EscapeDataString(scope.Replace('/', ':'))}&window={window}")).GetProperty("metrics");

    private static SortedDictionary<string, string> Texts(JsonElement table) =>
        new(table.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetRawText()), StringComparer.Ordinal);

    private static async Task<List<(string Text, long Reopened)>> Tickets(HttpClient client)
    {
        var all = new List<(string, long)>();
        string? cursor = null;
        do
        {
            var page = await ServerClient.GetAsync(client, $"/api/v1/tickets?limit={PageSize}{(cursor is null ? "" : "&cursor=" + cursor)}");
            all.AddRange(page.GetProperty("items").EnumerateArray().Select(t => (Told(t, t.GetProperty("id").GetString()!), t.GetProperty("reopened").GetInt64())));
            cursor = page.GetProperty("cursor").GetString();
        }
        while (cursor is not null);
        return all;
    }

    private static string Told(JsonElement row, string id) => $"{id} {row.GetProperty("state")} {row.GetProperty("department_id")} {row.GetProperty("reopened")}";

    private static string[] Shuffled(string[] lines)
    {
        var sent = lines.Concat(lines.Where((_, i) => i % 3 == 0)).ToArray();
        new Random(Seed).Shuffle(sent);
        return sent;
    }

    private static long Ms(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
