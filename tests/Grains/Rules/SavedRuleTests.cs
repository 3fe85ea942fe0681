using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using Xunit;
using static OpsMonitor.Tests.Grains.Rules.RuleHeads;

namespace OpsMonitor.Tests.Grains.Rules;

/// <summary>
/// Settings of a rule are saved in the middle of a day: what happens from then on is judged by them, what happened before is not, and an alert that stands keeps
/// those of its raise.
/// </summary>
public sealed class SavedRuleTests
{
    private const string T = "ticket/T-1";

    private static Story With(RuleId id, bool on = true) => Story.Of(PolicySet.Default with
    {
        Rules = RuleSet.Standard.Only(id).With(on ? [] : [RuleSet.Standard.Of(id, null) with { On = false }]),
        Queues = RuleHeads.Queues,
    });

    private static Story Save(Story story, string time, RuleId id, Func<Rule, Rule> change)
    {
        story.WakeUntil(Story.Ms(time));
        Save(story.Shard, Story.Ms(time), id, change);
        Assert.False(story.Shard.Sweeping);
        Assert.True(Recount.Equals(story.Shard));
        return story;
    }

    private static void Save(Shard shard, long at, RuleId id, Func<Rule, Rule> change)
    {
        var before = shard.Policies.Rules;
        var rules = before.With([change(before.Of(id, null))]).SavedOver(before, at);
        shard.Step(new(at, []) { Change = new(new(shard.Edits.Count + 1, EditKind.Rules, "rules", shard.Edits.Count + 1, at, "anna", ""), shard.Policies with { Rules = rules }) });
    }

    private static string Says(Story story, RuleId id) => string.Join("; ", story.Shard.Alerts.All.Where(a => a.Due.Rule == Words.Of(id))
        .Select(a => $"{Story.Iso(a.Due.RaisedAt)[11..19]} v{a.Due.RuleVersion} {a.Due.Level} {a.State}"));

    private static TicketCreated Complaint() => Created(issue: "no-internet");

    private static Story Complaints(Story story, string from, int count, string tag)
    {
        for (var n = 0; n < count; n++) story.Turn(Story.Ms(from) + (n * Story.Minute), Story.Event(Story.Ms(from) + (n * Story.Minute), $"ticket/{tag}{n}", Complaint(), $"{tag}{n}"));
        return story;
    }

    [Fact]
    public void What_reaches_a_new_threshold_after_the_saving_is_raised_and_what_had_reached_it_before_is_not()
    {
        var story = Save(Complaints(With(RuleId.BulkComplaint), "09:00:00", 6, "a"), "09:30:00", RuleId.BulkComplaint, r => Set(r, RuleNumber.Count, 5));
        Assert.Equal("", Says(story, RuleId.BulkComplaint));
        story.WakeUntil(Story.Ms("11:00:00"));
        Assert.Equal("", Says(story, RuleId.BulkComplaint));
        Complaints(story, "12:00:00", 4, "b");
        Assert.Equal("", Says(story, RuleId.BulkComplaint));
        Complaints(story, "12:04:00", 1, "c");
        Assert.Equal("12:04:00 v2 Red Raised", Says(story, RuleId.BulkComplaint));
        Assert.Equal((new Finding(5, 0, 5), 0), (story.Shard.Alerts.All.First().Due.Finding, story.Shard.Alerts.All.First().LatenessMs));
    }

    [Fact]
    public void In_a_surge_that_goes_on_the_next_complaint_is_judged_by_the_new_threshold()
    {
        var story = Save(Complaints(With(RuleId.BulkComplaint), "09:00:00", 7, "a"), "09:10:00", RuleId.BulkComplaint, r => Set(r, RuleNumber.Count, 5));
        Assert.Equal("", Says(story, RuleId.BulkComplaint));
        Assert.Equal("09:11:00 v2 Red Raised", Says(Complaints(story, "09:11:00", 1, "b"), RuleId.BulkComplaint));
    }

