using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using Xunit;

namespace OpsMonitor.Tests.Grains.Rules;

/// <summary>Complaints of one issue in bulk: one alert for all of them, at the true instant of the one that completes it.</summary>
public sealed class BulkComplaintTests
{
    private static readonly PolicySet Ruled = PolicySet.Default with { Rules = RuleSet.Standard.Only(RuleId.BulkComplaint) };

    private static TicketCreated Complaint(string issue = "no-internet", string department = "network") =>
        new(TicketKind.Complaint, Channel.Phone, Priority: 1, IssueKey: issue, DepartmentId: department);

    private static Alert? Bulk(Story story) => story.Shard.Alerts.All.SingleOrDefault(a => a.Due.Rule == "bulk_complaint" && a.State != AlertState.Retracted);

    private static string Minute(int n) => $"09:{n:00}:00";

    private static Story Complaints(Story story, int count)
    {
        for (var n = 0; n < count; n++) story.At(Minute(n), $"ticket/T-{n:00}", Complaint());
        return story;
    }

    [Fact]
    public void The_tenth_complaint_of_an_hour_raises_one_alert_at_its_very_instant()
    {
        var story = Complaints(Story.Of(Ruled), 9);
        Assert.Null(Bulk(story));
        story.At("09:59:59.999", "ticket/T-10", Complaint());
        var alert = Bulk(story)!;
        Assert.Equal((Story.Ms("09:59:59.999"), AlertState.Raised, AlertLevel.Red, "network"), (alert.Due.RaisedAt, alert.State, alert.Due.Level, alert.Due.DepartmentId));
        Assert.Equal(alert.Due.RaisedAt, alert.NoticedAt); // in the turn of the complaint
        Assert.Equal(new Finding(10, 0, 10), alert.Due.Finding);
        Assert.Equal(10, alert.Due.Members!.All.Count);
        Assert.True(story.Last!.MustCommit);
    }

    [Fact]
    public void Ten_in_a_little_more_than_an_hour_are_none()
    {
        var story = Complaints(Story.Of(Ruled), 9).At("10:00:00", "ticket/T-10", Complaint()); // the first is exactly an hour old
        Assert.Null(Bulk(story));
    }

    [Theory]
    [InlineData("other-issue", "network")]
    [InlineData("no-internet", "billing")]
    public void Another_issue_or_department_is_another_matter(string issue, string department) =>
        Assert.Null(Bulk(Complaints(Story.Of(Ruled), 9).At("09:30:00", "ticket/T-10", Complaint(issue, department))));

    [Fact]
    public void A_complaint_classified_later_counts_from_its_creation()
    {
        var story = Complaints(Story.Of(Ruled), 9).At("09:20:00", "ticket/T-10", Complaint("unclear"));
        story.At("09:40:00", "ticket/T-10", new TicketClassified("quality", IssueKey: "no-internet"));
        Assert.Equal((Story.Ms("09:20:00"), Story.Ms("09:40:00")), (Bulk(story)!.Due.RaisedAt, Bulk(story)!.NoticedAt));
    }

    [Fact]
    public void It_grows_while_it_stands_and_is_the_same_alert()
    {
        var story = Complaints(Story.Of(Ruled), 12);
        Assert.Equal(12, Bulk(story)!.Due.Members!.All.Count);
        Assert.Single(story.Shard.Alerts.All);
        Assert.Empty(story.Last!.Alerts); // nobody is told again
    }

    [Fact]
    public void It_closes_by_itself_with_an_all_clear()
    {
        // Opened 09:09. From 10:05 on fewer than five are left of the hour; an hour it lasts at least.
        var story = Complaints(Story.Of(Ruled), 10).WakeUntil(Story.Ms("11:00:00"));
        var alert = Bulk(story)!;
        Assert.Equal((AlertState.Resolved, Story.Ms("10:09:00"), Story.Ms("10:09:00")), (alert.State, alert.Due.EndedAt, alert.ChangedAt));
    }

