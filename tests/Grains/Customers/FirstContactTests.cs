using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Grains.Customers;

/// <summary>Anna calls on Monday, 09:00:00 to 09:01:00; the window closes on the next Monday at 09:01:00.</summary>
public sealed class FirstContactTests
{
    private static Story Call(Story story, string at, string contact, string? customer = "anna", Direction direction = Direction.Inbound, bool answered = true)
    {
        var start = Story.Ms(at);
        var subject = $"contact/{contact}";
        EventData[] ends = answered ? [new ContactAnswered("agent"), new ContactDisconnected(DisconnectedBy.Customer)] : [new ContactAbandoned(AbandonStage.Queue)];
        Event[] events =
        [
            Story.Event(start, subject, new ContactInitiated(Channel.Phone, direction, customer), contact + "-1"),
            Story.Event(start, subject, new ContactQueued("q"), contact + "-2"),
            .. ends.Select((d, i) => Story.Event(start + (d is ContactAnswered ? 10 : 60) * Story.Second, subject, d, $"{contact}-{i + 3}")),
        ];
        return story.Turn(start + (60 * Story.Second), events);
    }

    private static Story First() => Call(Story.Of(), "09:00:00", "a");

    private static (long Num, long N) Mature(Story story) => (story.Sums()[Measure.FcrMatureKept], story.Sums()[Measure.FcrMature]);

    private static (long Num, long N) Provisional(Story story) => (story.Sums()[Measure.FcrKept], story.Sums()[Measure.FcrEligible]);

    [Theory]
    [InlineData("+7 09:00:59.999", 0)]
    [InlineData("+7 09:01:00.000", 1)]
    public void A_first_contact_matures_when_its_window_closes(string now, long mature)
    {
        var story = First();
        Assert.Equal(((1, 1), (0, 0)), (Provisional(story), Mature(story)));
        Assert.Equal((mature, mature), Mature(story.WakeUntil(Story.Ms(now))));
        Assert.Equal((mature, mature), (story.Sums("queue/q")[Measure.FcrMatureKept], story.Sums("queue/q")[Measure.FcrMature]));
    }

    [Fact]
    public void A_repeat_on_day_six_revokes()
    {
        var story = Call(First(), "+6 09:00:00", "b");
        Assert.Equal((0, 1), Provisional(story)); // the repeat itself is no first contact
        Assert.Equal((0, 1), Mature(story.Tick("+7 10:00:00")));
    }

    [Theory]
    [InlineData("+7 09:00:59.999", 0, 1)]
    [InlineData("+7 09:01:00.000", 2, 2)]
    public void The_window_runs_from_disconnection_to_the_next_initiation(string second, long kept, long eligible) =>
        Assert.Equal((kept, eligible), Provisional(Call(First(), second, "b")));

    [Fact]
    public void A_repeat_told_after_the_window_closed_revokes_the_mature_number()
    {
        var story = First().Tick("+8 00:00:00");
        Assert.Equal((1, 1), Mature(story));
        Assert.Equal((0, 1), Mature(Call(story, "+5 09:00:00", "b")));
    }

    [Fact]
    public void A_callback_that_an_agent_starts_is_no_repeat() =>
        Assert.Equal((1, 1), Provisional(Call(First(), "+1 09:00:00", "b", direction: Direction.Outbound)));

    [Fact]
    public void Another_customer_is_no_repeat() => Assert.Equal((2, 2), Provisional(Call(First(), "+1 09:00:00", "b", "ben")));

    [Theory]
    [InlineData("09:06:00.000", 1)]
    [InlineData("09:06:00.001", 0)]
    public void A_new_try_within_five_minutes_of_giving_up_is_the_same_attempt(string again, long eligible) =>
        Assert.Equal(eligible, Provisional(Call(Call(Story.Of(), "09:00:00", "a", answered: false), again, "b")).N);

    [Fact]
    public void A_contact_without_a_customer_is_left_out_and_counted()
    {
        var story = Call(Story.Of(), "09:00:00", "a", customer: null);
        Assert.Equal((0, 0), Provisional(story));
        Assert.Equal(1L, story.Report()["fcr.unidentified"]);
    }

    [Fact]
    public void The_elapsed_share_of_the_window_stands_beside_the_provisional_number() =>
        Assert.Equal(0.5m, ((Ratio)First().Tick("+3 21:01:00").Report()["fcr.window_elapsed"]!).Value);
}
