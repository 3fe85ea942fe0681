using System.CommandLine;
using System.Net;
using System.Net.NetworkInformation;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Cli;

internal static class ServeCommand
{
    public static Command Make()
    {
        var data = new Option<string>("--data") { Description = "data folder: journal, keys, reference data", DefaultValueFactory = _ => "data" };
        var url = new Option<string>("--url") { Description = "where to listen", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var reference = new Option<string?>("--policy") { Description = "folder with policies/, calendars/, departments.yaml, queues.yaml (default: reference in the data folder)" };
        var demo = new Option<bool>("--demo") { Description = "a living call centre with eight days behind it; keeps nothing" };
        var seed = new Option<int>("--seed") { Description = "another call centre", DefaultValueFactory = _ => 1 };
        var speed = new Option<int>("--speed") { Description = "the demo's pace, 1 to 600", DefaultValueFactory = _ => 1 };
        var zone = CommandLine.HouseZoneOption();
        var backfill = new Option<bool>("--backfill") { Description = "take events of any age, judged as of --until; sends no alerts" };
        var until = new Option<string?>("--until") { Description = "the back-fill's now, RFC 3339" };
        var archive = new Option<int?>("--archive-after") { Description = "pack what is older than so many days in the journal into files of the folder archive (1 or more; default: never)" };
        archive.Validators.Add(static r => { if (r.GetValueOrDefault<int?>() < 1) r.AddError("--archive-after: 1 day or more"); });
        var command = new Command("serve", "Take events in, judge them, show the wall (the default command)") { data, url, reference, demo, seed, speed, zone, backfill, until, archive };
        command.SetAction((parsed, stop) =>
        {
            var isDemo = parsed.GetValue(demo);
            var folder = isDemo && parsed.GetResult(data) is null or { Implicit: true } && isDemo
                ? Path.Combine(Path.GetTempPath(), $"opsmonitor-demo-{Environment.ProcessId}")
                : parsed.GetValue(data)!;
            return Run(() => new(folder, parsed.GetValue(url)!, parsed.GetValue(reference), isDemo, parsed.GetValue(seed), Math.Clamp(parsed.GetValue(speed), 1, 600),
                parsed.GetValue(backfill) ? CommandLine.Time("--until", parsed.GetValue(until)) ?? DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() : null,
                CommandLine.HouseZone(parsed.GetValue(zone) ?? (isDemo ? "Asia/Shanghai" : null)).Id) { ArchiveAfterDays = parsed.GetValue(archive) }, stop);
        });
        return command;
    }

    private static async Task<int> Run(Func<ServeOptions> read, CancellationToken stop)
    {
        using var traces = Out.Tracing.Start(Environment.GetEnvironmentVariable(Out.Tracing.Endpoint));
        WebApplication app;
        try
        {
            var options = read();
            MustBeFree(options.Url);
            app = Server.Build(options, Console.WriteLine);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or IOException or JournalInUseException or JournalFailedException or JournalDamagedException or Reference.ReferenceDataException)
        {
            return CommandLine.Fail(e.Message);
        }
        await using (app)
        {
            try { await app.StartAsync(stop); }
            catch (IOException e) { return CommandLine.Fail(e.Message); }
            foreach (var address in app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses)
                Console.WriteLine($"OpsMonitor is up: {address}/board/all  (Ctrl+C stops it)");
            await app.WaitForShutdownAsync(stop);
        }
        return 0;
    }

    // The web server would find out last, in a page of its own words, and after a first key was shown that is shown only once.
    private static void MustBeFree(string urls)
    {
        IPEndPoint[] taken;
        try { taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners(); }
        catch (Exception e) when (e is PlatformNotSupportedException or NetworkInformationException) { return; } // a machine that does not say (without IPv6, a hardened container): the web server finds out
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var wanted = BindingAddress.Parse(url);
            var host = IPAddress.TryParse(wanted.Host, out var address) ? address : wanted.Host == "localhost" ? IPAddress.Loopback : IPAddress.Any;
            if (wanted.Port > 0 && Array.Exists(taken, t => t.Port == wanted.Port && (IsAny(t.Address) || IsAny(host) || t.Address.Equals(host))))
                throw new IOException($"--url: something listens on {url} already; stop it, or choose another port");
        }

        static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
    }
}
