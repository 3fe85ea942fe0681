using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using Xunit;

namespace OpsMonitor.Tests.Grains.Metrics;

/// <summary>Departments and care, each number at its edge.</summary>
public sealed class CareStoryTests
{
    private static Event At(string time, string subject, EventData data, string id, string? department = null) => Story.Event(Story.Ms(time), subject, data, id, department: department);

    private static TicketCreated Complaint(string? customer = null, string? issue = null) => new(TicketKind.Complaint, Channel.Phone, CustomerRef: customer, IssueKey: issue, Priority: 1);

    [Fact]
    public void A_department_is_told_how_it_answers_what_it_is_sent()
    {
        var story = Story.Of();
        foreach (var id in "abcde") story.At("09:00:00", $"ticket/{id}", Complaint(), new TicketDispatched($"D-{id}", "network", DispatchRole.Lead, Story.Iso("11:00:00")));
        var report = story
            .At("10:59:59.999", "ticket/a", new TicketDispatchAnswered("D-a"))
            .At("11:00:00", "ticket/b", new TicketDispatchAnswered("D-b")) // at the due instant is in time
            .At("11:00:00.001", "ticket/c", new TicketDispatchAnswered("D-c"))
            .At("11:30:00", "ticket/d", new TicketDispatchReturned("D-d", "not ours")) // late already
            .At("12:00:00", "ticket/a", new TicketDispatchReviewed("D-a", ReviewOutcome.Ok, 5), new TicketDispatchReviewed("D-b", ReviewOutcome.Ok, 1)) // the latter is no dispatch of this ticket
            .At("12:00:00", "ticket/c", new TicketDispatchReviewed("D-c", ReviewOutcome.Rework, 2))
            .Report("department/network");
        Assert.Equal((new Ratio(2, 5), new Ratio(7, 2)), (report["dispatch.reply_on_time"], report["dispatch.reply_satisfaction"]));
        Assert.Equal((new Ratio(1, 5), new Ratio(4, 5), new Ratio(0, 0)), (report["dispatch.return_rate"], report["dispatch.first_accuracy"], report["dispatch.accepted_on_time"]));
    }

    [Fact]
    public void A_ticket_that_comes_back_to_a_department_has_played_ping_pong_once()
    {
        var story = Story.Of();
        foreach (var (time, department) in new[] { ("09:00:00", "a"), ("10:00:00", "b"), ("11:00:00", "a"), ("12:00:00", "b") })
            story.At(time, "ticket/p", time == "09:00:00" ? Complaint() with { DepartmentId = department } : new TicketDispatched($"D-{time}", department, DispatchRole.Lead));
        story.At("09:00:00", "ticket/straight", Complaint() with { DepartmentId = "a" }, new TicketDispatched("D-1", "b", DispatchRole.Lead), new TicketDispatched("D-2", "a", DispatchRole.Assist));
        story.At("13:00:00", "ticket/moved", Complaint() with { DepartmentId = "a" }, new TicketClassified("x", DepartmentId: "c"));
        var report = story.Report();
        Assert.Equal((1L, new Ratio(6, 3)), (report["ping_pong"], report["hops"]));
    }

    [Fact]
    public void A_ticket_counts_for_every_level_that_it_reached()
    {
        var story = Story.Of();
        foreach (var id in "abcdefg") story.At("09:00:00", $"ticket/{id}", Complaint());
        story.At("10:00:00", "ticket/a", new TicketEscalated(1, EscalationTrigger.Vip)).At("10:00:00", "ticket/b", new TicketEscalated(3, EscalationTrigger.Media), new TicketDeescalated(0, EscalationTrigger.Manual));
        var report = story.Report();
        var levels = (SortedDictionary<string, object?>)report["escalation_rate.by_level"]!;
        Assert.Equal(new Ratio(2, 7), report["escalation_rate"]);
        Assert.Equal([("1", new Ratio(2, 7)), ("2", new Ratio(1, 7)), ("3", new Ratio(1, 7))], levels.Select(l => (l.Key, (Ratio)l.Value!)));
    }

    [Theory]
    [InlineData("+30 09:00:00", 1)]
    [InlineData("+30 09:00:00.001", 0)]
    public void The_same_customer_with_the_same_issue_within_thirty_days_is_a_repeat(string second, long repeats)
    {
        var story = Story.Of()
            .At("09:00:00", "ticket/first", Complaint("anna", "bill"))
            .At("10:00:00", "ticket/first", new TicketClosed("done"))
            .At("11:00:00", "ticket/other", Complaint("anna", "line"))
            .At(second, "ticket/second", Complaint("anna", "bill"));
        Assert.Equal((new Ratio(repeats, 3), new Ratio(1 - repeats, 1)), (story.Report()["repeat_rate"], story.Report()["fcr.ticket"]));
    }

