using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Tests.Web.Board;
using Xunit;

namespace OpsMonitor.Tests.Processes;

/// <summary>
/// The balancer's own configuration in a real nginx, before two servers on loopback. Only the places of things are changed: its port, its
/// temporary files, who the nodes are. Skipped where there is no nginx.
/// </summary>
public sealed class BalancerTests(ITestOutputHelper output) : IDisposable
{
    private const int Walls = 24;

    private readonly TemporaryFolder _one = new(), _two = new(), _files = new();
    private Process? _nginx;

    public void Dispose()
    {
        if (_nginx is { HasExited: false }) _nginx.Kill();
        _nginx?.Dispose();
        foreach (var folder in new[] { _one, _two, _files }) folder.Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_wall_stays_with_its_node_and_moves_when_that_one_dies_and_no_event_is_lost()
    {
        using var one = await ServerProcess.StartAsync(_one.Path);
        File.Copy(Path.Combine(_one.Path, "keys.json"), Path.Combine(_two.Path, "keys.json")); // nodes share their keys
        using var two = await ServerProcess.StartAsync(_two.Path);
        var (key, nodes) = (one.FirstKey!, new[] { one.Root, two.Root });
        var (exit, reader) = await ServerProcess.RunAsync("key", "add", "--data", _one.Path, "--name", "walls", "--scope", "read");
        Assert.True(exit == 0, reader);
        File.Copy(Path.Combine(_one.Path, "keys.json"), Path.Combine(_two.Path, "keys.json"), overwrite: true);
        var root = await Start(nodes, $"Bearer {reader.Trim()}");

        await KeysAreAskedForWhereTheyMust(root, key);

        var cookies = await Task.WhenAll(Enumerable.Range(0, Walls).Select(_ => Cookie(root)));
        var first = await Task.WhenAll(cookies.Select(c => Epoch(root, c)));
        Assert.Equal(first, await Task.WhenAll(cookies.Select(c => Epoch(root, c)))); // sticky
        Assert.Equal(2, first.Distinct().Count()); // and spread
        output.WriteLine($"{Walls} walls: {first.Count(e => e == first[0])} on one node, the others on the other");

        using var sender = ServerClient.With(root, key);
        for (var i = 0; i < 10; i++) Assert.Equal((1, 0), await ServerClient.PostAsync(sender, [Ticket(i)]));
        one.Kill();
        for (var i = 10; i < 30; i++) Assert.Equal((1, 0), await ServerClient.PostAsync(sender, [Ticket(i)])); // nobody saw a failure
        var moved = await Task.WhenAll(cookies.Select(c => Epoch(root, c)));
        Assert.Single(moved.Distinct());
        Assert.Contains(moved[0], first);
        two.Kill();
    }

    private static async Task KeysAreAskedForWhereTheyMust(Uri root, string key)
    {
        using var nobody = new HttpClient { BaseAddress = root };
        using var somebody = ServerClient.With(root, key);
        using var stranger = ServerClient.With(root, "om_live_wrong_key");
        using var byHeader = new HttpClient { BaseAddress = root, DefaultRequestHeaders = { { "X-API-Key", key } } };
        async Task<HttpStatusCode> Get(HttpClient client, string path) => (await client.GetAsync(new Uri(path, UriKind.Relative))).StatusCode;
        foreach (var path in new[] { "/board/all", "/api/v1/metrics?scope=all&window=60m", "/health/ready", "/health/balancer" }) Assert.Equal(HttpStatusCode.OK, await Get(nobody, path));
        Assert.Equal(HttpStatusCode.Unauthorized, await Get(stranger, "/api/v1/metrics?scope=all&window=60m")); // judged by his own key
        foreach (var path in new[] { "/metrics", "/openapi/v1.json", "/api/v1/customers/c-1" }) Assert.Equal(HttpStatusCode.Unauthorized, await Get(nobody, path));
        Assert.Equal(HttpStatusCode.OK, await Get(somebody, "/metrics"));
        Assert.Equal(HttpStatusCode.OK, await Get(byHeader, "/api/v1/metrics?scope=all&window=60m"));
        using var refused = await nobody.PostAsync(new Uri("/api/v1/events", UriKind.Relative), new StringContent("{}"));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    private static async Task<string> Cookie(Uri root)
    {
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false });
        using var page = await client.GetAsync(new Uri(root, "/board/all"));
        return Assert.Single(page.Headers.GetValues("Set-Cookie")).Split(';')[0];
    }

    /// <summary>Which node a wall talks to: each has an epoch of its own.</summary>
    private static async Task<string> Epoch(Uri root, string cookie)
    {
        using var wall = await Wall.WatchAsync(root, "all", cookie);
        return (await wall.ItemAsync()).GetProperty("epoch").GetString()!;
    }

    private async Task<Uri> Start(Uri[] nodes, string lent)
    {
        var program = Nginx();
        Assert.SkipWhen(program is null, "there is no nginx here");
        var (port, configuration) = (FreePort(), Path.Combine(Root(), "deploy", "nginx"));
        Directory.CreateDirectory(Path.Combine(_files.Path, "conf.d"));
        File.Copy(Path.Combine(configuration, "to-node.conf"), Path.Combine(_files.Path, "to-node.conf"));
        File.WriteAllText(Path.Combine(_files.Path, "nginx.conf"), File.ReadAllText(Path.Combine(configuration, "nginx.conf"))
            .Replace("listen 8080;", $"listen 127.0.0.1:{port};", StringComparison.Ordinal)
            .Replace("/tmp/opsmonitor-nginx", Path.Combine(_files.Path, "nginx"), StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(_files.Path, "conf.d", "reader.conf"), File.ReadAllText(Path.Combine(configuration, "reader.conf.template"))
            .Replace("${OPSMONITOR_BOARD_AUTHORIZATION}", lent, StringComparison.Ordinal));
        // Without Docker's name server, and with two nodes for the three.
        var lines = File.ReadLines(Path.Combine(configuration, "upstreams.conf")).Where(l => !l.StartsWith("resolver ", StringComparison.Ordinal) && !l.Contains("node3", StringComparison.Ordinal));
        File.WriteAllLines(Path.Combine(_files.Path, "upstreams.conf"), lines.Select(l => l
            .Replace("node1:8080 resolve", nodes[0].Authority, StringComparison.Ordinal).Replace("node2:8080 resolve", nodes[1].Authority, StringComparison.Ordinal)));
        _nginx = Process.Start(new ProcessStartInfo(
            program!, ["-p", _files.Path, "-c", Path.Combine(_files.Path, "nginx.conf"), "-e", "stderr", "-g", "daemon off; master_process off;"]) { UseShellExecute = false })!;
        var root = new Uri($"http://127.0.0.1:{port}");
        using var client = new HttpClient();
        for (var tries = 0; ; tries++)
        {
            try { return (await client.GetAsync(new Uri(root, "/health/balancer"))).IsSuccessStatusCode ? root : throw new HttpRequestException("not up"); }
            catch (HttpRequestException) when (tries < 50 && !_nginx.HasExited) { await Task.Delay(100); }
        }
    }

    private static string? Nginx() => new[] { "/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx", "/opt/homebrew/bin/nginx" }.FirstOrDefault(File.Exists);

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Ticket(int number) =>
        $$$"""
        {"specversion":"1.0","id":"b-{{{number}}}","source":"balancer","type":"ticket.created","time":"{{{DateTimeOffset.UtcNow:yyyy-MM-dd'T'HH:mm:ss'Z'}}}","subject":"ticket/B-{{{number}}}",
         "data":{"kind":"complaint","channel":"phone","department_id":"billing","priority":1}}
        """;
}