    [Fact]
    public void An_alert_that_stands_keeps_level_ladder_version_and_end_of_its_raise()
    {
        var story = Complaints(With(RuleId.BulkComplaint), "09:00:00", 10, "a");
        var raised = Assert.Single(story.Shard.Alerts.All);
        story.At("09:10:00", "rule/bulk/billing/no-internet", new AlertAcknowledged(raised.Key.Id, "Chen", Story.Iso("10:00:00")));
        Save(story, "09:20:00", RuleId.BulkComplaint, r => Set(Set(Set(r, RuleNumber.Count, 50), RuleNumber.ClearBelow, 1), RuleNumber.WithinMin, 120) with { Level = AlertLevel.Yellow, To = "executive" });
        var after = Assert.Single(story.Shard.Alerts.All);
        Assert.Equal((raised.Key, raised.Code, AlertLevel.Red, raised.Due.Ladder, "Chen"), (after.Key, after.Code, after.Due.Level, after.Due.Ladder, after.Care.By));
        story.WakeUntil(Story.Ms("12:00:00"));
        Assert.Equal("09:09:00 v1 Red Resolved", Says(story, RuleId.BulkComplaint));
        Assert.Equal(Story.Ms("10:09:00"), Assert.Single(story.Shard.Alerts.All).Due.EndedAt); // an hour after it began, as it said at the raise
    }

    [Fact]
    public void A_rule_that_is_switched_off_lets_what_stands_stand_and_raises_nothing_more()
    {
        var story = Complaints(With(RuleId.BulkComplaint), "09:00:00", 10, "a");
        Save(story, "09:20:00", RuleId.BulkComplaint, r => r with { On = false });
        Assert.Equal("09:09:00 v1 Red Raised", Says(story, RuleId.BulkComplaint));
        Complaints(story.WakeUntil(Story.Ms("12:00:00")), "13:00:00", 30, "b");
        Assert.Equal("09:09:00 v1 Red Resolved", Says(story, RuleId.BulkComplaint));
    }

    [Fact]
    public void A_call_that_waits_to_be_returned_goes_by_the_new_minutes_unless_it_is_past_them_already()
    {
        var story = With(RuleId.MissedCall);
        foreach (var (n, at) in ((int, string)[])[(1, "08:20:00"), (2, "08:50:00"), (3, "09:01:00")])
            story.At(at, $"contact/{n}", new ContactInitiated(Channel.Phone, Direction.Inbound, "c-" + n), new ContactQueued("q", "billing"), new ContactAbandoned(AbandonStage.Queue, "q"));
        Save(story, "09:00:00", RuleId.MissedCall, r => Set(r, RuleNumber.Minutes, 30));
        story.WakeUntil(Story.Ms("11:00:00"));
        // The first was 40 minutes old: it keeps its hour, and is not lost.
        Assert.Equal("09:20:00 v1 Yellow Raised; 09:20:00 v2 Yellow Raised; 09:31:00 v2 Yellow Raised", Says(story, RuleId.MissedCall));
    }

    [Fact]
    public void Switched_on_a_rule_finds_what_comes_due_from_then_on()
    {
        var story = With(RuleId.MissedCall, on: false);
        foreach (var (n, at) in ((int, string)[])[(1, "07:00:00"), (2, "08:30:00")])
            story.At(at, $"contact/{n}", new ContactInitiated(Channel.Phone, Direction.Inbound, "c-" + n), new ContactQueued("q", "billing"), new ContactAbandoned(AbandonStage.Queue, "q"));
        story.WakeUntil(Story.Ms("08:45:00"));
        Save(story, "09:00:00", RuleId.MissedCall, r => r with { On = true });
        Assert.Equal("09:30:00 v2 Yellow Raised", Says(story.WakeUntil(Story.Ms("12:00:00")), RuleId.MissedCall));
    }

