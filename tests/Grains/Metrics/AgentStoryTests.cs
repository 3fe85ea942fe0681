using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains.Metrics;

/// <summary>Where agents' time goes, and what happens to a first contact that was none.</summary>
public sealed class AgentStoryTests
{
    private static readonly ContactInitiated Inbound = new(Channel.Phone, Direction.Inbound);

    private static AgentStateChanged Is(AgentState state, params string[] queues) => new(state, Queues: queues.Length > 0 ? queues : null);

    private static Story Call(Story story, string id, string answered, string ended, string agent = "anna") => story
        .At(answered, $"contact/{id}", Inbound, new ContactQueued("q"), new ContactAnswered(agent)).At(ended, $"contact/{id}", new ContactDisconnected(DisconnectedBy.Customer));

    private static decimal Time(IReadOnlyDictionary<string, object?> report, string state) =>
        report["agents.time_s"] is SortedDictionary<string, object?> times && times.TryGetValue(state, out var s) ? (decimal)s! : 0;

    [Fact]
    public void An_agent_on_the_telephone_is_not_free_whatever_he_said()
    {
        var story = Story.Of().At("09:00:00", "agent/anna", Is(AgentState.Available, "q"));
        var report = Call(story, "a", "09:10:00", "09:25:00").Tick("10:00:00").Report();
        Assert.Equal((900m, 2_700m), (Time(report, "busy"), Time(report, "available")));
        Assert.Equal(new Ratio(900_000, 3_600_000), report["occupancy"]);
        Assert.Equal((new Ratio(900_000, 3_600_000), 1L, 0L), (story.Report("queue/q")["occupancy"], report["agents.available"], report["agents.busy"]));
    }

    [Fact]
    public void Two_chats_at_once_are_one_agents_time()
    {
        var story = Story.Of().At("09:00:00", "agent/anna", Is(AgentState.Available));
        foreach (var id in "ab") story.At("09:10:00", $"contact/{id}", Inbound, new ContactQueued("q"), new ContactAnswered("anna"));
        Assert.Equal((0L, 1L), (story.Report()["agents.available"], story.Report()["agents.busy"]));
        var report = story.At("09:20:00", "contact/a", new ContactDisconnected(DisconnectedBy.Customer), new ContactWrapupCompleted("anna", AcwS: 1_500))
            .At("09:30:00", "contact/b", new ContactDisconnected(DisconnectedBy.Customer)).Tick("10:00:00").Report();
        Assert.Equal((1_200m, 900m, 1_500m), (Time(report, "busy"), Time(report, "wrapup"), Time(report, "available"))); // wrap-up of the one hides behind the other
    }

    [Fact]
    public void Time_is_cut_by_the_minute_at_the_edges_of_a_window_and_grows_while_it_lasts()
    {
        var story = Story.Of().At("09:00:30", "agent/anna", Is(AgentState.Break)).Tick("09:05:00");
        IReadOnlyDictionary<string, object?> Over(string from, string to) => Report.Of(story.Shard, "all", new(Story.Ms(from), Story.Ms(to)), live: false);
        Assert.Equal((30m, 60m, 0m), (Time(Over("09:00:00", "09:01:00"), "break"), Time(Over("09:01:00", "09:02:00"), "break"), Time(Over("08:00:00", "09:00:00"), "break")));
        Assert.Equal(270m, Time(Over("09:00:00", "10:00:00"), "break")); // no more than there was so far
        story.Tick("09:06:00");
        Assert.Equal(330m, Time(Over("09:00:00", "10:00:00"), "break"));
    }

    [Fact]
    public void What_has_no_end_yet_goes_on_over_midnight()
    {
        var story = Story.Of().At("23:00:00", "agent/anna", Is(AgentState.Available)).At("23:50:00", "contact/a", Inbound, new ContactQueued("q"), new ContactAnswered("anna"))
            .WakeUntil(Story.Ms("+1 00:30:00"));
        Assert.Equal((2_400m, 3_000m), (Time(story.Report(), "busy"), Time(story.Report(), "available")));
        story.At("+1 00:40:00", "contact/a", new ContactDisconnected(DisconnectedBy.Agent));
        Assert.Equal((3_000m, 3_000m), (Time(story.Report(), "busy"), Time(story.Report(), "available")));
    }

    [Fact]
    public void A_break_that_is_told_late_takes_its_time_back()
    {
        var story = Story.Of().At("09:00:00", "agent/anna", Is(AgentState.Available));
        Call(story, "a", "09:10:00", "09:20:00").Told("11:00:00", "09:15:00", "agent/anna", Is(AgentState.Offline));
        var report = story.Report();
        Assert.Equal((600m, 600m, 6_000m), (Time(report, "busy"), Time(report, "available"), Time(report, "offline")));
    }

