using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using Xunit;

namespace OpsMonitor.Tests.Grains.Contacts;

public sealed class QueueTests
{
    private const string C = "contact/C-1";
    private static readonly ContactInitiated Inbound = new(Channel.Phone, Direction.Inbound);

    private static Story Queued() => Story.Of().At("09:00:00", C, Inbound, new ContactQueued("q"));

    private static Ratio Level(Story story, string mode) =>
        (Ratio)((SortedDictionary<string, object?>)story.Report("queue/q")["service_level"]!)[$"{mode}/20"]!;

    [Theory]
    [InlineData("09:00:19.999", 1)]
    [InlineData("09:00:20.000", 1)]
    [InlineData("09:00:20.001", 0)]
    public void An_answer_on_the_threshold_is_within_it(string answered, long within)
    {
        var story = Queued().At(answered, C, new ContactAnswered("anna")).Tick("09:05:00");
        Assert.Equal(new Ratio(within, 1), Level(story, "answered_only"));
        Assert.Equal(new Ratio(within, 1), Level(story, "negative"));
    }

    [Theory]
    [InlineData("09:00:04.999", 1)]
    [InlineData("09:00:05.000", 1)]
    [InlineData("09:00:05.001", 0)]
    public void An_abandon_of_five_seconds_is_short(string abandoned, long isShort)
    {
        var story = Queued().At(abandoned, C, new ContactAbandoned(AbandonStage.Queue));
        Assert.Equal(isShort, story.Report()["contacts.short_abandoned"]);
        Assert.Equal(new Ratio(1 - isShort, 1 - isShort), story.Report()["abandon_rate"]);
    }

    [Fact]
    public void A_queue_turns_red_before_anybody_answers()
    {
        var story = Queued().WakeUntil(Story.Ms("09:00:20"));
        Assert.Null(Level(story, "negative").Value); // nothing decided is no data
        Assert.Equal(new Ratio(0, 1), Level(story.WakeUntil(Story.Ms("09:00:20.001")), "negative"));
        Assert.Equal((1L, 20.001m), (story.Report()["contacts.waiting"], story.Report()["contacts.longest_wait_s"]));
    }

    [Fact]
    public void An_answer_that_arrives_late_takes_back_the_red()
    {
        var story = Queued().Tick("09:01:00").Told("09:01:30", "09:00:10", C, new ContactAnswered("anna"));
        Assert.Equal(new Ratio(1, 1), Level(story, "negative"));
    }

    [Fact]
    public void The_sender_s_own_wait_wins_over_the_difference_of_times() =>
        Assert.Equal(12m, Queued().At("09:00:30", C, new ContactAnswered("anna", WaitS: 12)).Report()["asa_s"]);

    [Theory]
    [InlineData("12:59:59.999", "queued", 1, 0)]
    [InlineData("13:00:00.000", "lost", 0, 1)]
    public void A_contact_is_lost_after_the_longest_silence(string now, string state, int waiting, long lost)
    {
        var story = Queued().WakeUntil(Story.Ms(now));
        Assert.Equal((state, waiting, lost), (story.Row(C).State, story.Members(Measure.Waiting), story.Sums()[Measure.Lost]));
    }

    [Fact]
    public void A_lost_contact_that_was_answered_after_all_is_found_again()
    {
        var story = Queued().Tick("14:00:00").Told("14:10:00", "09:00:10", C, new ContactAnswered("anna"), new ContactDisconnected(DisconnectedBy.Agent));
        Assert.Equal(("completed", 0L, 1L), (story.Row(C).State, story.Sums()[Measure.Lost], story.Sums()[Measure.Answered]));
    }

    [Fact]
    public void A_contact_queued_again_elsewhere_counts_in_both_queues_and_flowed_out_of_the_first()
    {
        var story = Queued().At("09:00:30", C, new ContactQueued("r")).At("09:00:35", C, new ContactAnswered("anna", "r"));
        Assert.Equal((1, 1, 0), (story.Sums("queue/q")[Measure.Offered], story.Sums("queue/q")[Measure.FlowOut], story.Sums("queue/q")[Measure.Answered]));
        Assert.Equal((1, 0, 1), (story.Sums("queue/r")[Measure.Offered], story.Sums("queue/r")[Measure.FlowOut], story.Sums("queue/r")[Measure.Answered]));
        Assert.Equal(5m, story.Report("queue/r")["asa_s"]);
    }

    [Fact]
    public void A_contact_made_a_callback_is_no_abandon()
    {
        var story = Queued().At("09:00:15", C, new ContactDequeued("q", DequeueReason.Callback)).At("09:00:16", C, new ContactDisconnected(DisconnectedBy.Customer));
        Assert.Equal((0L, 1L), (story.Report()["contacts.abandoned"], story.Report()["contacts.flow_out"]));
        Assert.Equal(new Ratio(1, 1), Level(story, "removed_within"));
    }

    [Fact]
    public void Absurd_durations_are_no_reason_to_stop()
    {
        var story = Queued()
            .At("09:00:10", C, new ContactAnswered("anna", WaitS: decimal.MaxValue))
            .At("09:01:00", C, new ContactDisconnected(DisconnectedBy.Agent, TalkS: decimal.MinValue));
        Assert.Equal(1, story.Sums()[Measure.Answered]);
    }

    [Theory]
    [InlineData("09:00:20.000", 0, 0)]
    [InlineData("09:00:20.001", 1, 1)] // nobody has answered, and the rates say so already
    [InlineData("13:00:00.000", 0, 0)] // lost: never waiting for ever
    public void A_caller_still_waiting_past_the_threshold_stands_in_every_denominator(string now, long connect, long level)
    {
        var report = Story.Of().At("09:00:00", C, new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactQueued("q")).Tick(now).Report("queue/q");
        Assert.Equal((new Ratio(0, connect), new Ratio(0, connect)), (report["connect_rate"], report["abandon_rate"]));
        Assert.Equal(new Ratio(0, level), ((SortedDictionary<string, object?>)report["service_level"]!)["negative/20"]);
    }
}
