using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// Alerts that have ended leave memory as subjects do, a week and a day later. One of a subject that is away comes back with it, before that is judged; one of
/// a customer's with the contact or ticket that it is about; one of an issue or a queue never, for nothing so old is raised for these any more.
/// </summary>
public sealed partial class Shard
{
    /// <summary>Some of the alerts that may leave now. They are to be kept elsewhere before <see cref="LeaveAlerts"/>.</summary>
    public IReadOnlyList<Alert> AlertLeavers(int limit) =>
        options.Backfill || options.LeaveAfterMs == long.MaxValue ? [] : Alerts.Leavers(Now - options.AlertsStayMs, Now, limit, IsOutOfPlay);

    /// <summary>Lets those alerts go that are still as they were. Between turns only, and only what is durable.</summary>
    public void LeaveAlerts(IReadOnlyList<Alert> alerts)
    {
        foreach (var alert in alerts)
            if (IsOutOfPlay(alert)) Alerts.Leave(alert);
    }

    /// <summary>Whose coming back brings an alert back: the contact or ticket that a customer's is about, else its subject.</summary>
    public static Subject AnchorOf(in AlertKey key) => RuleSubjects.CustomerOf(key.Subject) is null ? key.Subject : Subject.Parse(key.Clock);

    private bool IsOutOfPlay(Alert alert)
    {
        var (who, raisedAt) = (alert.Key.Subject, alert.Due.RaisedAt);
        if (Alerts.CountsForOthers(alert)) return false;
        if (who.Kind <= SubjectKind.Callback) return IsAway(who);
        if (who.Kind != SubjectKind.Rule) return false; // a source's stand in a history that stays
        // A standing one may have been kept quiet by this one, so that it counts for its ladder.
        if (RuleSubjects.CustomerOf(who) is not null) return raisedAt < Now - CustomerAlerts.LookBackMs && IsAway(AnchorOf(alert.Key)) && !Alerts.AnyStands(who);
        return raisedAt < Now - RuleWatch.KnownMs;
    }
}