    [Fact]
    public void Closed_at_the_first_go_is_by_one_department_without_return_reopening_or_repeat()
    {
        var story = Story.Of();
        foreach (var id in (string[])["clean", "two", "returned", "reopened", "one"]) story.At("09:00:00", $"ticket/{id}", Complaint() with { DepartmentId = "a" });
        story.At("09:30:00", "ticket/two", new TicketDispatched("D-1", "b", DispatchRole.Assist)).At("09:30:00", "ticket/one", new TicketDispatched("D-2", "a", DispatchRole.Lead))
            .At("09:30:00", "ticket/returned", new TicketDispatched("D-3", "a", DispatchRole.Lead), new TicketDispatchReturned("D-3", "no"));
        foreach (var id in (string[])["clean", "two", "returned", "reopened", "one"]) story.At("10:00:00", $"ticket/{id}", new TicketClosed("done"));
        story.At("11:00:00", "ticket/reopened", new TicketReopened("no"));
        Assert.Equal(new Ratio(2, 5), story.Report("department/a")["fcr.ticket"]);
    }

    [Fact]
    public void A_contact_chases_a_ticket_that_is_open_and_once()
    {
        var story = Story.Of();
        foreach (var id in "xyz") story.At("09:00:00", $"ticket/{id}", Complaint());
        story.At("10:00:00", "contact/1", new ContactLinked("x", "chase"), new ContactLinked("x", "chase"), new ContactLinked("y", "chase"))
            .At("10:30:00", "contact/2", new ContactLinked("x", "reply"))
            .At("11:00:00", "ticket/x", new TicketClosed("done"))
            .At("11:00:00", "contact/3", new ContactLinked("x", "chase")) // closed at that instant
            .At("12:00:00", "ticket/x", new TicketReopened("no"))
            .At("12:00:01", "contact/4", new ContactLinked("x", "chase"));
        Assert.Equal(new Ratio(3, 4), story.Report()["chase_rate"]); // three tickets, one of them open twice
        Assert.Equal("reopened", story.Row("ticket/x").State);
    }

    [Fact]
    public void Surveys_of_tickets_and_calls_give_the_three_rates()
    {
        JsonElement Word(string w) => JsonSerializer.SerializeToElement(w);
        var story = Story.Of();
        foreach (var id in "abcd") story.At("09:00:00", $"ticket/{id}", Complaint() with { DepartmentId = "desk" }, new TicketClosed("done"));
        story.At("09:00:00", "contact/k", new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactQueued("q", "desk"));
        story.At("10:00:00", "survey/1", new SurveySent("ticket/a", "phone"), new SurveyResponded(true, null, true, SurveyResolved.Yes, Word("satisfied")))
            .At("10:00:00", "survey/2", new SurveyResponded(true, "ticket/b", true, SurveyResolved.No, Word("basically_satisfied")))
            .At("10:00:00", "survey/3", new SurveySent("ticket/c", "phone"))
            .At("10:00:00", "survey/4", new SurveySent("ticket/d", "phone"), new SurveyExcluded("asked not to"))
            .At("10:00:00", "survey/5", new SurveyResponded(true, "contact/k", false, SurveyResolved.Partial, JsonSerializer.SerializeToElement(2)))
            .At("10:00:00", "survey/6", new SurveyResponded(true, "contact/k", true, SurveyResolved.Yes, JsonSerializer.SerializeToElement(3)), new SurveyResponded(false, "contact/k"));
        var report = story.Report("department/desk");
        Assert.Equal((new Ratio(3, 3), new Ratio(3, 5)), (report["survey.coverage"], report["survey.valid_rate"])); // the excluded one is due no survey
        Assert.Equal((new Ratio(2, 3), new Ratio(1, 3), new Ratio(2, 3), new Ratio(1, 3)), (report["survey.satisfied"], report["survey.resolved"], report["survey.response"], report["fcr.surveyed"]));
        Assert.Equal(0.5m, Math.Round(((Ratio)report["three_rates"]!).Value!.Value, 6)); // 0.1 * 2/3 + 0.4 * 2/3 + 0.5 * 1/3
        Assert.Equal(new Ratio(0, 1), story.Report("queue/q")["survey.resolved"]);

        var settings = new MetricSettings(BasicallySatisfied: 90);
        Assert.Equal(0.633333m, Formulas.SurveySatisfied(story.Sums(), settings).Value);
    }