    [Fact]
    public void To_end_a_break_does_not_bring_back_who_has_gone()
    {
        var unpause = new AgentStateChanged(AgentState.Available, Reason: "unpause");
        var report = Story.Of().At("09:00:00", "agent/anna", Is(AgentState.Available)).At("09:10:00", "agent/anna", Is(AgentState.Break)).At("09:15:00", "agent/anna", unpause)
            .At("09:30:00", "agent/anna", Is(AgentState.Offline)).At("09:31:00", "agent/anna", unpause).Tick("10:00:00").Report();
        Assert.Equal((1_500m, 300m, 1_800m), (Time(report, "available"), Time(report, "break"), Time(report, "offline")));
    }

    [Fact]
    public void A_repeat_on_the_sixth_day_revokes_the_first_contact_and_says_why()
    {
        var first = new ContactInitiated(Channel.Phone, Direction.Inbound, "carl");
        var story = Story.Of().At("09:00:00", "contact/first", first, new ContactQueued("q"), new ContactAnswered("anna")).At("09:05:00", "contact/first", new ContactDisconnected(DisconnectedBy.Agent));
        Assert.Equal((new Ratio(1, 1), 0), (story.Report()["fcr.provisional"], story.Shard.Revocations().Count()));
        story.At("+6 09:00:00", "contact/again", first);
        Assert.Equal(new Ratio(0, 1), story.Report()["fcr.provisional"]);
        var why = Assert.Single(story.Shard.Revocations());
        Assert.Equal(("contact/first", "contact/again", Story.Ms("+6 09:00:00"), "q"), (why.Contact.ToString(), why.By.ToString(), why.At, why.Queue));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Another_issue_is_no_repeat_where_the_setting_says_so(bool perIssue, long kept)
    {
        ContactInitiated About(string issue) => new(Channel.Phone, Direction.Inbound, "carl", IssueKey: issue);
        var story = Story.Of(OpsMonitor.Grains.Policies.PolicySet.Default with { FcrPerIssue = perIssue })
            .At("09:00:00", "contact/first", About("bill"), new ContactQueued("q"), new ContactAnswered("anna")).At("09:05:00", "contact/first", new ContactDisconnected(DisconnectedBy.Agent))
            .At("+1 09:00:00", "contact/other", About("line"));
        Assert.Equal(new Ratio(kept, 1), story.Report()["fcr.provisional"]);
    }

    [Fact]
    public void Beside_every_mean_stand_the_median_and_the_ninetieth_percentile()
    {
        var story = Story.Of();
        for (var i = 1; i <= 10; i++)
            story.At("09:00:00", $"contact/{i}", Inbound, new ContactQueued("q"), new ContactAnswered("anna", WaitS: i * i), new ContactDisconnected(DisconnectedBy.Agent, TalkS: 10 * i));
        story.At("09:00:00", "contact/gone", Inbound, new ContactQueued("q"), new ContactAbandoned(AbandonStage.Queue, WaitS: 1_000));
        var report = story.Report("queue/q");
        Assert.Equal((38.5m, 30.5m, 81m), (report["asa_s"], report["asa_p50_s"], report["asa_p90_s"]));
        Assert.Equal((125.909m, 36m, 100m), (report["contacts.wait_mean_s"], report["contacts.wait_p50_s"], report["contacts.wait_p90_s"]));
        Assert.Equal((55m, 55m, 90m), (report["aht_s"], report["aht_p50_s"], report["aht_p90_s"]));
    }

    [Fact]
    public void Flow_outs_stand_in_the_denominator_where_the_option_asks_for_them()
    {
        var story = Story.Of();
        foreach (var id in "abc") story.At("09:00:00", $"contact/{id}", Inbound, new ContactQueued("q"), new ContactAnswered("anna"));
        foreach (var id in "xy") story.At("09:00:00", $"contact/{id}", Inbound, new ContactQueued("q"), new ContactDequeued("q", id == 'x' ? DequeueReason.Overflow : DequeueReason.Timeout));
        var report = story.Report("queue/q");
        var levels = (SortedDictionary<string, object?>)report["service_level"]!;
        Assert.Equal((new Ratio(3, 3), new Ratio(3, 5)), (levels["answered_only/20"], levels["answered_only.flow_outs/20"]));
        Assert.Equal((1L, 1L), (report["contacts.flow_out.overflow"], report["contacts.flow_out.timeout"]));
    }
}
