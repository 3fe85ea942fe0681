using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Silo.Orleans.Grains;

/// <summary>Time as the cluster judges: the wall clock, or the instant of a back-fill (which sends no alerts).</summary>
public sealed class ClusterTime(TimeProvider clock, long? backfillUntil)
{
    public bool Backfill => backfillUntil is not null;

    public long Now => backfillUntil ?? WallMs;

    public long WallMs => clock.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>What every grain of a silo shares. Policies come from the cluster's storage after the silo is up; a grain waits for them.</summary>
public sealed class ClusterServices(ClusterTime time, Teller teller, IGrainFactory grains)
{
    private readonly TaskCompletionSource<PolicySet> _policies = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ClusterTime Time => time;

    public Teller Teller => teller;

    public void Use(PolicySet policies) => _policies.TrySetResult(policies);

    public Task<PolicySet> Policies(CancellationToken stop) => _policies.Task.WaitAsync(stop);

    public Task Register(Subject subject) => grains.GetGrain<IBucketGrain>(Buckets.Of(subject, time.WallMs)).Register(subject.ToString());

    /// <summary>Has all rows told again, some time soon; who asks does not wait.</summary>
    public void RepairSoon() => _ = Repair();

    private async Task Repair()
    {
        for (var wait = 1; wait <= 60; wait *= 2)
        {
            try
            {
                await Task.Run(() => grains.Installation().Repair());
                return;
            }
            catch (Exception fault) when (fault is not OutOfMemoryException) { await Task.Delay(TimeSpan.FromSeconds(wait)); }
        }
    }
}
