using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using Xunit;

namespace OpsMonitor.Tests.Grains.Rules;

/// <summary>A queue's rates by half hours, its longest wait and how busy its agents are.</summary>
public sealed class QueueRuleTests
{
    private static readonly PolicySet Ruled = PolicySet.Default with { Rules = RuleSet.Standard };

    private static Story With(params RuleId[] ids)
    {
        var rules = RuleSet.Off.With(ids.Select(id => RuleSet.Standard.Of(id, null)));
        return Story.Of(PolicySet.Default with { Rules = rules, Queues = new SortedDictionary<string, QueuePolicy> { ["q"] = QueuePolicy.For("q") with { DepartmentId = "billing" } } });
    }

    private static Alert? Of(Story story, string rule) => story.Shard.Alerts.All.SingleOrDefault(a => a.Due.Rule == rule);

    // So many calls from a minute on, each answered or given up after so long.
    private static void Calls(Story story, string from, int count, int waitS, bool answered, string tag)
    {
        for (var n = 0; n < count; n++)
        {
            var (at, who) = (Story.Ms(from) + (n * 20_000L), $"contact/{tag}-{n}");
            story.Turn(at, Story.Event(at, who, new ContactInitiated(Channel.Phone, Direction.Inbound), $"{tag}-i{n}"), Story.Event(at, who, new ContactQueued("q", "billing"), $"{tag}-q{n}"));
            var end = at + (waitS * 1000L);
            story.Turn(end, Story.Event(end, who, answered ? new ContactAnswered("ann", "q") : new ContactAbandoned(AbandonStage.Queue, "q"), $"{tag}-e{n}"));
        }
    }

    [Fact]
    public void Two_half_hours_below_the_service_level_are_raised_at_the_end_of_the_second()
    {
        var story = With(RuleId.ServiceLevel);
        Calls(story, "09:00:00", 20, 10, true, "a");
        Calls(story, "09:10:00", 10, 40, true, "b"); // 20 of 30 within 20 s
        Calls(story, "09:30:00", 30, 40, true, "c");
        story.WakeUntil(Story.Ms("09:59:59"));
        Assert.Null(Of(story, "service_level"));
        story.WakeUntil(Story.Ms("10:00:00"));
        var alert = Of(story, "service_level")!;
        Assert.Equal((Story.Ms("10:00:00"), AlertState.Raised, "billing", "q"), (alert.Due.RaisedAt, alert.State, alert.Due.DepartmentId, alert.Due.Clock));
        Assert.Equal(new Finding(0, 30, 80), alert.Due.Finding);
        Assert.Equal(0, alert.LatenessMs);
        Calls(story, "10:05:00", 30, 5, true, "d");
        story.WakeUntil(Story.Ms("10:30:00"));
        Assert.Equal((AlertState.Resolved, Story.Ms("10:30:00")), (Of(story, "service_level")!.State, Of(story, "service_level")!.Due.EndedAt));
    }

    [Fact]
    public void One_bad_half_hour_or_too_few_calls_are_nothing()
    {
        var story = With(RuleId.ServiceLevel);
        Calls(story, "09:00:00", 30, 40, true, "a");
        Calls(story, "09:30:00", 19, 40, true, "b");
        Assert.Null(Of(story.WakeUntil(Story.Ms("12:00:00")), "service_level"));
    }

    [Fact]
    public void Late_data_that_mends_a_half_hour_retracts_it()
    {
        var story = With(RuleId.AbandonRate);
        Calls(story, "09:00:00", 19, 10, true, "a");
        Calls(story, "09:10:00", 2, 60, false, "b"); // 2 of 21 is 9.5 %
        story.WakeUntil(Story.Ms("09:30:00"));
        Assert.Equal((AlertState.Raised, new Finding(2, 21, 5)), (Of(story, "abandon_rate")!.State, Of(story, "abandon_rate")!.Due.Finding));
        for (var n = 0; n < 2; n++) story.Turn(Story.Ms("09:40:00") + n, Story.Event(Story.Ms("09:10:30") + (n * 20_000L), $"contact/b-{n}", new ContactAnswered("ann", "q"), $"late-{n}"));
        Assert.Equal(AlertState.Retracted, Of(story, "abandon_rate")!.State);
    }

    [Fact]
    public void A_wait_is_too_long_to_the_second_and_over_when_nobody_waits_so_long()
    {
        var story = With(RuleId.LongestWait).At("09:00:00", "contact/1", new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactQueued("q"));
        story.At("09:01:00", "contact/2", new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactQueued("q"));
        story.WakeUntil(Story.Ms("09:01:59.999"));
        Assert.Null(Of(story, "longest_wait"));
        story.WakeUntil(Story.Ms("09:02:00")); // 120 s, which is more than 3 x 20 s
        Assert.Equal((Story.Ms("09:02:00"), AlertState.Raised), (Of(story, "longest_wait")!.Due.RaisedAt, Of(story, "longest_wait")!.State));
        story.WakeUntil(Story.Ms("09:03:30")).At("09:03:40", "contact/1", new ContactAnswered("ann", "q"));
        Assert.Equal(AlertState.Raised, Of(story, "longest_wait")!.State); // the second waits too long as well
        story.At("09:04:00", "contact/2", new ContactAbandoned(AbandonStage.Queue, "q"));
        Assert.Equal((AlertState.Resolved, Story.Ms("09:04:00")), (Of(story, "longest_wait")!.State, Of(story, "longest_wait")!.Due.EndedAt));
    }