    [Fact]
    public void Redress_is_summed_by_kind_and_authority()
    {
        var report = Story.Of()
            .At("09:00:00", "ticket/a", Complaint())
            .At("10:00:00", "ticket/a", new TicketRedressRecorded(RedressKind.Refund, 12.5m, "CNY", "L1", true), new TicketRedressRecorded(RedressKind.Refund, 30m, "CNY", "L1", false), new TicketRedressRecorded(RedressKind.WrittenApology))
            .Report();
        var redress = (SortedDictionary<string, object?>)report["redress"]!;
        Assert.Equal(["refund/L1", "written_apology/unstated"], redress.Keys);
        var refunds = (SortedDictionary<string, object?>)redress["refund/L1"]!;
        Assert.Equal((2L, 42.5m, 1L), (refunds["count"], ((SortedDictionary<string, object?>)refunds["amount"]!)["CNY"], report["redress.over_authority"]));
    }

    [Fact]
    public void An_issue_is_hot_against_the_same_hour_of_the_weeks_before()
    {
        var story = Story.Of(backfill: true);
        var n = 0;
        foreach (var (day, count) in new[] { (0, 1), (7, 2), (14, 3), (21, 8) })
            for (var i = 0; i < count; i++) story.At($"+{day} 09:{10 + i}:00", $"ticket/{n++}", Complaint(issue: "outage"));
        var window = new Window(Story.Ms("+21 09:00:00"), Story.Ms("+21 10:00:00"));
        var issue = (SortedDictionary<string, object?>)((SortedDictionary<string, object?>)Report.Of(story.Shard, "all", window, live: false)["hot_issues"]!)["outage"]!;
        Assert.Equal((8L, new Ratio(24, 6)), (issue["count"], issue["rate"])); // 8 against a mean of 2 over three weeks
        Assert.Null(Report.Of(story.Shard, "all", new(Story.Ms("+21 10:00:00"), Story.Ms("+21 11:00:00")), live: false)["hot_issues"]);
    }

    [Fact]
    public void What_the_standard_on_complaints_asks_to_be_counted()
    {
        var report = Story.Of()
            .At("09:00:00", "ticket/a", Complaint(), new TicketClassified("x", Priority: 3), new TicketReferredExternal("ombudsman", ReferralDirection.Out), new TicketReferredExternal("court", ReferralDirection.Out))
            .At("09:00:00", "ticket/b", Complaint(), new TicketReferredExternal("ombudsman", ReferralDirection.In), new TicketResolved("told", OnTheSpot: true))
            .At("09:00:00", "ticket/c", new TicketCreated(TicketKind.Inquiry, Channel.Web, Priority: 1), new TicketClassified("x", Priority: 2), new TicketReferredExternal("court", ReferralDirection.Out))
            .At("09:00:00", "ticket/d", Complaint(), new TicketLinked("z", LinkRelation.Repeat))
            .Tick("+6 09:00:00").Report();
        Assert.Equal((3L, 1L, 1L, 1L, 1L), (report["iso10002.received"], report["iso10002.resolved_at_point"], report["iso10002.reprioritised"], report["iso10002.referred_external"], report["iso10002.repeat"]));
        Assert.Equal((3L, 2L), (report["iso10002.acknowledged_late"], report["iso10002.resolved_late"]));
    }

    [Fact]
    public void Open_tickets_stand_in_the_band_of_their_age()
    {
        var story = Story.Of(backfill: true);
        foreach (var (id, at) in new[] { ("a", "+40 08:00:00"), ("b", "+39 09:00:00"), ("c", "+39 09:00:00.001"), ("d", "+33 09:00:00"), ("e", "+10 09:00:00"), ("f", "+10 09:00:00"), ("g", "+10 09:00:00.001") })
            story.At(at, $"ticket/{id}", Complaint());
        var bands = (SortedDictionary<string, object?>)story.At("+40 08:30:00", "ticket/f", new TicketClosed("done")).Tick("+40 09:00:00").Report()["ageing"]!;
        Assert.Equal([("0-1d", 2L), ("1-3d", 1L), ("3-7d", 0L), ("30d+", 1L), ("7-30d", 2L)], bands.Select(b => (b.Key, (long)b.Value!)));
    }

    [Fact]
    public void Closed_for_a_while_is_not_open_for_that_while()
    {
        var story = Story.Of()
            .At("09:00:00", "ticket/a", Complaint()).At("10:00:00", "ticket/a", new TicketClosed("done")).At("12:00:00", "ticket/a", new TicketReopened("no"));
        object? Open(string to) => Report.Of(story.Shard, "all", new(Story.Ms("08:00:00"), Story.Ms(to)), live: false)["tickets.open"];
        Assert.Equal((1L, 0L, 1L), (Open("10:00:00"), Open("11:00:00"), Open("12:01:00")));
    }
}
