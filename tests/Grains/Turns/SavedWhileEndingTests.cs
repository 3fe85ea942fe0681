using System.Globalization;
using System.Text;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains.Turns;

/// <summary>A saving that takes running clocks over reaches every clock that runs, also of a ticket that is over by now or will be in a moment.</summary>
public sealed class SavedWhileEndingTests
{
    private const long Nine = 1_772_442_000_000, MinuteMs = 60_000; // Monday 2 March 2026, 09:00 UTC

    [Fact]
    public void A_ticket_whose_closing_was_told_ahead_is_judged_anew_as_it_would_be_after_a_restart()
    {
        var shard = Opened();
        shard.Step(new(Nine + 1, [Event("ticket.closed", "ticket/T-1", Nine + (4 * MinuteMs), """{"closure_code":"done"}""")]));
        Assert.Equal(2, VersionAfterSaving(shard, "first_response"));
    }

    [Fact]
    public void A_survey_that_is_answered_after_the_ticket_s_closing_has_the_new_limit()
    {
        var shard = Opened();
        shard.Step(new(Nine + 1, [Event("ticket.closed", "ticket/T-1", Nine + 1, """{"closure_code":"done"}"""), Event("survey.sent", "survey/V-1", Nine + 1, """{"method":"sms","target":"ticket/T-1"}""")]));
        Assert.Equal(2, VersionAfterSaving(shard, "follow_up"));
    }

    private static Shard Opened()
    {
        var shard = new Shard(Set(null), new());
        shard.Step(new(Nine, [Event("ticket.created", "ticket/T-1", Nine, """{"kind":"complaint","channel":"phone"}""")]));
        return shard;
    }

    private static int VersionAfterSaving(Shard shard, string clock)
    {
        var edit = new PolicyEdit(1, EditKind.Policy, "p", 2, Nine + MinuteMs, "admin", "");
        shard.Step(new(edit.At, []) { Change = new(edit, Set(edit)) });
        var again = new Shard(Set(null), new());
        again.Resume(shard.Image(), Set(edit));
        int Version(Shard of) => of.Rows().SelectMany(r => r.Clocks).Single(c => c.Id == clock).Version;
        Assert.Equal(Version(again), Version(shard));
        return Version(shard);
    }

    private static PolicySet Set(PolicyEdit? edit)
    {
        Policy Version(int version, int minutes) => new("p", version, BusinessCalendar.Always,
        [
            new("first_response", ClockPer.Ticket, ["ticket.replied"], [new(minutes, LimitUnit.Minute)]),
            new("follow_up", ClockPer.Ticket, ["survey.responded"], [new(minutes, LimitUnit.Minute)]) { Start = ["survey.sent"] },
        ], new());
        var first = Version(1, 60);
        return PolicySet.Default with { Policy = first, Book = PolicyBook.Of(edit is null ? [first] : [first, Version(2, 30) with { FromMs = edit.At, AppliesToRunning = true }]) };
    }

    private static Event Event(string type, string who, long at, string data)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return EventReader.Read(Encoding.UTF8.GetBytes($$"""{"specversion":"1.0","id":"{{type}}","source":"s","type":"{{type}}","time":"{{time}}","subject":"{{who}}","data":{{data}}}""")).Event!;
    }
}