    [Fact]
    public void Agents_busy_for_half_an_hour_are_raised()
    {
        var story = With(RuleId.Occupancy);
        foreach (var agent in (string[])["a", "b"]) story.At("08:55:00", "agent/" + agent, new AgentStateChanged(AgentState.Available, "billing", ["q"]));
        foreach (var agent in (string[])["a", "b"]) story.At("09:00:00", "agent/" + agent, new AgentStateChanged(AgentState.Busy, "billing", ["q"]));
        story.WakeUntil(Story.Ms("09:29:59"));
        Assert.Null(Of(story, "occupancy"));
        story.WakeUntil(Story.Ms("09:30:00"));
        Assert.Equal((Story.Ms("09:30:00"), new Finding(3_600_000, 3_600_000, 90)), (Of(story, "occupancy")!.Due.RaisedAt, Of(story, "occupancy")!.Due.Finding));
        story.At("09:40:00", "agent/a", new AgentStateChanged(AgentState.Available, "billing", ["q"])).WakeUntil(Story.Ms("10:00:00"));
        Assert.Equal(AlertState.Resolved, Of(story, "occupancy")!.State);
    }

    [Fact]
    public void Who_has_been_there_for_longer_than_sums_are_looked_through_is_there_after_a_start_too()
    {
        var story = With(RuleId.Occupancy).At("09:00:00", "agent/b", new AgentStateChanged(AgentState.Available, "billing", ["q"])).WakeUntil(Story.Ms("+40 08:59:00"));
        var again = new Shard(story.Shard.Policies, new());
        again.Resume(ShardSnapshot.Read(ShardSnapshot.Write(story.Shard.Image())), asJudged: true);
        foreach (var shard in (Shard[])[story.Shard, again])
        {
            shard.Step(new(Story.Ms("+40 09:00:00"), [Story.Event(Story.Ms("+40 09:00:00"), "agent/a", new AgentStateChanged(AgentState.Busy, "billing", ["q"]), "busy")]));
            while (shard.NextWake <= Story.Ms("+40 09:30:00")) shard.Step(new(shard.NextWake, []));
            Assert.Empty(shard.Alerts.All); // one of two is busy
            shard.Step(new(Story.Ms("+40 09:30:00"), [Story.Event(Story.Ms("+40 09:30:00"), "agent/b", new AgentStateChanged(AgentState.Offline, "billing", ["q"]), "gone")]));
            while (shard.NextWake <= Story.Ms("+40 10:00:00")) shard.Step(new(shard.NextWake, []));
            Assert.Equal("occupancy", Assert.Single(shard.Alerts.All).Due.Rule);
        }
    }

    [Fact]
    public void A_start_in_the_middle_and_any_order_of_arrival_raise_the_same()
    {
        for (var seed = 0; seed < 25; seed++)
        {
            var random = new Random(seed);
            var events = new List<Event>();
            for (var n = 0; n < 150; n++)
            {
                var (at, who) = (Story.Ms("09:00:00") + random.Next(0, 2 * 3_600_000), $"contact/c-{n}");
                events.Add(Story.Event(at, who, new ContactInitiated(Channel.Phone, Direction.Inbound), $"i{n}"));
                events.Add(Story.Event(at, who, new ContactQueued("q", "billing"), $"q{n}"));
                events.Add(Story.Event(at + random.Next(1_000, 240_000), who, random.Next(4) > 0 ? new ContactAnswered("ann", "q") : new ContactAbandoned(AbandonStage.Queue, "q"), $"e{n}"));
            }
            for (var n = 0; n < 20; n++)
                events.Add(Story.Event(Story.Ms("09:00:00") + random.Next(0, 2 * 3_600_000), $"agent/{n % 2}", new AgentStateChanged(random.Next(6) == 0 ? AgentState.Available : AgentState.Busy, "billing", ["q"]), $"s{n}"));
            events.Sort();
            var (calm, storm) = (new Shard(Ruled, new()), new Shard(Ruled, new()));
            foreach (var e in events)
            {
                while (calm.NextWake <= e.At) calm.Step(new(calm.NextWake, []));
                calm.Step(new(e.At, [e]));
                if (random.Next(60) > 0) continue;
                var resumed = new Shard(Ruled, new());
                resumed.Resume(ShardSnapshot.Read(ShardSnapshot.Write(calm.Image())), asJudged: true);
                calm = resumed;
            }
            foreach (var e in events.Concat(events.Take(50)).OrderBy(_ => random.Next())) storm.Step(new(Story.Ms("11:10:00"), [e]));
            foreach (var shard in (Shard[])[calm, storm])
                while (shard.NextWake <= Story.Ms("12:00:00")) shard.Step(new(shard.NextWake, []));
            Assert.Equal(Standing(calm), Standing(storm));
            Assert.NotEmpty(Standing(calm));
        }

        static string Standing(Shard shard) => string.Join('\n', shard.Alerts.All.Where(a => a.State != AlertState.Retracted).Select(a => $"{a.Key} {a.Due.RaisedAt} {a.State}"));
    }
}
