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
        if (Quiet(news.Hold, mute) is { } quiet) return new(quiet, null);
        var why = !knows ? Why.FirstTime : news.Rank > told!.Rank ? Why.GotWorse : news.At - told.At >= repeatMs ? Why.RepeatDue : Why.ToldRecently;
        if (why == Why.ToldRecently) return new(why, null);
        // Red never waits for anybody's morning.
        if (news.Level == AlertLevel.Red || opens <= news.At) return new(why, news.At);
        return new(Why.OutsideHours, opens == long.MaxValue ? null : opens);
    }

    /// <summary>Why nobody at all is told of what stands; null where somebody may be. The ladder stands still meanwhile, and no wall sounds.</summary>
    public static Why? Quiet(Hold hold, Mute mute) => hold != Hold.Open ? Why.Acknowledged : mute switch { Mute.Silenced => Why.Silenced, Mute.Inhibited => Why.Inhibited, _ => null };

    /// <summary>
    /// The same decision as the ladder has it, for walls and pages: why its last step was taken and when, or why the next one is not taken yet.
    /// </summary>
    public static Reasoned OfLadder(Alert alert)
    {
        var (care, taken) = (alert.Care, alert.Care.Taken.All);
        var last = taken.Count == 0 ? (LadderStep?)null : taken[^1];
        var over = alert.State != AlertState.Raised;
        var told = over && last is { } heard ? new Told(alert.Since, RankOf(taken, taken.Count - 1), heard.At, false)
            : taken.Count > 1 ? new Told(alert.Since, RankOf(taken, taken.Count - 2), taken[^2].At, false) : null;
        var at = over ? alert.ChangedAt : last?.At ?? alert.Since;
        var news = new News(alert.State, alert.Due.Level, care.Hold, alert.Since, last is null ? 0 : RankOf(taken, taken.Count - 1), at);
        var opens = over || last is not null ? at : care.Next?.At ?? long.MaxValue;
        return Judge(told, news, care.Mute, opens) ?? new(Why.AllClear, null);
    }

    // How high on the ladder: where its level came first.
    private static int RankOf(IReadOnlyList<LadderStep> taken, int step)
    {
        var rank = 0;
        while (!string.Equals(taken[rank].To, taken[step].To, StringComparison.Ordinal)) rank++;
        return rank;
    }

    /// <summary>The name by which programs and files know it.</summary>
    public static string NameOf(Why why) => why switch
    {
        Why.FirstTime => "first_time", Why.GotWorse => "got_worse", Why.RepeatDue => "repeat_due", Why.AllClear => "all_clear", Why.ToldRecently => "told_recently",
        Why.Silenced => "silenced", Why.Inhibited => "inhibited", Why.OutsideHours => "outside_hours", Why.Acknowledged => "acknowledged",
        _ => throw new ArgumentOutOfRangeException(nameof(why)),
    };
}
