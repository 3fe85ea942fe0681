using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains.Alerts;

/// <summary>Silences and inhibition, on virtual time. The ticket's first response is due at 09:15, its resolution four hours after its beginning. (spec: alerts)</summary>
public sealed class SilenceTests
{
    private const string T = "ticket/T-1", S = "silence/S-1";

    private static Story Created() => Story.Of().At("09:00:00", T, new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: "billing"));

    private static SilenceOpened Billing(string until) => new("anna", Story.Iso(until), "moving house", Departments: ["billing"]);

    private static AlertCare Care(Story story, string clock = "first_response", string rule = "clock_breach") => story.Alert(rule, clock)!.Care;

    private static string Told(Story story) => string.Join(' ', Care(story).Taken.All.Select(s => $"{s.To}@{Story.Iso(s.At)[11..19]}"));

    [Fact]
    public void A_board_is_muted_by_a_silence_that_takes_all_that_is_red_on_it()
    {
        var story = Story.Of();
        SilenceOpened Of(string until, string[]? departments = null, string[]? lights = null, string[]? rules = null) => new("Chen", Story.Iso(until), "drill", Rules: rules, Lights: lights, Departments: departments);
        story.At("09:00:00", "silence/a", Of("12:00:00", departments: ["billing"])).At("09:00:00", "silence/b", Of("13:00:00", lights: ["yellow"])).At("09:00:00", "silence/c", Of("14:00:00", departments: ["returns"], rules: ["ping_pong"]));
        long? Until(string? department, string at) => story.Shard.Alerts.Silences.AllOf(department, Story.Ms(at));
        Assert.Equal((Story.Ms("12:00:00"), null, null, null), (Until("billing", "10:00:00"), Until("returns", "10:00:00"), Until(null, "10:00:00"), Until("billing", "12:00:00")));
        story.At("10:00:00", "silence/d", Of("15:00:00", lights: ["red"])).At("11:00:00", "silence/d", new SilenceEnded("Li"));
        Assert.Equal((Story.Ms("11:00:00"), Story.Ms("12:00:00")), (Until(null, "10:30:00"), Until("billing", "10:30:00")));
        Assert.Null(Until(null, "11:00:00"));
    }

    [Fact]
    public void What_is_silenced_is_raised_all_the_same_and_its_ladder_begins_when_the_silence_ends()
    {
        var story = Created().At("09:10:00", S, Billing("10:00:00")).WakeUntil(Story.Ms("09:59:59"));
        Assert.Equal((AlertState.Raised, Mute.Silenced, "S-1", Story.Ms("10:00:00")), (story.Alert("clock_breach", "first_response")!.State, Care(story).Mute, Care(story).MutedBy, Care(story).MutedUntil));
        Assert.Equal(("", new LadderStep("owner", Story.Ms("10:00:00"))), (Told(story), Care(story).Next!.Value));
        Assert.Equal(Why.Silenced, Telling.OfLadder(story.Alert("clock_breach", "first_response")!).Why);
        story.WakeUntil(Story.Ms("10:05:00"));
        Assert.Equal("owner@10:00:00 supervisor@10:05:00", Told(story));
        Assert.Equal((Mute.None, (string?)null), (Care(story).Mute, Care(story).MutedBy));
    }

    [Fact]
    public void In_the_middle_of_a_ladder_it_stands_still_and_whoever_ends_the_silence_lets_it_go_on()
    {
        var story = Created().WakeUntil(Story.Ms("09:17:00")).At("09:18:00", S, Billing("12:00:00")).WakeUntil(Story.Ms("09:59:00"));
        Assert.Equal("owner@09:15:00", Told(story));
        story.At("10:00:00", S, new SilenceEnded("li"));
        Assert.Equal(new LadderStep("supervisor", Story.Ms("10:02:00")), Care(story).Next); // three minutes had passed, two were left
        Assert.Equal("li", story.Shard.Alerts.Silences.Find("S-1")!.EndedBy);
    }

    [Fact]
    public void Only_what_matches_is_silenced_and_nothing_can_silence_everything()
    {
        var story = Created().At("09:10:00", S, new SilenceOpened("anna", Story.Iso("12:00:00"), "?", Departments: ["returns"])).At("09:11:00", "silence/S-2", new SilenceOpened("anna", Story.Iso("12:00:00"), "all"))
            .At("09:12:00", "silence/S-3", new SilenceOpened("anna", Story.Iso("12:00:00"), "?", Lights: ["yellow"])).Tick("09:15:00");
        Assert.Equal((Mute.None, 1), (Care(story).Mute, Care(story).Taken.All.Count));
        Assert.Equal(["S-1", "S-3"], story.Shard.Alerts.Silences.All.Select(s => s.Id));
    }

    [Fact]
    public void The_order_of_arrival_and_a_start_from_a_snapshot_change_nothing()
    {
        Event[] events =
        [
            Story.Event(Story.Ms("09:00:00"), T, new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: "billing"), "c"), Story.Event(Story.Ms("09:01:00"), S, Billing("09:30:00"), "s"),
            Story.Event(Story.Ms("09:14:00"), S, new SilenceEnded("li"), "e"), Story.Event(Story.Ms("09:02:00"), "silence/S-2", new SilenceOpened("anna", Story.Iso("09:45:00"), "?", Subjects: [T]), "s2"),
        ];
        string Of(IEnumerable<Event> order)
        {
            var story = Story.Of().Turn(Story.Ms("09:14:30"), [.. order]);
            var again = new Shard(OpsMonitor.Grains.Policies.PolicySet.Default, new());
            again.Resume(OpsMonitor.Silo.Local.ShardSnapshot.Read(OpsMonitor.Silo.Local.ShardSnapshot.Write(story.Shard.Image())));
            foreach (var at in new[] { "09:15:00", "09:45:00", "09:46:00" })
            {
                again.Step(new(Story.Ms(at), []));
                story.Tick(at);
            }
            Assert.Equal(story.Shard.Alerts.All, again.Alerts.All);
            return Told(story);
        }
        Assert.Equal("owner@09:45:00", Of(events));
        Assert.Equal("owner@09:45:00", Of([.. events.Reverse(), events[1]]));
        Assert.Equal("owner@09:45:00", Of([events[2], events[3], events[0], events[1], events[0]]));
    }

    [Fact]
    public void Red_mutes_yellow_of_the_same_subject_until_it_is_over()
    {
        var story = Created().WakeUntil(Story.Ms("12:00:00")); // three quarters of the resolution's four hours
        Assert.Equal((Mute.Inhibited, story.Alert("clock_breach", "first_response")!.Code, "inhibited", 0), (Care(story, "resolution", "clock_warning").Mute, Care(story, "resolution", "clock_warning").MutedBy,
            Care(story, "resolution", "clock_warning").Final, Care(story, "resolution", "clock_warning").Taken.All.Count));
        story.WakeUntil(Story.Ms("12:09:00")).At("12:10:00", T, new TicketReplied("phone"));
        Assert.Equal((Mute.None, "owner", "12:10:00"), (Care(story, "resolution", "clock_warning").Mute, Care(story, "resolution", "clock_warning").Taken.All[0].To, Story.Iso(Care(story, "resolution", "clock_warning").Taken.All[0].At)[11..19]));
    }

    [Fact]
    public void An_alert_about_several_subjects_covers_their_own_while_it_stands()
    {
        var (book, group) = (new AlertBook(), Subject.Parse("bulk/billing"));
        DueAlert Of(Subject subject, bool active = true) => new(subject, "clock_breach", 1, "x", AlertLevel.Red, "billing", 1_000, 1_000, active);
        Subject[] members = [Subject.Parse("ticket/A"), Subject.Parse("ticket/B")];
        foreach (var member in members) book.Settle(member, [Of(member)], [], 1_000);
        DueAlert Bulk(params Subject[] covers) => new(group, "bulk_complaint", 1, "x", AlertLevel.Red, "billing", 2_000, 2_000, true) { Members = new(covers) };
        book.Settle(group, [Bulk(members)], [], 2_000);
        Assert.Equal(members, book.TakeDisturbed());
        foreach (var member in members) book.Settle(member, [Of(member)], [], 2_000);
        var bulk = book.Of(group).Single();
        Assert.All(members, m => Assert.Equal((Mute.Inhibited, bulk.Code), (book.Of(m).Single().Care.Mute, book.Of(m).Single().Care.MutedBy)));
        Assert.Equal(Mute.None, bulk.Care.Mute);
        book.Settle(group, [Bulk(members[1])], [], 3_000); // one was wrong
        Assert.Equal([members[0]], book.TakeDisturbed());
        book.Settle(members[0], [Of(members[0])], [], 3_000);
        Assert.Equal(Mute.None, book.Of(members[0]).Single().Care.Mute);
        book.Settle(group, [Bulk() with { Active = false, Members = null }], [], 4_000);
        Assert.Equal([members[1]], book.TakeDisturbed());
        book.Settle(members[1], [Of(members[1])], [], 4_000);
        Assert.Equal(new LadderStep("supervisor", 1_000 + 2_000 + 300_000), book.Of(members[1]).Single().Care.Next); // two seconds were not its own
    }
}
