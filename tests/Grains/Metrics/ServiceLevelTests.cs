using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using Xunit;

namespace OpsMonitor.Tests.Grains.Metrics;

/// <summary>The worked cases of the definitions, from the contacts themselves.</summary>
public sealed class ServiceLevelTests
{
    private static readonly ContactInitiated Inbound = new(Channel.Phone, Direction.Inbound);

    private static Story Calls(bool shortRule, params (int Count, bool Answered, int WaitS)[] groups)
    {
        var queues = new SortedDictionary<string, QueuePolicy>(StringComparer.Ordinal) { ["q"] = QueuePolicy.For("q") with { ShortAbandonS = shortRule ? 5 : 0 } };
        var events = new List<Event>();
        var at = Story.Ms("09:00:00");
        foreach (var (count, answered, waitS) in groups)
        {
            for (var i = 0; i < count; i++, at += Story.Second)
            {
                var n = events.Count;
                var contact = $"contact/c-{n}";
                EventData end = answered ? new ContactAnswered("anna") : new ContactAbandoned(AbandonStage.Queue);
                events.Add(Story.Event(at, contact, Inbound, $"{n}-1"));
                events.Add(Story.Event(at, contact, new ContactQueued("q"), $"{n}-2"));
                events.Add(Story.Event(at + (waitS * Story.Second), contact, end, $"{n}-3"));
            }
        }
        return Story.Of(PolicySet.Default with { Queues = queues }).Turn(Story.Ms("10:00:00"), [.. events]);
    }

    private static decimal Percent(Story story, string mode) => Math.Round(100 * Formulas.ServiceLevel(story.Sums("queue/q"), mode, "20").Value!.Value, 1);

    [Theory]
    [InlineData(false, "removed_within", "78.0")]
    [InlineData(true, "removed_within", "78.0")]
    [InlineData(false, "negative", "70.0")]
    [InlineData(true, "negative", "73.7")]
    [InlineData(true, "answered_only", "87.5")]
    public void Of_a_hundred_offered_the_same_calls_give_70_to_87_percent(bool shortRule, string mode, string percent)
    {
        var story = Calls(shortRule, (70, true, 10), (10, true, 30), (5, false, 3), (3, false, 10), (12, false, 40));
        Assert.Equal(100, story.Sums()[Measure.Offered]);
        Assert.Equal(decimal.Parse(percent, System.Globalization.CultureInfo.InvariantCulture), Percent(story, mode));
    }

    [Theory]
    [InlineData(false, "answered_only", "86.0")]
    [InlineData(false, "positive", "83.0")]
    [InlineData(false, "ignore_within", "82.7")]
    [InlineData(false, "negative", "81.1")]
    [InlineData(true, "negative", "81.9")]
    public void Of_a_thousand_answered_and_sixty_abandoned(bool shortRule, string mode, string percent) =>
        Assert.Equal(decimal.Parse(percent, System.Globalization.CultureInfo.InvariantCulture),
            Percent(Calls(shortRule, (860, true, 20), (140, true, 21), (10, false, 5), (10, false, 20), (40, false, 21)), mode));

    [Theory]
    [InlineData("ignore_within", "77.8")]
    [InlineData("negative", "70")]
    [InlineData("positive", "80")]
    public void Of_seventy_in_time_ten_gone_in_time_and_twenty_past(string mode, string percent) =>
        Assert.Equal(decimal.Parse(percent, System.Globalization.CultureInfo.InvariantCulture),
            Percent(Calls(true, (70, true, 10), (10, false, 10), (20, true, 30)), mode));

    [Fact]
    public void A_short_abandon_leaves_the_denominator_once_not_twice() =>
        Assert.Equal(new Ratio(70, 87), Formulas.ServiceLevel( // 95 offered - 5 short - 3 others gone within
            Calls(true, (70, true, 10), (17, true, 30), (5, false, 3), (3, false, 10)).Sums(), "ignore_within", "20"));

    [Fact]
    public void No_calls_are_no_data_in_every_mode() =>
        Assert.All(Formulas.ServiceLevelModes, mode => Assert.Null(Formulas.ServiceLevel(Story.Of().Sums(), mode, "20").Value));
}
