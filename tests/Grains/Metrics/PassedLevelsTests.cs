using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains.Metrics;

public sealed class PassedLevelsTests
{
    [Fact]
    public void A_breach_that_is_over_leaves_nothing_behind_that_a_restarted_shard_would_not_show()
    {
        var story = Story.Of()
            .At("09:00:00", "ticket/a", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1))
            .Tick("13:10:00") // at risk, then broken
            .At("13:20:00", "ticket/a", new TicketResolved("told"), new TicketClosed("done"));

        var anew = new Shard(PolicySet.Default, new());
        anew.Resume(story.Shard.Image());

        Assert.Equal(Live(anew), Live(story.Shard));
    }

    private static IEnumerable<string> Live(Shard shard) => Report.Of(shard, "all", Window.Always, live: true).Select(m => $"{m.Key}: {m.Value}");
}
