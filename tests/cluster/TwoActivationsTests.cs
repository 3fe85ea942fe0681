using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Orleans.Grains;
using OpsMonitor.Silo.Orleans.Node;
using OpsMonitor.Silo.Orleans.Storage;
using OpsMonitor.Tests.Grains;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.TestingHost;
using Xunit;

namespace OpsMonitor.Tests.Cluster;

/// <summary>Two clusters that do not know of each other over one storage: the worst that a split network can do.</summary>
public sealed class TwoActivationsTests
{
    private static readonly long Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    [Fact(Timeout = 120_000)]
    public async Task The_second_of_two_activations_is_refused_and_goes_on_with_what_the_first_kept()
    {
        var service = "test-" + Guid.NewGuid().ToString("N")[..8];
        await using var one = await Start(service);
        await using var two = await Start(service);
        var (here, there) = (one.Client.GetGrain<ITicketGrain>("ticket/T-1"), two.Client.GetGrain<ITicketGrain>("ticket/T-1"));

        Assert.Equal([Verdict.Accepted], await Take(here, "e-1"));
        Assert.Equal([Verdict.Accepted], await Take(there, "e-2")); // it read what the first had kept
        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => Take(here, "e-3")); // the first does not know of e-2
        Assert.Equal([Verdict.Accepted], await Take(here, "e-3")); // a fresh activation does
        Assert.Equal([Verdict.Duplicate], await Take(here, "e-2"));
        Assert.Equal(["e-1", "e-2", "e-3"], TurnFrame.Read(await here.History()).Events.Select(e => e.Id));
    }

    private static async Task<Verdict[]> Take(ITicketGrain ticket, string id)
    {
        var e = Story.Event(Now, "ticket/T-1", new TicketCreated(TicketKind.Complaint, OpsMonitor.Grains.Events.Channel.Phone), id);
        return Array.ConvertAll(await ticket.Take(TurnFrame.Write(0, [e])), v => (Verdict)v);
    }

    private static async Task<InProcessTestCluster> Start(string service)
    {
        var storage = Nodes.Storage;
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ServiceId = service;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Configure<ClusterOptions>(o => o.ServiceId = service);
            silo.AddAdoNetGrainStorage(Store.Name, o => (o.Invariant, o.ConnectionString, o.GrainStorageSerializer) = ("Npgsql", storage, new StoreBytes()));
            silo.UseInMemoryReminderService();
            silo.Services.AddOpsMonitor(TimeProvider.System, null);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        await cluster.Silos[0].ServiceProvider.GetRequiredService<ClusterPolicies>().UseAsync(_ => PolicySet.Default);
        return cluster;
    }
}
