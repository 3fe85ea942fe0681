using Microsoft.Extensions.Logging;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Silo.Orleans.Grains;

/// <summary>Time as the cluster judges: the wall clock, or the instant of a back-fill (which sends no alerts).</summary>
public sealed class ClusterTime(TimeProvider clock, long? backfillUntil)
{
    public bool Backfill => backfillUntil is not null;

    public long Now => backfillUntil ?? WallMs;

    public long WallMs => clock.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>What every grain of a silo shares. Policies come from the cluster's storage after the silo is up; a grain waits for them.</summary>
public sealed class ClusterServices(ClusterTime time, Teller teller, ClusterPolicies policies, IGrainFactory grains, ILogger<ClusterServices> log)
{
    private const int LongestWaitMs = 30_000;

    public ClusterTime Time => time;

    public Teller Teller => teller;

    public ClusterPolicies Policies => policies;

    public Task Register(Subject subject) => grains.GetGrain<IBucketGrain>(Buckets.Of(subject, time.WallMs)).Register(subject.ToString());

    /// <summary>Has all rows told (see the installation's repair); ends when they have been heard, however often it must be tried.</summary>
    public async Task Repair(bool again)
    {
        for (var wait = 250; ; wait = Math.Min(wait * 2, LongestWaitMs))
        {
            try
            {
                await grains.Installation().Repair(again);
                return;
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                log.LogInformation(fault, "not all rows were told again; tried once more");
                await Task.Delay(wait);
            }
        }
    }
}
