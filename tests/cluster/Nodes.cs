using System.Net;
using System.Net.Sockets;
using OpsMonitor.Tests.Processes;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Cluster;

/// <summary>Nodes as processes on loopback, over a PostgreSQL that <c>OPSMONITOR_TEST_POSTGRES</c> names; without it the test is skipped.</summary>
internal sealed class Nodes : IDisposable
{
    private const string Variable = "OPSMONITOR_TEST_POSTGRES";

    private readonly TemporaryFolder _data = new();
    private readonly string _cluster = "test-" + Guid.NewGuid().ToString("N")[..8];
    private readonly Dictionary<int, (ServerProcess Process, int Silo, int Gateway)> _up = [];
    private string _key = "";

    public static string Storage
    {
        get
        {
            var connection = Environment.GetEnvironmentVariable(Variable) ?? "";
            Assert.SkipWhen(connection.Length == 0, $"no PostgreSQL: {Variable} is empty");
            return connection;
        }
    }

    public ServerProcess this[int number] => _up[number].Process;

    public async Task StartAsync(int number, params string[] more)
    {
        var (silo, gateway) = _up.TryGetValue(number, out var before) ? (before.Silo, before.Gateway) : (FreePort(), FreePort());
        var process = await ServerProcess.StartNodeAsync(Storage, [
            "--storage", "postgres", "--cluster", _cluster, "--data", _data.Path, "--url", "http://127.0.0.1:0",
            "--silo-port", $"{silo}", "--gateway-port", $"{gateway}", .. more]);
        _up[number] = (process, silo, gateway);
        _key = process.FirstKey ?? _key;
    }

    public HttpClient Client(int number) => ServerClient.With(this[number].Root, _key);

    public void Dispose()
    {
        foreach (var node in _up.Values) node.Process.Dispose();
        _data.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
