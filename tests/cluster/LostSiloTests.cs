using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OpsMonitor.Tests.Processes;
using Xunit;

namespace OpsMonitor.Tests.Cluster;

/// <summary>Three nodes as processes; one is killed, or all are replaced one by one, under load.</summary>
public sealed class LostSiloTests(ITestOutputHelper output)
{
    private const int Senders = 3, BatchTickets = 20, Promises = 60;

    private int _batches;
    private long _acknowledged, _longestWaitMs;

    [Fact(Timeout = 480_000)]
    public async Task A_killed_silo_loses_nothing_and_its_promises_are_told_by_the_others()
    {
        using var nodes = new Nodes();
        foreach (var n in new[] { 1, 2, 3 }) await nodes.StartAsync(n);
        using var first = nodes.Client(1);
        var due = Whole(DateTimeOffset.UtcNow.AddSeconds(9));
        await Promise(first, due);
        using var end = new CancellationTokenSource();
        var senders = Enumerable.Range(0, Senders).Select(s => Task.Run(() => Send(nodes, s, end.Token))).ToArray();
        await Task.Delay(5_000);
        nodes[3].Kill();
        var killed = Stopwatch.StartNew();
        var alerts = await Alerts(first, killed, due);
        await Task.Delay(2_000);
        await end.CancelAsync();
        await Task.WhenAll(senders);

        Assert.All(alerts, a => Assert.Equal(due.ToUnixTimeMilliseconds(), a.GetProperty("due_at").GetInt64()));
        var late = alerts.Select(a => a.GetProperty("lateness_ms").GetInt64()).Order().ToList();
        output.WriteLine($"{Promises} promises fell due 4 s after the kill: detection lateness p50 {late[late.Count / 2]} ms, max {late[^1]} ms");
        output.WriteLine($"{_acknowledged} tickets acknowledged; longest wait for an acknowledgement, retries included, {_longestWaitMs} ms");
        await Counted(nodes, [1, 2], _acknowledged + Promises);
    }

    [Fact(Timeout = 480_000)]
    public async Task All_nodes_are_replaced_one_by_one_while_events_come_and_boards_are_read()
    {
        using var nodes = new Nodes();
        foreach (var n in new[] { 1, 2, 3 }) await nodes.StartAsync(n);
        using var end = new CancellationTokenSource();
        var senders = Enumerable.Range(0, Senders).Select(s => Task.Run(() => Send(nodes, s, end.Token))).ToArray();
        var reader = Task.Run(() => Read(nodes, end.Token));
        foreach (var n in new[] { 1, 2, 3 })
        {
            await Task.Delay(1_500);
            await nodes[n].StopAsync();
            await nodes.StartAsync(n);
        }
        await end.CancelAsync();
        await Task.WhenAll(senders);
        var (reads, gapMs, backwards) = await reader;
        output.WriteLine($"{_acknowledged} tickets acknowledged; {reads} readings, longest without an answer {gapMs} ms; longest wait for an acknowledgement {_longestWaitMs} ms");
        Assert.Equal(0, backwards);
        Assert.InRange(gapMs, 0, 5_000);
        await Counted(nodes, [1, 2, 3], _acknowledged);
    }

    // A ticket whose first reply is due at that instant: priority 2 has an hour.
    private static async Task Promise(HttpClient client, DateTimeOffset due) => await ServerClient.PostAsync(client, Enumerable.Range(0, Promises).Select(i =>
        Created($"due-{i}", due - TimeSpan.FromHours(1), $"dep-{i % 8}")));