    [Fact]
    public void Who_waits_in_a_queue_a_dispatch_a_callback_and_a_clock_in_the_green_lane_go_by_the_new_limit()
    {
        var wait = With(RuleId.LongestWait).At("09:00:00", "contact/1", new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactQueued("q", "billing"));
        Assert.Equal("09:01:30 v2 Yellow Raised", Says(Save(wait, "09:01:00", RuleId.LongestWait, r => Set(r, RuleNumber.Seconds, 90)).WakeUntil(Story.Ms("09:10:00")), RuleId.LongestWait));
        var dispatch = With(RuleId.UnsignedDispatch).At("09:00:00", T, Complaint()).At("09:10:00", T, new TicketDispatched("d", "returns", DispatchRole.Lead));
        Save(dispatch, "10:00:00", RuleId.UnsignedDispatch, r => Set(r, RuleNumber.BusinessDays, 2)).WakeUntil(Story.Ms("+5 00:00:00"));
        Assert.Equal(Story.Iso("+2 09:10:00"), Story.Iso(Assert.Single(dispatch.Shard.Alerts.All, a => a.Due.Rule == "unsigned_dispatch").Due.RaisedAt));
        var callback = With(RuleId.CallbackOverdue).At("09:00:00", "callback/c", new CallbackPromised(CallbackKind.Promise, Story.Iso("10:00:00"), DepartmentId: "billing"));
        Assert.Equal("10:10:00 v2 Red Raised", Says(Save(callback, "10:05:00", RuleId.CallbackOverdue, r => Set(r, RuleNumber.Minutes, 10)).WakeUntil(Story.Ms("12:00:00")), RuleId.CallbackOverdue));
        var lane = With(RuleId.VipLane).At("09:00:00", T, Complaint() with { Priority = 1, CustomerTier = "gold" });
        Save(lane, "09:20:00", RuleId.VipLane, r => r with { Words = new(["gold"]) }).WakeUntil(Story.Ms("11:00:00")); // of 15 min half is over, of 4 h it is not
        Assert.Equal(["resolution"], lane.Shard.Alerts.All.Where(a => a.Due is { Rule: "vip_lane", RuleVersion: 2 }).Select(a => a.Due.Clock));
    }

    [Fact]
    public void A_flag_a_hop_and_a_half_hour_are_judged_by_the_rule_of_their_instant()
    {
        var flag = With(RuleId.OutsideFlag).At("09:00:00", T, Complaint() with { RiskFlags = ["mayor"] });
        Save(flag, "10:00:00", RuleId.OutsideFlag, r => r with { Words = new(["mayor"]) });
        Assert.Equal("", Says(flag, RuleId.OutsideFlag));
        Assert.Equal("11:00:00 v2 Red Raised", Says(flag.At("11:00:00", "ticket/T-2", Complaint() with { RiskFlags = ["mayor"] }), RuleId.OutsideFlag));
        var hops = With(RuleId.PingPong).At("09:00:00", T, Complaint()).At("09:10:00", T, new TicketDispatched("d1", "a", DispatchRole.Lead)).At("09:20:00", T, new TicketDispatched("d2", "b", DispatchRole.Lead));
        Save(hops, "10:00:00", RuleId.PingPong, r => Set(r, RuleNumber.Hops, 1)).At("10:10:00", T, new TicketReplied("phone"));
        Assert.Equal("", Says(hops, RuleId.PingPong));
        Assert.Equal("10:20:00 v2 Yellow Raised", Says(hops.At("10:20:00", T, new TicketDispatched("d3", "c", DispatchRole.Lead)), RuleId.PingPong));
        var rate = With(RuleId.ServiceLevel);
        foreach (var step in (string[])["09:00:00", "09:30:00", "10:00:00"])
            for (var n = 0; n < 20; n++)
                rate.Turn(Story.Ms(step) + (n * Story.Minute), Story.Event(Story.Ms(step) + (n * Story.Minute), $"contact/{step}{n}", new ContactInitiated(Channel.Phone, Direction.Inbound), $"{step}i{n}"),
                    Story.Event(Story.Ms(step) + (n * Story.Minute), $"contact/{step}{n}", new ContactQueued("q", "billing"), $"{step}q{n}"),
                    Story.Event(Story.Ms(step) + (n * Story.Minute) + (n < 17 ? 1_000 : 30_000), $"contact/{step}{n}", new ContactAnswered("ann", "q"), $"{step}a{n}")); // 85 % within 20 s
        Save(rate, "10:29:00", RuleId.ServiceLevel, r => Set(r, RuleNumber.Percent, 90));
        Assert.Equal("10:30:00 v2 Yellow Raised", Says(rate.WakeUntil(Story.Ms("10:30:00")), RuleId.ServiceLevel));
    }

    [Fact]
    public void Late_news_of_before_the_saving_is_judged_by_what_stood_then()
    {
        var story = Save(Complaints(With(RuleId.BulkComplaint), "09:00:00", 9, "a"), "09:30:00", RuleId.BulkComplaint, r => Set(r, RuleNumber.Count, 40));
        story.Told("11:00:00", "09:20:00", "ticket/late", Complaint());
        Assert.Equal("09:20:00 v1 Red Resolved", Says(story, RuleId.BulkComplaint));
    }

