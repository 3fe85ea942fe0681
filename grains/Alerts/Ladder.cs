using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Alerts;

/// <summary>A list that equals another of the same items, for records that are compared.</summary>
public sealed record Items<T>(IReadOnlyList<T> All)
{
    public static readonly Items<T> None = new([]);

    public bool Equals(Items<T>? other)
    {
        if (other is null || other.All.Count != All.Count) return false;
        for (var i = 0; i < All.Count; i++)
            if (!EqualityComparer<T>.Default.Equals(All[i], other.All[i])) return false;
        return true;
    }

    public override int GetHashCode() => All.Count == 0 ? 0 : HashCode.Combine(All.Count, All[^1]);

    public override string ToString() => string.Join(' ', All);
}

/// <summary>Who is told after so much time in which nobody had the alert, in ms.</summary>
public readonly record struct Rung(string To, long AfterMs);

/// <summary>Somebody who was told, or will be, at an instant (Unix ms).</summary>
public readonly record struct LadderStep(string To, long At);

/// <summary>Who is told of an alert that nobody takes. (spec: alerts, Ladder)</summary>
public static class Ladder
{
    public const string LastWord = "administrator";

    /// <summary>After this nothing more is tried than one last word, in ms.</summary>
    public const long LastWordMs = 7 * 86_400_000L;

    private const long FirstMs = 5 * 60_000, ThenMs = 15 * 60_000;
    private const int Rounds = 5;
    private static readonly string[] Levels = ["owner", "supervisor", "department_head", "executive"];

    /// <summary>Each level after the one before: 5 minutes, then 15; begun again 15 minutes after the last, five rounds in all.</summary>
    public static readonly Items<Rung> Default = Rungs();

    /// <summary>What a clock's policy says, counted from the raise; null where it says nothing and the default holds. It is gone up once.</summary>
    /// <param name="raisedAt">Unix ms</param>
    public static Items<Rung>? Of(IReadOnlyList<EscalationStep> escalate, long raisedAt, BusinessCalendar calendar)
    {
        if (escalate.Count == 0) return null;
        var rungs = new List<Rung>(escalate.Count);
        foreach (var step in escalate)
            if (step.After.DueFrom(raisedAt, calendar) is var at && at != BusinessCalendar.Never) rungs.Add(new(step.To, Math.Max(0, at - raisedAt)));
        rungs.Sort((a, b) => a.AfterMs != b.AfterMs ? a.AfterMs.CompareTo(b.AfterMs) : string.CompareOrdinal(a.To, b.To));
        return new(rungs);
    }

    private static Items<Rung> Rungs()
    {
        var (rungs, after) = (new List<Rung>(), 0L);
        for (var round = 0; round < Rounds; round++)
            for (var level = 0; level < Levels.Length; level++)
            {
                rungs.Add(new(Levels[level], after));
                after += level == 0 ? FirstMs : ThenMs;
            }
        return new(rungs);
    }
}
