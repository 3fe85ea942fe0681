using System.CommandLine;
using System.Net;

namespace OpsMonitor.Silo.Orleans.Node;

/// <param name="Storage"><c>azure</c> or <c>postgres</c></param>
/// <param name="Connection">the storage's connection string; better from the environment than from the command line, where others can read it</param>
/// <param name="Advertise">the address under which other nodes reach this one</param>
/// <param name="BackfillUntil">Unix ms; the whole cluster must have the same</param>
public sealed record NodeOptions(
    string Url, string DataFolder, string? Reference, string Storage, string Connection, string Cluster, IPAddress Advertise, int SiloPort, int GatewayPort, long? BackfillUntil)
{
    public const string ConnectionVariable = "OPSMONITOR_STORAGE";

    /// <summary>Reads the command line and calls back with it; the answer is the exit code.</summary>
    public static Task<int> Run(string[] args, Func<NodeOptions, CancellationToken, Task<int>> run)
    {
        var url = new Option<string>("--url") { Description = "Where this node listens for browsers and integrations.", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var data = new Option<string>("--data") { Description = "Folder of API keys and the personal-data vault; the same content on every node.", DefaultValueFactory = _ => "data" };
        var reference = new Option<string?>("--reference") { Description = "Folder of policies and names to publish to the whole cluster; without it this node takes what was published." };
        var storage = new Option<string>("--storage") { Description = "azure or postgres.", DefaultValueFactory = _ => "azure" };
        var cluster = new Option<string>("--cluster") { Description = "Name of the cluster; nodes of one name find each other.", DefaultValueFactory = _ => "opsmonitor" };
        var advertise = new Option<string>("--advertise") { Description = "Address or name under which other nodes reach this one.", DefaultValueFactory = _ => "127.0.0.1" };
        var silo = new Option<int>("--silo-port") { Description = "Port for other nodes.", DefaultValueFactory = _ => 11111 };
        var gateway = new Option<int>("--gateway-port") { Description = "Port for outside clients of the cluster.", DefaultValueFactory = _ => 30000 };
        var until = new Option<DateTimeOffset?>("--backfill-until") { Description = "Take events of any age as of this instant and send no alerts." };
        storage.AcceptOnlyFromAmong("azure", "postgres");
        var command = new RootCommand("One node of an OpsMonitor cluster: silo and web together.") { url, data, reference, storage, cluster, advertise, silo, gateway, until };
        command.SetAction(async (parsed, stop) =>
        {
            if (Environment.GetEnvironmentVariable(ConnectionVariable) is not { Length: > 0 } connection)
            {
                await Console.Error.WriteLineAsync($"The storage's connection string is read from the variable {ConnectionVariable}, which is empty.");
                return 2;
            }
            var address = (await Dns.GetHostAddressesAsync(parsed.GetValue(advertise)!, System.Net.Sockets.AddressFamily.InterNetwork, stop))[0];
            return await run(
                new(parsed.GetValue(url)!, parsed.GetValue(data)!, parsed.GetValue(reference), parsed.GetValue(storage)!, connection, parsed.GetValue(cluster)!, address,
                    parsed.GetValue(silo), parsed.GetValue(gateway), parsed.GetValue(until)?.ToUnixTimeMilliseconds()),
                stop);
        });
        return command.Parse(args).InvokeAsync();
    }
}
