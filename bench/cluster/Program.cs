using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Bench;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Orleans.Grains;
using OpsMonitor.Silo.Orleans.Node;
using Orleans.TestingHost;

namespace OpsMonitor.Bench.Cluster;

/// <summary>Goal 5c: judging an event against a call of a ticket's grain that does nothing, from a client in the silo's own process, both in processor time.</summary>
internal static class Program
{
    private const int Tickets = 10_000, Calls = 20_000, AtOnce = 64, Judged = 20_000, Rounds = 7;

    public static async Task Main()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorage(OpsMonitor.Silo.Orleans.Storage.Store.Name);
            silo.UseInMemoryReminderService();
            silo.Services.AddOpsMonitor(TimeProvider.System, null);
        });
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
        var services = cluster.Silos[0].ServiceProvider;
        await services.GetRequiredService<ClusterPolicies>().UseAsync(static _ => PolicySet.Default);
        var grains = services.GetRequiredService<IGrainFactory>();
        ISubjectGrain[] tickets = [.. Enumerable.Range(0, Tickets).Select(i => grains.Keeper(Subject.Parse($"ticket/T-{i}")))];
        await CallAsync(tickets); // activates them
        var (judging, call, judge) = (Judging.Of(100_000), double.MaxValue, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            call = Math.Min(call, await CallAsync(tickets));
            judge = Math.Min(judge, judging.Round() * 1e6 / Judged);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"5c: a grain call {call:F0} ns of processor time, judging an event {judge:F0} ns: {call / judge:F2} (wanted >= 20)"));
        await cluster.StopAllSilosAsync();
    }

    /// <returns>processor time a call, in ns</returns>
    private static async Task<double> CallAsync(ISubjectGrain[] tickets)
    {
        var (next, from) = (0, Environment.CpuUsage.TotalTime);
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            for (var call = Interlocked.Increment(ref next); call <= Calls; call = Interlocked.Increment(ref next))
                await tickets[call % tickets.Length].History();
        }));
        return (Environment.CpuUsage.TotalTime - from).TotalNanoseconds / Calls;
    }
}
