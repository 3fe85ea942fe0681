using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using Xunit;

namespace OpsMonitor.Tests.Grains.Alerts;

/// <summary>The life of an alert after its raise, on virtual time. The ticket's first response is due at 09:15. (spec: alerts, Life of an alert)</summary>
public sealed class LadderTests
{
    private const string T = "ticket/T-1";

    private static Story Raised(PolicySet? policies = null) => Story.Of(policies)
        .At("09:00:00", T, new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: "billing")).Tick("09:15:00");

    private static Alert Breach(Story story) => story.Alert("clock_breach", "first_response")!;

    private static AlertCare Care(Story story) => Breach(story).Care;

    private static string Id(Story story) => Breach(story).Key.Id;

    private static string Told(Story story) => string.Join(' ', Care(story).Taken.All.Select(s => $"{s.To}@{Story.Iso(s.At)[11..19]}"));

    [Fact]
    public void Nobody_takes_it_and_each_level_is_told_at_its_own_instant()
    {
        var story = Raised();
        Assert.Equal("owner@09:15:00", Told(story));
        Assert.Equal(new("supervisor", Story.Ms("09:20:00")), Care(story).Next);
        story.Tick("09:19:59.999");
        Assert.Equal("owner@09:15:00", Told(story));
        story.Tick("09:20:00");
        Assert.Contains(story.Last!.Alerts, a => a.Key == Breach(story).Key); // a row of the outbox
        Assert.True(story.Last.MustCommit);
        story.Tick("09:50:07");
        Assert.Equal("owner@09:15:00 supervisor@09:20:00 department_head@09:35:00 executive@09:50:00", Told(story));
        Assert.Equal(new("owner", Story.Ms("10:05:00")), Care(story).Next);
    }

    [Fact]
    public void Five_rounds_then_silence_then_one_last_word_after_seven_days()
    {
        var story = Raised().WakeUntil(Story.Ms("+6 00:00:00"));
        Assert.Equal(20, Care(story).Taken.All.Count);
        Assert.Equal(new(Ladder.LastWord, Story.Ms("+7 09:15:00")), Care(story).Next);
        story.WakeUntil(Story.Ms("+7 09:15:00"));
        Assert.Equal((21, null, "ladder_ended"), (Care(story).Taken.All.Count, Care(story).Next, Care(story).Final));
        Assert.Equal(AlertState.Raised, Breach(story).State);
    }

    [Fact]
    public void Waking_late_takes_the_same_steps_at_their_true_instants()
    {
        var (often, once) = (Raised().WakeUntil(Story.Ms("12:00:00")), Raised().Tick("12:00:00"));
        Assert.Equal(Care(often), Care(once));
    }

    [Fact]
    public void Who_acknowledges_has_it_until_the_time_runs_out_and_then_the_ladder_goes_on()
    {
        var story = Raised();
        story.At("09:18:00", T, new AlertAcknowledged(Id(story), "Chen"));
        Assert.Equal((Hold.Acknowledged, "Chen", Story.Ms("09:48:00"), (LadderStep?)null), (Care(story).Hold, Care(story).By, Care(story).Until, Care(story).Next));
        Assert.Equal(AlertState.Raised, Breach(story).State);
        story.WakeUntil(Story.Ms("09:47:59"));
        Assert.Equal("owner@09:15:00", Told(story));
        story.WakeUntil(Story.Ms("09:48:00"));
        // Three minutes had passed, two were left.
        Assert.Equal((Hold.Open, "Chen", new LadderStep("supervisor", Story.Ms("09:50:00"))), (Care(story).Hold, Care(story).By, Care(story).Next));
    }

    [Fact]
    public void The_first_wins_until_he_or_anybody_lets_go()
    {
        var story = Raised();
        story.At("09:16:00", T, new AlertAcknowledged(Id(story), "Chen", Story.Iso("09:40:00"))).At("09:17:00", T, new AlertAcknowledged(Id(story), "Li"), new AlertShelved(Id(story), "Li", Story.Iso("12:00:00"), "?"));
        Assert.Equal((Hold.Acknowledged, "Chen", Story.Ms("09:40:00")), (Care(story).Hold, Care(story).By, Care(story).Until));
        story.At("09:18:00", T, new AlertAcknowledged(Id(story), "Chen", Story.Iso("10:00:00"), "on the phone"));
        Assert.Equal((Story.Ms("10:00:00"), "on the phone"), (Care(story).Until, Care(story).Note));
        story.At("09:19:00", T, new AlertReleased(Id(story), "Wang"));
        Assert.Equal((Hold.Open, new LadderStep("supervisor", Story.Ms("09:23:00"))), (Care(story).Hold, Care(story).Next));
        story.At("09:20:00", T, new AlertAcknowledged(Id(story), "Li"));
        Assert.Equal("Li", Care(story).By);
    }

    [Fact]
    public void Shelved_is_a_day_at_most_and_resolving_ends_everything()
    {
        var story = Raised();
        story.At("09:16:00", T, new AlertShelved(Id(story), "Chen", Story.Iso("+9 00:00:00"), "flood in the archive"));
        Assert.Equal((Hold.Shelved, Story.Ms("+1 09:16:00"), "flood in the archive"), (Care(story).Hold, Care(story).Until, Care(story).Note));
        story.At("10:00:00", T, new TicketReplied("phone"));
        Assert.Equal((AlertState.Resolved, "resolved", long.MaxValue), (Breach(story).State, Care(story).Final, Care(story).NextChangeAt));
    }

    [Fact]
    public void Taking_it_at_the_very_instant_of_a_step_is_in_time()
    {
        var story = Story.Of().At("09:00:00", T, new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1)).Tick("09:15:00");
        story.At("09:20:00", T, new AlertAcknowledged(Id(story), "Chen"));
        Assert.Equal("owner@09:15:00", Told(story));
    }

    [Fact]
    public void A_deed_that_comes_before_its_cause_or_twice_counts_once()
    {
        var id = Id(Raised());
        var created = Story.Event(Story.Ms("09:00:00"), T, new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: "billing"), "c");
        var deed = Story.Event(Story.Ms("09:16:00"), T, new AlertAcknowledged(id, "Chen"), "a");
        foreach (var order in new Event[][] { [created, deed], [deed, created, deed] })
        {
            var story = Story.Of().Turn(Story.Ms("09:14:00"), [.. order.Where(e => e == created)]).Tick("09:15:00").Turn(Story.Ms("09:16:00"), order);
            Assert.Equal((Hold.Acknowledged, "Chen"), (Care(story).Hold, Care(story).By));
        }
        var early = Story.Of().Turn(Story.Ms("09:13:00"), deed).Turn(Story.Ms("09:14:00"), created).WakeUntil(Story.Ms("09:17:00"));
        Assert.Equal((Hold.Acknowledged, "Chen", 2L), (Care(early).Hold, Care(early).By, early.Shard.EventCount));
    }

    [Fact]
    public void A_policy_names_its_own_ladder_and_the_one_of_the_raise_holds()
    {
        PolicySet With(params EscalationStep[] steps)
        {
            var clocks = Policy.SlaDefault.Clocks.Select(c => c.Id == "first_response" ? c with { Escalate = steps } : c).ToList();
            var policy = Policy.SlaDefault with { Clocks = clocks };
            return PolicySet.Default with { Policy = policy, Book = PolicyBook.Of([policy]) };
        }
        var story = Raised(With(new(new(0, LimitUnit.Second), "supervisor"), new(new(1, LimitUnit.Hour), "quality")));
        Assert.Equal(("supervisor@09:15:00", new LadderStep("quality", Story.Ms("10:15:00"))), (Told(story), Care(story).Next));
        var edited = new OpsMonitor.Grains.Turns.Shard(With(new EscalationStep(new(2, LimitUnit.Hour), "somebody else")), new());
        edited.Resume(story.Shard.Image());
        edited.Step(new(Story.Ms("10:15:00"), []));
        Assert.Equal("quality", edited.Alerts.All.Single(a => a.Due is { Rule: "clock_breach", Clock: "first_response" }).Care.Taken.All[^1].To);
        Assert.Equal(new LadderStep(Ladder.LastWord, Story.Ms("+7 09:15:00")), edited.Alerts.All.Single(a => a.Due is { Rule: "clock_breach", Clock: "first_response" }).Care.Next);
    }

    [Theory]
    [InlineData(AlertLevel.Red, "21:05:00")]
    [InlineData(AlertLevel.Yellow, "+1 09:00:00")]
    public void At_night_yellow_waits_for_working_hours_and_red_does_not(AlertLevel level, string supervisorAt)
    {
        DayPeriod[] day = [new(9 * 60, 18 * 60)];
        var days = new BusinessCalendar("office", DateTimeZone.Utc, [new([day, day, day, day, day, [], []], new SortedDictionary<LocalDate, IReadOnlyList<DayPeriod>>(), new SortedDictionary<YearDay, IReadOnlyList<DayPeriod>>())]);
        var (since, now) = (Story.Ms("21:00:00"), Story.Ms("21:02:00"));
        var care = AlertCare.Of("", Ladder.Default, level == AlertLevel.Red ? null : days, since, [], now);
        Assert.Equal(level == AlertLevel.Red ? 1 : 0, care.Taken.All.Count);
        Assert.Equal(Story.Ms(supervisorAt), care.Next!.Value.At);
        Assert.Equal(level == AlertLevel.Red ? "supervisor" : "owner", care.Next.Value.To);
    }

    [Fact]
    public void Late_data_takes_it_back_and_a_second_raise_begins_a_new_life()
    {
        var story = Raised();
        story.At("09:16:00", T, new AlertAcknowledged(Id(story), "Chen"));
        story.Told("09:30:00", "09:10:00", T, new TicketReplied("phone"));
        Assert.Equal((AlertState.Retracted, "retracted"), (Breach(story).State, Care(story).Final));
    }
}