    [Fact]
    public void While_complaints_go_on_it_stays()
    {
        var story = Complaints(Story.Of(Ruled), 10);
        for (var n = 0; n < 16; n++) story.Turn(Story.Ms("09:15:00") + (n * 10 * Story.Minute), Story.Event(Story.Ms("09:15:00") + (n * 10 * Story.Minute), $"ticket/L-{n:00}", Complaint(), $"l{n}")); // six an hour
        story.WakeUntil(Story.Ms("12:04:59"));
        Assert.Equal(AlertState.Raised, Bulk(story)!.State);
        story.WakeUntil(Story.Ms("13:00:00")); // the fifth last was at 11:05
        Assert.Equal(Story.Ms("12:05:00"), Bulk(story)!.Due.EndedAt);
    }

    [Fact]
    public void Late_data_that_undoes_it_retracts_it()
    {
        var story = Complaints(Story.Of(Ruled), 10);
        story.Told("09:30:00", "09:04:30", "ticket/T-04", new TicketClassified("quality", IssueKey: "something-else"));
        var alert = Assert.Single(story.Shard.Alerts.All, a => a.Due.Rule == "bulk_complaint");
        Assert.Equal((AlertState.Retracted, "retracted"), (alert.State, alert.Care.Final));
    }

    [Fact]
    public void Its_members_own_alerts_are_counted_and_suppressed()
    {
        var policies = Ruled with { Rules = RuleSet.Standard };
        var story = Complaints(Story.Of(policies), 10).WakeUntil(Story.Ms("09:30:00")); // first responses are due after 15 minutes
        var own = story.Shard.Alerts.All.Where(a => a.Due.Rule == "clock_breach").ToList();
        Assert.Equal(10, own.Count);
        Assert.All(own, a => Assert.Equal(Bulk(story)!.Code, a.SuppressedBy));
        story.WakeUntil(Story.Ms("10:30:00"));
        Assert.Equal(AlertState.Resolved, Bulk(story)!.State);
        Assert.All(story.Shard.Alerts.All, a => Assert.Null(a.SuppressedBy)); // each speaks for itself again
    }

    [Fact]
    public void A_few_are_many_where_there_were_none_for_four_weeks()
    {
        var story = Story.Of(Ruled).At("09:00:00", "ticket/old", Complaint("anything-else")); // since then the department is counted
        for (var n = 0; n < 4; n++) story.At($"+35 09:0{n}:00", $"ticket/T-{n}", Complaint());
        Assert.Null(Bulk(story));
        story.At("+35 09:04:00", "ticket/T-5", Complaint());
        Assert.Equal((Story.Ms("+35 09:04:00"), 5L, 5L), (Bulk(story)!.Due.RaisedAt, Bulk(story)!.Due.Finding!.Value.Num, Bulk(story)!.Due.Finding!.Value.Limit));
    }

    [Fact]
    public void Without_four_weeks_behind_it_a_few_are_nothing()
    {
        var story = Story.Of(Ruled).At("+10 09:00:00", "ticket/old", Complaint("anything-else"));
        for (var n = 0; n < 9; n++) story.At($"+35 09:0{n}:00", $"ticket/T-{n}", Complaint());
        Assert.Null(Bulk(story));
    }

