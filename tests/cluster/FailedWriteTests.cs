using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Orleans.Grains;
using OpsMonitor.Silo.Orleans.Node;
using OpsMonitor.Silo.Orleans.Storage;
using OpsMonitor.Tests.Grains;
using Orleans.Storage;
using Orleans.TestingHost;
using Xunit;

namespace OpsMonitor.Tests.Cluster;

/// <summary>A repeat after a failure is answered by what is durable, not by what an activation remembers of the first try.</summary>
public sealed class FailedWriteTests
{
    [Theory(Timeout = 120_000)]
    [InlineData("subject")]
    [InlineData("bucket")]
    public async Task What_could_not_be_kept_is_accepted_when_it_comes_again(string state)
    {
        var storage = new FailingStorage();
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddKeyedSingleton<IGrainStorage>(Store.Name, storage);
            silo.UseInMemoryReminderService();
            silo.Services.AddOpsMonitor(TimeProvider.System, null);
        });
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
        await cluster.Silos[0].ServiceProvider.GetRequiredService<ClusterPolicies>().UseAsync(_ => PolicySet.Default);
        var ticket = cluster.Client.GetGrain<ITicketGrain>("ticket/T-1");
        var frame = TurnFrame.Write(0, [Story.Event(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), "ticket/T-1", new TicketCreated(TicketKind.Complaint, OpsMonitor.Grains.Events.Channel.Phone), "e-1")]);

        storage.FailNext = state;
        await Assert.ThrowsAnyAsync<OrleansException>(() => ticket.Take(frame));
        Assert.Equal((byte)Verdict.Accepted, Assert.Single(await Again(ticket, frame)));
        Assert.Equal((byte)Verdict.Duplicate, Assert.Single(await ticket.Take(frame)));
        Assert.Equal(1, storage.Written("subject"));
    }

    // The activation that failed may still be there for a moment, and says so.
    private static async Task<byte[]> Again(ITicketGrain ticket, byte[] frame)
    {
        for (var i = 0; ; i++)
        {
            try { return await ticket.Take(frame); }
            catch (OrleansException) when (i < 50) { await Task.Delay(20); }
        }
    }

    private sealed class FailingStorage : IGrainStorage
    {
        private readonly ConcurrentDictionary<(string State, GrainId Id), (object Value, string Tag)> _kept = new();
        private int _tag;

        public string? FailNext { get; set; }

        public int Written(string state) => _kept.Keys.Count(k => k.State == state && k.Id.ToString().Contains("T-1", StringComparison.Ordinal));

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            (grainState.RecordExists, grainState.State, grainState.ETag) = _kept.TryGetValue((stateName, grainId), out var kept)
                ? (true, Copy((T)kept.Value), kept.Tag) : (false, Activator.CreateInstance<T>(), null!);
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (FailNext == stateName)
            {
                FailNext = null;
                throw new IOException("planted");
            }
            grainState.ETag = $"{Interlocked.Increment(ref _tag)}";
            grainState.RecordExists = true;
            _kept[(stateName, grainId)] = (Copy(grainState.State)!, grainState.ETag);
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();

        private static T Copy<T>(T state) => new StoreBytes().Deserialize<T>(new StoreBytes().Serialize(state));
    }
}
