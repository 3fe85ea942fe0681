namespace OpsMonitor.Grains.Alerts;

/// <summary>Why somebody is told, or is not. A closed list. (spec: alerts, Life of an alert)</summary>
public enum Why { FirstTime, GotWorse, RepeatDue, AllClear, ToldRecently, Silenced, Inhibited, OutsideHours, Acknowledged }

/// <summary>What keeps an alert quiet although nobody has it.</summary>
public enum Mute { None, Silenced, Inhibited }

/// <summary>What one recipient was told last of one alert.</summary>
/// <param name="Since">of the raise that it was about, Unix ms: after a retraction there may be another</param>
/// <param name="Rank">how high on the ladder; grows</param>
/// <param name="At">Unix ms</param>
/// <param name="Over">that it is over</param>
public sealed record Told(long Since, int Rank, long At, bool Over);

/// <summary>What there is to tell one recipient: that the alert stands and the ladder came to him, or that it is over.</summary>
/// <param name="At">Unix ms</param>
public sealed record News(AlertState State, AlertLevel Level, Hold Hold, long Since, int Rank, long At);

/// <param name="At">Unix ms at which he is told; null for not at all</param>
public readonly record struct Reasoned(Why Why, long? At);

/// <summary>Decides whether one recipient is told, and always says why.</summary>
public static class Telling
{
    /// <summary>How long after the last telling the same is said again, in ms, where no route says otherwise.</summary>
    public const long RepeatMs = 15 * 60_000;

    /// <param name="opens">Unix ms at which the recipient works next: the news' own instant where he does now</param>
    /// <returns>null where there is nothing to say: it is over, and he never heard of it</returns>
    public static Reasoned? Judge(Told? told, News news, Mute mute, long opens, long repeatMs = RepeatMs)
    {
        var knows = told is { Over: false } && told.Since == news.Since;
        if (news.State != AlertState.Raised) return knows ? new(Why.AllClear, news.Level == AlertLevel.Red || opens == long.MaxValue ? news.At : opens) : null;
        if (news.Hold != Hold.Open) return new(Why.Acknowledged, null);
        if (mute != Mute.None) return new(mute == Mute.Silenced ? Why.Silenced : Why.Inhibited, null);
        var why = !knows ? Why.FirstTime : news.Rank > told!.Rank ? Why.GotWorse : news.At - told.At >= repeatMs ? Why.RepeatDue : Why.ToldRecently;
        if (why == Why.ToldRecently) return new(why, null);
        // Red never waits for anybody's morning.
        if (news.Level == AlertLevel.Red || opens <= news.At) return new(why, news.At);
        return new(Why.OutsideHours, opens == long.MaxValue ? null : opens);
    }

    /// <summary>The name by which programs and files know it.</summary>
    public static string NameOf(Why why) => why switch
    {
        Why.FirstTime => "first_time", Why.GotWorse => "got_worse", Why.RepeatDue => "repeat_due", Why.AllClear => "all_clear", Why.ToldRecently => "told_recently",
        Why.Silenced => "silenced", Why.Inhibited => "inhibited", Why.OutsideHours => "outside_hours", Why.Acknowledged => "acknowledged",
        _ => throw new ArgumentOutOfRangeException(nameof(why)),
    };
}
