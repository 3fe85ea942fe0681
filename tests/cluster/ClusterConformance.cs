using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Orleans.Grains;
using OpsMonitor.Silo.Orleans.Node;
using OpsMonitor.Tests.Conformance;
using OpsMonitor.Web.Serve;
using Orleans.TestingHost;

namespace OpsMonitor.Tests.Cluster;

/// <summary>Two silos in this process; their storage lives in memory, their calls go through the wire's serializers.</summary>
public sealed class ClusterConformance : HostConformance
{
    protected override async Task<ITestedHost> Open(TimeProvider clock, long? backfillUntil, Func<IReadOnlyList<PolicyEdit>, PolicySet> policies)
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorage(OpsMonitor.Silo.Orleans.Storage.Store.Name);
            silo.UseInMemoryReminderService();
            silo.Services.AddOpsMonitor(clock, backfillUntil);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        foreach (var silo in cluster.Silos) await silo.ServiceProvider.GetRequiredService<ClusterPolicies>().UseAsync(policies);
        var first = cluster.Silos[0].ServiceProvider;
        var host = new ClusterHost(first.GetRequiredService<IGrainFactory>(), first.GetRequiredService<ClusterServices>(), NullLogger.Instance);
        await host.StartAsync();
        return new Tested(cluster, host, first.GetRequiredService<IGrainFactory>());
    }

    private sealed class Tested(InProcessTestCluster cluster, ClusterHost host, IGrainFactory grains) : ITestedHost
    {
        public IOpsHost Host => host;

        public async Task WakeAsync()
        {
            foreach (var id in await grains.GetGrain<IInstallationGrain>(0).Departments()) await grains.GetGrain<IDepartmentGrain>(id).Wake();
        }

        public async ValueTask DisposeAsync()
        {
            await host.DisposeAsync();
            await cluster.StopAllSilosAsync();
            await cluster.DisposeAsync();
        }
    }
}
