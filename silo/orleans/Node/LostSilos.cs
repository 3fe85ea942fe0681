using Microsoft.Extensions.Hosting;
using OpsMonitor.Silo.Orleans.Grains;

namespace OpsMonitor.Silo.Orleans.Node;

/// <summary>
/// A silo that died may have kept events whose rows it had not told yet. Every silo that sees the death asks for a repair; those that ask
/// together share one.
/// </summary>
internal sealed class LostSilos(ISiloStatusOracle members, ClusterServices cluster) : IHostedService, ISiloStatusListener
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        members.SubscribeToSiloStatusEvents(this);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        members.UnSubscribeFromSiloStatusEvents(this);
        return Task.CompletedTask;
    }

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status == SiloStatus.Dead) _ = Task.Run(() => cluster.Repair(again: false));
    }
}