    [Fact]
    public void Savings_in_the_middle_of_anything_find_what_one_who_knew_them_from_the_start_finds_in_any_order()
    {
        const int Streams = 100;
        var (standing, by) = (0, new SortedSet<int>());
        for (var seed = 0; seed < Streams; seed++)
        {
            var random = new Random(seed);
            var events = RuleOrderTests.Stream(random);
            var (calm, end) = (new Shard(RuleOrderTests.Policies, new()), events[^1].At + (2 * Story.Day));
            foreach (var e in events)
            {
                if (random.Next(8) == 0) SaveSome(calm, e.At - random.Next(1, 60_000), random);
                RuleOrderTests.Wake(calm, e.At);
                calm.Step(new(e.At, [e]));
                if (random.Next(25) == 0) calm = Restarted(calm);
            }
            var storm = new Shard(calm.Policies, new());
            foreach (var e in events.Concat(events.Take(20)).OrderBy(_ => random.Next()).ToList()) storm.Step(new(events[^1].At + Story.Minute, [e]));
            RuleOrderTests.Wake(calm, end);
            RuleOrderTests.Wake(storm, end);
            var (right, found) = (RuleOrderTests.Standing(calm), RuleOrderTests.Standing(storm));
            Assert.True(right.SequenceEqual(found), $"seed {seed}: saved on the way alone [{string.Join("; ", right.Except(found))}], known before alone [{string.Join("; ", found.Except(right))}]");
            standing += right.Count;
            foreach (var alert in calm.Alerts.All) by.Add(alert.Due.RuleVersion);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{Streams} streams, {standing} alerts stand, by versions up to {by.Max}");
        Assert.True(standing > Streams && by.Count > 3);
    }

    [Fact]
    public void Bulk_complaints_too_are_those_of_one_who_knew_the_savings_from_the_start()
    {
        var found = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var (calm, at, events) = (new Shard(PolicySet.Default with { Rules = RuleSet.Standard.Only(RuleId.BulkComplaint) }, new()), Story.Ms("06:00:00"), new List<Event>());
            for (var n = 0; n < 80; n++)
            {
                at += random.Next(1, random.Next(6) == 0 ? 60 : 12) * Story.Minute;
                if (random.Next(10) == 0) Save(calm, at, RuleId.BulkComplaint, r => Set(Set(Set(r, RuleNumber.Count, random.Next(4, 9)), RuleNumber.ClearBelow, random.Next(1, 4)), RuleNumber.WithinMin, random.Next(2) == 0 ? 30 : 60) with { On = random.Next(6) > 0 });
                events.Add(Story.Event(at, $"ticket/{n}", Complaint() with { IssueKey = "i" + random.Next(2) }, $"e{n}"));
                RuleOrderTests.Wake(calm, at);
                if (random.Next(6) > 0) calm.Step(new(at, [events[^1]])); // the others are told late
            }
            foreach (var e in events) calm.Step(new(at, [e]));
            var storm = new Shard(calm.Policies, new());
            foreach (var e in events.Concat(events.Take(20)).OrderBy(_ => random.Next()).ToList()) storm.Step(new(at, [e]));
            Assert.Equal(Ever(calm), Ever(storm));
            found += Ever(calm).Count;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{found} bulk complaints in 60 streams");
        Assert.True(found > 120);
        static List<string> Ever(Shard shard) => [.. shard.Alerts.All.Where(a => a.Due.Rule == "bulk_complaint" && a.State != AlertState.Retracted).Select(a => $"{a.Key} {a.Due.RaisedAt} {a.Due.Finding} {a.State} {a.Due.EndedAt}")];
    }

    private static void SaveSome(Shard shard, long at, Random random)
    {
        if (at <= shard.Now) return;
        RuleOrderTests.Wake(shard, at);
        var id = RuleOrderTests.Ruled[random.Next(RuleOrderTests.Ruled.Length)];
        Save(shard, at, id, rule => // for all: a ticket that moves on to a department with settings of its own keeps the alert as it was raised
        {
            foreach (var setting in RuleCatalog.All[(int)id].Settings) rule = Set(rule, setting.Number, Math.Clamp(setting.Default * random.Next(1, 5) / 2, setting.Least, setting.Most));
            return rule with { On = random.Next(5) > 0, Level = random.Next(2) == 0 ? AlertLevel.Red : AlertLevel.Yellow };
        });
    }

    private static Shard Restarted(Shard shard)
    {
        var again = new Shard(RuleOrderTests.Policies, new());
        again.Resume(ShardSnapshot.Read(ShardSnapshot.Write(shard.Image())), shard.Policies, asJudged: true);
        return again;
    }
}
