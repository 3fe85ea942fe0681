using OpsMonitor.Grains.Alerts;
using Xunit;

namespace OpsMonitor.Tests.Grains.Alerts;

/// <summary>Each reason of the closed list, with the case that has it.</summary>
public sealed class TellingTests
{
    private const long Minute = 60_000, Now = 1_000 * Minute;
    private static readonly News Red = new(AlertState.Raised, AlertLevel.Red, Hold.Open, Since: Now - Minute, Rank: 1, At: Now);

    private static (Why Why, long? At)? Judge(Told? told, News news, Mute mute = Mute.None, long opens = Now) =>
        Telling.Judge(told, news, mute, opens) is { } said ? (said.Why, said.At) : null;

    [Fact]
    public void Somebody_is_told_the_first_time_when_it_got_worse_and_when_a_repeat_is_due_but_not_what_he_was_told_recently()
    {
        Assert.Equal((Why.FirstTime, Now), Judge(null, Red));
        Assert.Equal((Why.GotWorse, Now), Judge(new(Red.Since, 0, Now - Minute, false), Red));
        Assert.Equal((Why.ToldRecently, null), Judge(new(Red.Since, 1, Now - (15 * Minute) + 1, false), Red));
        Assert.Equal((Why.RepeatDue, Now), Judge(new(Red.Since, 1, Now - (15 * Minute), false), Red));
        Assert.Equal((Why.FirstTime, Now), Judge(new(Red.Since - 1, 1, Now - 1, false), Red)); // of a raise that was taken back
        Assert.Equal((Why.FirstTime, Now), Judge(new(Red.Since, 1, Now - 1, true), Red));
    }

    [Fact]
    public void Nobody_is_told_of_what_somebody_has_what_is_silenced_or_what_another_covers()
    {
        Assert.Equal((Why.Acknowledged, null), Judge(null, Red with { Hold = Hold.Acknowledged }));
        Assert.Equal((Why.Acknowledged, null), Judge(null, Red with { Hold = Hold.Shelved }, Mute.Silenced));
        Assert.Equal((Why.Silenced, null), Judge(null, Red, Mute.Silenced));
        Assert.Equal((Why.Inhibited, null), Judge(null, Red, Mute.Inhibited));
    }

    [Fact]
    public void Yellow_waits_for_the_morning_and_red_does_not()
    {
        var yellow = Red with { Level = AlertLevel.Yellow };
        Assert.Equal((Why.OutsideHours, Now + 500), Judge(null, yellow, opens: Now + 500));
        Assert.Equal((Why.OutsideHours, null), Judge(null, yellow, opens: long.MaxValue)); // no working hours to come
        Assert.Equal((Why.FirstTime, Now), Judge(null, yellow));
        Assert.Equal((Why.FirstTime, Now), Judge(null, Red, opens: Now + 500));
    }

    [Fact]
    public void All_clear_goes_to_whoever_heard_of_it_and_to_nobody_else()
    {
        var over = Red with { State = AlertState.Resolved };
        Assert.Equal((Why.AllClear, Now), Judge(new(Red.Since, 3, Now - 1, false), over, Mute.Silenced));
        Assert.Null(Judge(null, over));
        Assert.Null(Judge(new(Red.Since, 3, Now - 1, true), over));
    }
}
