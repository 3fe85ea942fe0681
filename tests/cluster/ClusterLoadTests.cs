using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OpsMonitor.Tests.Processes;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Cluster;

/// <summary>
/// A measurement, run when asked for: one machine, then one, two and three nodes, the same load on each. On one computer all of them share its
/// cores with the storage and the senders, so what grows with the nodes is the work per event, not the throughput: read the cost.
/// </summary>
public sealed class ClusterLoadTests(ITestOutputHelper output)
{
    private const int Senders = 8, TicketsPerBatch = 20;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6), Window = TimeSpan.FromSeconds(12);

    private int _tickets;

    [Fact(Explicit = true)]
    public async Task Throughput_latency_and_cost_of_one_to_three_nodes()
    {
        using (var folder = new TemporaryFolder())
        using (var server = await ServerProcess.StartAsync(folder.Path))
            await Measure("one machine", [server], _ => ServerClient.With(server.Root, server.FirstKey!));
        for (var n = 1; n <= 3; n++)
        {
            using var nodes = new Nodes();
            for (var i = 1; i <= n; i++) await nodes.StartAsync(i);
            await Measure($"{n} node(s)", [.. Enumerable.Range(1, n).Select(i => nodes[i])], sender => nodes.Client((sender % n) + 1));
        }
    }

    private async Task Measure(string what, IReadOnlyList<ServerProcess> servers, Func<int, HttpClient> client)
    {
        await Load(client, WarmUp);
        var cpu = servers.Sum(s => s.CpuMs);
        var waits = await Load(client, Window);
        var events = waits.Count * TicketsPerBatch * 5;
        waits.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-12} {events / Window.TotalSeconds,8:F0} events/s  ack p50 {waits[waits.Count / 2],5:F0} ms  p99 {waits[waits.Count * 99 / 100],5:F0} ms  {(servers.Sum(s => s.CpuMs) - cpu) * 1000.0 / events,6:F0} us of processor an event, storage not counted"));
    }

    private async Task<List<double>> Load(Func<int, HttpClient> client, TimeSpan time)
    {
        using var end = new CancellationTokenSource(time);
        var waits = await Task.WhenAll(Enumerable.Range(0, Senders).Select(s => Task.Run(() => Send(client(s), end.Token))));
        return [.. waits.SelectMany(w => w)];
    }

    private async Task<List<double>> Send(HttpClient client, CancellationToken end)
    {
        using var own = client;
        var waits = new List<double>();
        while (!end.IsCancellationRequested)
        {
            var batch = Enumerable.Range(0, TicketsPerBatch).SelectMany(_ => Life(Interlocked.Increment(ref _tickets))).ToList();
            var watch = Stopwatch.StartNew();
            await ServerClient.PostAsync(client, batch);
            waits.Add(watch.Elapsed.TotalMilliseconds);
        }
        return waits;
    }

    private static IEnumerable<string> Life(int ticket)
    {
        var at = DateTimeOffset.UtcNow.AddMinutes(-1);
        yield return Text(ticket, at, "created", new { kind = "complaint", channel = "phone", priority = 2, department_id = $"dep-{ticket % 20}" });
        yield return Text(ticket, at.AddSeconds(1), "acknowledged", new { method = "phone" });
        yield return Text(ticket, at.AddSeconds(2), "assigned", new { assignee = "agent-17" });
        yield return Text(ticket, at.AddSeconds(3), "replied", new { method = "phone" });
        yield return Text(ticket, at.AddSeconds(4), "classified", new { category = "invoice", priority = 2 });
    }

    private static string Text(int ticket, DateTimeOffset at, string type, object data) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["specversion"] = "1.0", ["id"] = $"{ticket}-{type}", ["source"] = "load/crm", ["type"] = "ticket." + type,
        ["time"] = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), ["subject"] = $"ticket/L-{ticket}", ["data"] = data,
    });
}