    private async Task<List<JsonElement>> Alerts(HttpClient client, Stopwatch killed, DateTimeOffset due)
    {
        for (var patience = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            var alerts = (await ServerClient.GetAsync(client, "/api/v1/alerts")).GetProperty("alerts").EnumerateArray()
                .Where(a => a.GetProperty("clock").GetString() == "first_response" && a.GetProperty("level").GetString() == "red" && a.GetProperty("ticket").GetString()!.StartsWith("due-", StringComparison.Ordinal)).ToList();
            if (alerts.Count == Promises)
            {
                output.WriteLine($"all alerts on another node's board {killed.ElapsedMilliseconds} ms after the kill, {(DateTimeOffset.UtcNow - due).TotalMilliseconds:F0} ms after they were due");
                return alerts;
            }
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(60), $"{alerts.Count} of {Promises} alerts after a minute");
        }
    }

    private async Task Send(Nodes nodes, int sender, CancellationToken end)
    {
        var (node, client) = ((sender % 3) + 1, (HttpClient?)null);
        while (!end.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _batches);
            var now = DateTimeOffset.UtcNow;
            var batch = Enumerable.Range(0, BatchTickets).Select(i => Created($"t-{number}-{i}", now, $"dep-{number % 8}")).ToList();
            var waited = Stopwatch.StartNew();
            while (true)
            {
                try
                {
                    client ??= nodes.Client(node);
                    await ServerClient.PostAsync(client, batch);
                    break;
                }
                catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException or Xunit.Sdk.TrueException)
                {
                    client?.Dispose();
                    (node, client) = ((node % 3) + 1, null); // as a load balancer would
                    await Task.Delay(50, CancellationToken.None);
                }
            }
            Interlocked.Add(ref _acknowledged, BatchTickets);
            lock (nodes) _longestWaitMs = Math.Max(_longestWaitMs, waited.ElapsedMilliseconds);
        }
        client?.Dispose();
    }

    private static async Task<(int Reads, long GapMs, int Backwards)> Read(Nodes nodes, CancellationToken end)
    {
        var (reads, gap, backwards, node) = (0, 0L, 0, 1);
        var shown = new Dictionary<HttpClient, long>();
        var last = Stopwatch.StartNew();
        HttpClient? client = null;
        while (!end.IsCancellationRequested)
        {
            try
            {
                client ??= nodes.Client(node);
                var count = await CreatedOn(client);
                if (count < shown.GetValueOrDefault(client)) backwards++;
                shown[client] = count;
                reads++;
                gap = Math.Max(gap, last.ElapsedMilliseconds);
                last.Restart();
                await Task.Delay(100, CancellationToken.None);
            }
            catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
            {
                (node, client) = ((node % 3) + 1, null);
            }
        }
        return (reads, gap, backwards);
    }

    private async Task Counted(Nodes nodes, int[] numbers, long expected)
    {
        foreach (var number in numbers)
        {
            using var client = nodes.Client(number);
            var patience = Stopwatch.StartNew();
            long counted;
            while ((counted = await CreatedOn(client)) != expected && patience.Elapsed < TimeSpan.FromSeconds(30)) await Task.Delay(200);
            Assert.Equal(expected, counted);
            output.WriteLine($"node {number}: {counted} tickets, each once, {patience.ElapsedMilliseconds} ms after the last was acknowledged");
        }
    }

    private static async Task<long> CreatedOn(HttpClient client)
    {
        var window = $"{Iso(DateTimeOffset.UtcNow.AddDays(-1))}/{Iso(DateTimeOffset.UtcNow.AddMinutes(2))}";
        return (await ServerClient.GetAsync(client, $"/api/v1/metrics?scope=all&window={window}")).GetProperty("metrics").GetProperty("tickets.created").GetInt64();
    }

    private static string Created(string ticket, DateTimeOffset at, string department) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["specversion"] = "1.0", ["id"] = "e-" + ticket, ["source"] = "test/crm", ["type"] = "ticket.created", ["time"] = Iso(at), ["subject"] = "ticket/" + ticket,
        ["data"] = new Dictionary<string, object> { ["kind"] = "complaint", ["channel"] = "phone", ["priority"] = 2, ["department_id"] = department },
    });

    private static DateTimeOffset Whole(DateTimeOffset at) => DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());

    private static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