    [Theory] // the mean is half a complaint more than was seen: 1 1 1 1 is over 1.5 + 3 * 1.22, 0 0 0 4 over 1.5 + 3 * 1.73, 2 2 2 2 over 2.5 + 3 * 1.58
    [InlineData(0, 0, 0, 0, 5)]
    [InlineData(1, 1, 1, 1, 6)]
    [InlineData(0, 0, 0, 4, 7)]
    [InlineData(2, 2, 2, 2, 8)]
    [InlineData(4, 4, 4, 4, 10)] // the fixed count comes first
    public void The_limit_is_the_mean_and_three_sigma_of_that_hour_and_never_less_than_chance(int a, int b, int c, int d, int raisedAt)
    {
        var rule = RuleSet.Standard.Of(RuleId.BulkComplaint, null);
        const long week = 7 * Story.Day;
        var at = new List<long>();
        foreach (var (n, back) in ((int, int)[])[(a, 4), (b, 3), (c, 2), (d, 1)])
            for (var i = 0; i < n; i++) at.Add((5 * week) - (back * week) + i);
        for (var i = 0; i < 20; i++) at.Add((5 * week) + (i * 1000));
        var episodes = new List<BulkEpisode>();
        BulkRule.Find(at, 0, RuleSet.Standard, null, episodes, long.MinValue, 6 * week);
        Assert.Equal((5 * week) + ((raisedAt - 1) * 1000), Assert.Single(episodes).OpenedAt);
    }

    [Fact]
    public void The_same_complaints_in_any_order_and_doubled_give_the_same_alerts()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var events = Enumerable.Range(0, 60).Select(n => Story.Event(Story.Ms("09:00:00") + random.Next(0, 5 * 3_600_000), $"ticket/T-{n:00}",
                Complaint(random.Next(4) == 0 ? "b" : "a"), $"e-{n}")).ToList();
            var (calm, storm) = (Story.Of(Ruled), Story.Of(Ruled));
            foreach (var e in events.Order()) calm.Turn(e.At, e);
            foreach (var e in events.Concat(events.Take(20)).OrderBy(_ => random.Next())) storm.Turn(Story.Ms("14:30:00"), e);
            Assert.Equal(Standing(calm.WakeUntil(Story.Ms("15:30:00"))), Standing(storm.WakeUntil(Story.Ms("15:30:00"))));
        }

        static string Standing(Story story) => string.Join('\n', story.Shard.Alerts.All.Where(a => a.State != AlertState.Retracted && a.Due.Rule == "bulk_complaint")
            .Select(a => $"{a.Key} {a.Due.RaisedAt} {(a.State == AlertState.Raised ? a.Due.Members : null)} {a.State}"));
    }

    [Fact]
    public void A_start_from_a_snapshot_goes_on_with_it()
    {
        var story = Complaints(Story.Of(Ruled), 8);
        var image = ShardSnapshot.Read(ShardSnapshot.Write(story.Shard.Image()));
        var shard = new Shard(Ruled, new());
        shard.Resume(image, asJudged: true);
        shard.Step(new(Story.Ms("09:30:00"), [Story.Event(Story.Ms("09:30:00"), "ticket/x", Complaint(), "x")]));
        Assert.DoesNotContain(shard.Alerts.All, a => a.Due.Rule == "bulk_complaint");
        shard.Step(new(Story.Ms("09:31:00"), [Story.Event(Story.Ms("09:31:00"), "ticket/y", Complaint(), "y")]));
        var alert = Assert.Single(shard.Alerts.All, a => a.Due.Rule == "bulk_complaint");
        Assert.Equal(10, alert.Due.Members!.All.Count);
        var again = new Shard(Ruled, new());
        again.Resume(ShardSnapshot.Read(ShardSnapshot.Write(shard.Image())), asJudged: true);
        again.Step(new(Story.Ms("09:32:00"), []));
        Assert.Equal(alert, Assert.Single(again.Alerts.All, a => a.Due.Rule == "bulk_complaint"));
    }

    [Fact]
    public void Somebody_may_take_it()
    {
        var story = Complaints(Story.Of(Ruled), 10);
        var alert = Bulk(story)!;
        story.At("09:15:00", alert.Due.Subject.ToString(), new AlertAcknowledged(alert.Key.Id, "ann"));
        Assert.Equal((Hold.Acknowledged, "ann"), (Bulk(story)!.Care.Hold, Bulk(story)!.Care.By));
    }
}
