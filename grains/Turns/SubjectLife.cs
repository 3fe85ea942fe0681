using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// One subject on its own, for a host that keeps each apart: its turn is that of the <see cref="Shard"/>, due deadlines first, then ingest.
/// No clock, no I/O. What <see cref="Kept"/> and <see cref="Alerts"/> hold must be durable before anybody is told.
/// </summary>
public sealed class SubjectLife(Subject subject, PolicySet policies, bool backfill)
{
    private readonly History _judged = new(), _kept = new();
    private readonly Dictionary<UInt128, ulong> _seen = [];
    private readonly AlertBook _alerts = new();
    private PolicySet _policies = policies;
    private long _now = long.MinValue, _news = long.MaxValue; // the oldest instant that new events told of

    /// <summary>Every event of the subject, also those that no rule reads.</summary>
    public IReadOnlyList<Event> Kept => _kept.Events;

    public IReadOnlyCollection<Alert> Alerts => _alerts.All;

    /// <summary>As judged last.</summary>
    public Evaluation Last { get; private set; } = Evaluation.Empty;

    /// <summary>Goes on with what was durable. Only on a fresh life; it is judged by the next <see cref="Judge"/>.</summary>
    public void Resume(IEnumerable<Event> kept, IEnumerable<Alert> alerts)
    {
        foreach (var e in kept) Keep(e, EventHash.Of(e));
        foreach (var alert in alerts) _alerts.Remember(alert);
    }

    /// <returns>a verdict for each event in their order, and whether anything is new that must be made durable</returns>
    public (Verdict[] Verdicts, bool MustKeep) Take(IReadOnlyList<Event> events, long now)
    {
        var mustKeep = Judge(now);
        var verdicts = new Verdict[events.Count];
        for (var i = 0; i < verdicts.Length; i++)
        {
            verdicts[i] = Take(events[i]);
            mustKeep |= verdicts[i] == Verdict.Accepted;
        }
        if (Array.IndexOf(verdicts, Verdict.Accepted) >= 0) Settle(told: true);
        return (verdicts, mustKeep);
    }

    /// <summary>Brings the evaluation to an instant; one before the last is that one again.</summary>
    /// <param name="told">news led here, not the time: what is raised now was not noticed late</param>
    /// <returns>whether alerts changed, which must be made durable</returns>
    public bool Judge(long now, bool told = false)
    {
        var (before, fresh) = (_now, ReferenceEquals(Last, Evaluation.Empty));
        _now = Math.Max(_now, now);
        // What moved while nobody held it, or because a version takes over running clocks now, no event has moved.
        return (fresh || Last.NextChangeAt <= _now) && Settle(told, edited: fresh || _policies.Book.TakesOverIn(before, _now));
    }

    /// <summary>A policy or calendar was saved: what was due by the ones before is taken first. What has ended keeps what it ended under.</summary>
    /// <returns>whether alerts changed, which must be made durable</returns>
    public bool Adopt(PolicySet policies, long now)
    {
        var changed = Judge(now);
        _policies = policies;
        return (Last.Row is { EndedAt: null } && Settle(told: true, edited: true)) || changed;
    }

    private Verdict Take(Event e)
    {
        if (SubjectRules.Acceptable(e, _now, backfill) is { } refusal) return refusal;
        var hash = EventHash.Of(e);
        if (_seen.TryGetValue(hash.Identity, out var body)) return body == hash.Body ? Verdict.Duplicate : Verdict.IdReused;
        Keep(e, hash);
        if (e.Data is not AlertDeed) _news = Math.Min(_news, e.At);
        return Verdict.Accepted;
    }

    private void Keep(Event e, EventHash hash)
    {
        _seen.Add(hash.Identity, hash.Body);
        _kept.Add(e);
        if (e.Data is AlertDeed) _judged.AddDeed(e);
        else if (e.Subject != subject || SubjectRules.HasRow(e)) _judged.Add(e); // another's event was sent here because it belongs here too
    }

    private bool Settle(bool told, bool edited = false)
    {
        if (_judged.Events.Count == 0) return false;
        Last = SubjectRules.Evaluate(subject, _judged.Events, _policies, _now);
        if (backfill) return false;
        var changed = _alerts.Settle(subject, Last.Alerts, _judged.Deeds, _now, told, edited: edited, news: _news).Count > 0;
        _news = long.MaxValue;
        Last = Last.ButNotAfter(_alerts.NextChangeOf(subject, _judged.Deeds, _now));
        return changed;
    }
}
