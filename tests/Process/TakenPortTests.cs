using System.Net;
using System.Net.Sockets;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Processes;

/// <summary>Started where something listens already, it says so in one line and has made nothing.</summary>
public sealed class TakenPortTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("0.0.0.0")]
    public async Task It_says_where_and_what_to_do_and_shows_no_key(string host)
    {
        using var folder = new TemporaryFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var (url, data) = ($"http://{host}:{((IPEndPoint)other.LocalEndpoint).Port}", folder.File("data"));
        var (exit, said) = await ServerProcess.RunAsync("--data", data, "--url", url);
        Assert.Equal((2, $"opsmonitor: --url: something listens on {url} already; stop it, or choose another port"), (exit, said.Trim()));
        Assert.False(Directory.Exists(data));
    }
}
