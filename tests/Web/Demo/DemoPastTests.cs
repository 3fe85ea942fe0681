using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Silo.Local;
using OpsMonitor.Web.Demo;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Demo;

/// <summary>The demo begins with days that are judged at its start: as by a host that had run all the time, and never as one that noticed late.</summary>
public sealed class DemoPastTests
{
    private static readonly Instant From = Instant.FromUtc(2026, 3, 2, 6, 0), Present = From + Duration.FromHours(10);

    [Fact]
    public async Task What_fell_due_while_the_past_was_loaded_is_not_noticed_late()
    {
        var clock = new SetClock();
        clock.Stop(Present.ToDateTimeOffset());
        var turns = 0;
        // A slow machine: the loading takes an hour, and promises fall due in it.
        IEnumerable<TurnInput> Slowly(IEnumerable<TurnInput> past)
        {
            foreach (var turn in past)
            {
                if (++turns % 50 == 0 && clock.NowMs < (Present + Duration.FromHours(1)).ToUnixTimeMilliseconds()) clock.Stop(clock.GetUtcNow().AddMinutes(1));
                yield return turn;
            }
        }

        await using var host = LocalHost.Open(new(null, PolicySet.Default) { Past = Slowly(DemoFeed.Past(new CallCentre(7, From), From, clock)) }, clock, static _ => { });

        Assert.Equal((Present + Duration.FromHours(1)).ToUnixTimeMilliseconds(), clock.NowMs);
        var (alerts, late) = host.Read(shard => (shard.Alerts.All.ToList(), Lateness.Of(shard.Alerts.All, 0, long.MaxValue)));
        Assert.Contains(alerts, a => a.Due.RaisedAt > Present.ToUnixTimeMilliseconds());
        Assert.True(late is { N: > 100, Max: 0 }, $"{late}");
        Assert.DoesNotContain(alerts, a => a.FromLateData); // each event was told at its own instant
        Assert.Equal(0, host.Read(shard => shard.Sources.Values.Sum(s => s.Numbers.Missing))); // a demo that has lost numbers of a sequence would accuse itself
    }
}
