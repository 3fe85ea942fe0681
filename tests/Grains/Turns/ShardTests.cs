using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains.Turns;

public sealed class ShardTests
{
    private static readonly TicketCreated Created = new(TicketKind.Complaint, Channel.Phone, Priority: 1);

    private static Event Ticket(string at, string id = "e-1", string subject = "ticket/T-1", string source = "/crm", EventData? data = null) =>
        Story.Event(Story.Ms(at), subject, data ?? Created, id, source);

    private static Verdict Told(Story story, string now, Event e) => story.Turn(Story.Ms(now), e).Last!.Verdicts.Single();

    [Fact]
    public void The_same_event_again_is_a_duplicate_and_changes_nothing()
    {
        var story = Story.Of();
        Assert.Equal(Verdict.Accepted, Told(story, "09:00:00", Ticket("09:00:00")));
        var (before, version) = (story.Dump(), story.Shard.Version);
        Assert.Equal(Verdict.Duplicate, Told(story, "09:01:00", Ticket("09:00:00")));
        Assert.Equal((before, version), (story.Dump(), story.Shard.Version));
        Assert.Empty(story.Last!.Commit);
        Assert.Equal((1, 1, 0), (story.Shard.Sources["/crm"].Accepted, story.Shard.Sources["/crm"].Duplicates, story.Shard.Sources["/crm"].Refused));
    }

    [Fact]
    public void The_same_event_twice_in_one_turn_counts_once()
    {
        var story = Story.Of().Turn(Story.Ms("09:00:00"), Ticket("09:00:00"), Ticket("09:00:00"));
        Assert.Equal([Verdict.Accepted, Verdict.Duplicate], story.Last!.Verdicts);
        Assert.Equal(1, story.Sums()[Measure.Created]);
    }

    [Fact]
    public void An_id_used_again_for_something_else_is_refused()
    {
        var story = Story.Of().Turn(Story.Ms("09:00:00"), Ticket("09:00:00"));
        Assert.Equal(Verdict.IdReused, Told(story, "09:01:00", Ticket("09:00:00", subject: "ticket/T-2")));
        Assert.Null(story.Shard.Find(new(SubjectKind.Ticket, "T-2")));
    }

    [Fact]
    public void The_same_id_of_another_source_is_another_event() =>
        Assert.Equal(Verdict.Accepted, Told(Story.Of().Turn(Story.Ms("09:00:00"), Ticket("09:00:00")), "09:00:00", Ticket("09:00:00", source: "/other")));

    [Theory]
    [InlineData("09:04:59.999", Verdict.Accepted)]
    [InlineData("09:05:00.000", Verdict.Accepted)]
    [InlineData("09:05:00.001", Verdict.TimeInFuture)]
    public void Five_minutes_ahead_is_a_wrong_clock_more_is_refused(string at, Verdict verdict) =>
        Assert.Equal(verdict, Told(Story.Of(), "09:00:00", Ticket(at)));

    [Theory]
    [InlineData("09:00:00.001", Verdict.Accepted)]
    [InlineData("09:00:00.000", Verdict.Accepted)]
    [InlineData("08:59:59.999", Verdict.TooOld)]
    public void Thirty_days_back_is_late_more_is_too_old(string at, Verdict verdict) =>
        Assert.Equal(verdict, Told(Story.Of(), "+30 09:00:00", Ticket(at)));

    [Fact]
    public void Back_fill_takes_any_age() =>
        Assert.Equal(Verdict.Accepted, Told(Story.Of(backfill: true), "+400 09:00:00", Ticket("09:00:00")));

    [Fact]
    public void What_the_journal_holds_was_judged_before()
    {
        var story = Story.Of();
        var effects = story.Shard.Step(new(Story.Ms("+400 09:00:00"), [Ticket("09:00:00")], Replayed: true));
        Assert.Equal([Verdict.Accepted], effects.Verdicts);
    }

    [Fact]
    public void A_refused_event_may_come_again_when_its_time_has_come()
    {
        var story = Story.Of();
        Assert.Equal(Verdict.TimeInFuture, Told(story, "09:00:00", Ticket("09:06:00")));
        Assert.Equal(Verdict.Accepted, Told(story, "09:01:00", Ticket("09:06:00")));
    }

    [Fact]
    public void Deadlines_that_passed_are_taken_before_what_arrives()
    {
        var story = Story.Of().At("09:00:00", "ticket/T-1", Created);
        story.At("13:30:00", "ticket/T-1", new TicketResolved("fixed"));
        var breach = story.Last!.Alerts.Where(a => a.Due is { Rule: "clock_breach", Clock: "resolution" }).ToList();
        Assert.Equal([OpsMonitor.Grains.Alerts.AlertState.Raised, OpsMonitor.Grains.Alerts.AlertState.Resolved], breach.Select(a => a.State));
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_un_happen_a_breach()
    {
        var story = Story.Of().At("09:00:00", "ticket/T-1", Created).Tick("13:00:00");
        var (before, now) = (story.Dump(), story.Shard.Now);
        story.Tick("12:00:00");
        Assert.Equal((before, now), (story.Dump(), story.Shard.Now));
        Assert.Empty(story.Last!.Alerts);
    }

    [Fact] // a receiver knows what it has heard by alert, state and instant
    public void Changes_of_an_alert_never_look_alike_though_the_clock_stands_still()
    {
        const string T = "ticket/T-1";
        var story = Story.Of().At("09:00:00", T, Created).Tick("13:30:00");
        var raised = story.Alert("clock_breach", "resolution")!;
        var retracted = story.Told("13:00:00", "12:59:00", T, new TicketResolved("fixed")).Alert("clock_breach", "resolution")!;
        var again = story.Told("13:00:00", "12:59:00", T, new TicketReopened("not fixed")).Alert("clock_breach", "resolution")!;
        Assert.Equal((OpsMonitor.Grains.Alerts.AlertState.Retracted, OpsMonitor.Grains.Alerts.AlertState.Raised), (retracted.State, again.State));
        Assert.True(raised.ChangedAt < retracted.ChangedAt && retracted.ChangedAt < again.ChangedAt);
    }

    [Fact]
    public void A_tick_that_raises_an_alert_must_be_kept_and_a_quiet_one_need_not()
    {
        var story = Story.Of().At("09:00:00", "ticket/T-1", Created).Tick("12:59:59");
        Assert.False(story.Tick("12:59:59.999").Last!.MustCommit);
        Assert.True(story.Tick("13:00:00").Last!.MustCommit);
        Assert.False(story.Tick("13:00:01").Last!.MustCommit);
    }

    [Fact]
    public void An_unknown_type_is_kept_and_counted_and_no_more()
    {
        var json = """{"specversion":"1.0","id":"x","source":"/crm","type":"coffee.brewed","time":"2026-03-02T09:00:00Z","subject":"ticket/T-9"}"""u8;
        var story = Story.Of();
        Assert.Equal(Verdict.Accepted, Told(story, "09:00:00", EventReader.Read(json.ToArray()).Event!));
        Assert.Equal((1, 1L), (story.Shard.Sources["/crm"].Unknown, story.Shard.EventCount));
        Assert.Null(story.Shard.Find(new(SubjectKind.Ticket, "T-9")));
    }

    [Fact]
    public void Nothing_under_way_asks_for_no_waking() => Assert.Equal(long.MaxValue, Story.Of().Tick("09:00:00").Shard.NextWake);
}
