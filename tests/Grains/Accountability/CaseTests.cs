using OpsMonitor.Grains.Accountability;
using OpsMonitor.Grains.Events;
using Xunit;

namespace OpsMonitor.Tests.Grains.Accountability;

public sealed class CaseTests
{
    private static CaseStory StoryOf(Story story, string subject) => CaseStory.Of(Subject.Parse(subject), story.Shard.HistoryOf(Subject.Parse(subject)))!;

    [Fact]
    public void A_record_is_opened_found_and_closed_and_what_is_not_said_again_stays()
    {
        var story = Story.Of().At("09:00:00", "accountability/A-1", new AccountabilityOpened("billing", ["T-1"], "BIL-1", DueAt: Story.Iso("+5 09:00:00")));
        Assert.Equal(("opened", "billing", Story.Ms("+5 09:00:00")), (story.Row("accountability/A-1").State, story.Row("accountability/A-1").DepartmentId, story.Row("accountability/A-1").DueAt));
        story.At("+1 09:00:00", "accountability/A-1", new AccountabilityFound("billing", RootCause: "tariff change", Measure: "training"));
        story.At("+2 09:00:00", "accountability/A-1", new AccountabilityClosed("billing"));
        var record = StoryOf(story, "accountability/A-1");
        Assert.Equal(("closed", "BIL-1", "tariff change", Story.Ms("+1 09:00:00"), Story.Ms("+2 09:00:00")), (record.State, record.Cluster, record.RootCause, record.FoundAt, record.ClosedAt));
        Assert.Equal(["T-1"], record.Tickets);
        Assert.Equal((Story.Ms("+2 09:00:00"), null), (story.Row("accountability/A-1").EndedAt, story.Row("accountability/A-1").DueAt));
    }

    [Fact]
    public void Told_in_any_order_it_is_the_same_record()
    {
        EventData[] steps = [new ImprovementOpened("ann", "billing", RootCause: "x"), new ImprovementClosed("ann"), new ImprovementVerified("bob")];
        var calm = Story.Of();
        for (var n = 0; n < 3; n++) calm.At($"0{n}:00:00", "improvement/I", steps[n]);
        foreach (var order in (int[][])[[2, 1, 0], [1, 2, 0], [0, 2, 1]])
        {
            var storm = Story.Of();
            foreach (var n in order) storm.Told("04:00:00", $"0{n}:00:00", "improvement/I", steps[n]);
            Assert.Equal(calm.Row("improvement/I") with { Clocks = [], Anomalies = [] }, storm.Row("improvement/I") with { Clocks = [], Anomalies = [] });
            Assert.Equal(StoryOf(calm, "improvement/I").ToString(), StoryOf(storm, "improvement/I").ToString());
        }
        Assert.Equal("verified", calm.Row("improvement/I").State);
    }
}
