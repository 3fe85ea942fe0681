using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpsMonitor.Silo.Orleans.Grains;
using OpsMonitor.Silo.Orleans.Storage;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Serve;
using Orleans.Configuration;

namespace OpsMonitor.Silo.Orleans.Node;

/// <summary>Silo first, then what the cluster shares, then the doors: nobody is let in before there is something to read.</summary>
public static class ClusterNode
{
    // A call that was on its way to a silo that went is lost: its sender should be asked to send again rather than wait.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);

    public static async Task<int> Run(NodeOptions options, CancellationToken stop)
    {
        using var silo = Silo(options);
        await silo.StartAsync(stop);
        var cluster = silo.Services.GetRequiredService<ClusterServices>();
        var grains = silo.Services.GetRequiredService<IGrainFactory>();
        var folder = await Attempt.Until(() => SharedFiles.Bring(grains, options.Reference, stop), stop);
        var reference = ReferenceData.Load(folder);
        var start = StartState.Read(folder, reference);
        await Attempt.Until(() => cluster.Policies.UseAsync(start.SetWith), stop);
        await using var host = new ClusterHost(grains, cluster, silo.Services.GetRequiredService<ILogger<ClusterHost>>());
        await host.StartAsync();
        await using (var web = Server.Build(new(options.DataFolder, options.Url, folder, BackfillUntil: options.BackfillUntil), reference, host, Console.WriteLine))
        {
            await web.StartAsync(stop);
            Console.WriteLine($"OpsMonitor is up: {web.Urls.First()}/");
            await Stopped(web, silo, stop);
            await web.StopAsync(CancellationToken.None);
        }
        await silo.StopAsync(CancellationToken.None);
        return 0;
    }

    /// <summary>What every silo needs, whatever keeps its state.</summary>
    public static void AddOpsMonitor(this IServiceCollection services, TimeProvider clock, long? backfillUntil)
    {
        services.AddSingleton(new ClusterTime(clock, backfillUntil));
        services.AddSingleton<Teller>();
        services.AddHostedService(p => p.GetRequiredService<Teller>());
        services.AddSingleton<ClusterPolicies>();
        services.AddHostedService(p => p.GetRequiredService<ClusterPolicies>());
        services.AddSingleton<ClusterServices>();
        services.AddHostedService<LostSilos>();
    }

    private static IHost Silo(NodeOptions options)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        // A member that went is told of by each call that was on its way to it; the runtime repairs that by itself.
        builder.Logging.AddConsole().SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.Critical);
        builder.Services.AddOpsMonitor(TimeProvider.System, options.BackfillUntil);
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (options.Cluster, options.Cluster));
            silo.ConfigureEndpoints(options.Advertise, options.SiloPort, options.GatewayPort, listenOnAnyHostAddress: true);
            silo.Configure<ClusterMembershipOptions>(Membership);
            silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = AnswerWithin);
            silo.UseStore(options.Storage, options.Connection);
        });
        return builder.Build();
    }

    /// <summary>
    /// A dead node is found in about five seconds, by two others where there are two: quicker, and a node that only pants under load would be
    /// thrown out. A promise broken meanwhile is told that much late, and says so.
    /// </summary>
    private static void Membership(ClusterMembershipOptions o)
    {
        o.ProbeTimeout = TimeSpan.FromSeconds(1);
        o.NumMissedProbesLimit = 4;
        o.NumVotesForDeathDeclaration = 2;
        o.TableRefreshTimeout = o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
    }

    private static async Task Stopped(WebApplication web, IHost silo, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            stop, web.Lifetime.ApplicationStopping, silo.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        try { await Task.Delay(Timeout.Infinite, either.Token); }
        catch (OperationCanceledException) { }
    }
}
