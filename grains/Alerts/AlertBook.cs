using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Alerts;

public enum AlertState { Raised, Resolved, Retracted }

/// <summary>
/// An alert with its life: raised at its true instant, noticed at <see cref="NoticedAt"/>; the difference is the detection lateness, except
/// for late data.
/// </summary>
public sealed record Alert(DueAlert Due, string Code, long NoticedAt, AlertState State, long ChangedAt)
{
    /// <summary>The event that caused it arrived when it was due already, and it was noticed at once: the sender was late, not we.</summary>
    public bool FromLateData { get; init; }

    public long LatenessMs => FromLateData ? 0 : Math.Max(0, NoticedAt - Due.RaisedAt);
}

/// <summary>
/// What has been raised. The same breach is raised once however often it is evaluated; when the evaluation no longer has it, late data has
/// retracted it, and the record says so. (spec: alerts, Life of an alert)
/// </summary>
public sealed class AlertBook
{
    private readonly SortedDictionary<AlertKey, Alert> _alerts = [];
    private readonly Dictionary<Subject, List<AlertKey>> _bySubject = [];

    /// <summary>Grows with every change; a viewer that sees another number fetches the list.</summary>
    public long Revision { get; private set; }

    public IReadOnlyCollection<Alert> All => _alerts.Values;

    public Alert? Find(AlertKey key) => _alerts.GetValueOrDefault(key);

    /// <summary>Brings one subject's alerts in line with its evaluation.</summary>
    /// <param name="told">events of the turn led here, after all that was due without them had been raised: what is new is late data</param>
    /// <returns>the alerts that changed, for the outbox</returns>
    public IReadOnlyList<Alert> Settle(Subject subject, IReadOnlyList<DueAlert> due, long now, bool told = false)
    {
        if (due.Count == 0 && !_bySubject.ContainsKey(subject)) return [];
        var changed = new List<Alert>();
        foreach (var alert in due) Raise(alert, now, told, changed);
        if (!_bySubject.TryGetValue(subject, out var keys)) return changed;
        foreach (var key in keys)
        {
            var known = _alerts[key];
            if (known.State == AlertState.Raised && !due.Any(d => d.Key == key)) // a warning that became a breach is over; a breach that went away was never true
                Put(key, known with { State = known.Due.Level == AlertLevel.Yellow ? AlertState.Resolved : AlertState.Retracted, ChangedAt = After(known, now) }, changed);
        }
        return changed;
    }

    /// <summary>One subject's alerts, in the order of their keys.</summary>
    public IReadOnlyList<Alert> Of(Subject subject)
    {
        var alerts = new List<Alert>();
        if (!_bySubject.TryGetValue(subject, out var keys)) return alerts;
        foreach (var key in keys) alerts.Add(_alerts[key]);
        alerts.Sort((a, b) => a.Due.Key.CompareTo(b.Due.Key));
        return alerts;
    }

    /// <summary>Takes over what another host decided about one subject's alerts.</summary>
    public void Replace(Subject subject, IReadOnlyList<Alert> alerts)
    {
        if (alerts.Count == 0 && !_bySubject.ContainsKey(subject)) return;
        if (Of(subject).SequenceEqual(alerts)) return;
        if (_bySubject.Remove(subject, out var keys))
            foreach (var key in keys) _alerts.Remove(key);
        foreach (var alert in alerts) Remember(alert);
        Revision++;
    }

    /// <summary>Takes an alert over from a snapshot, as it was.</summary>
    internal void Remember(Alert alert)
    {
        var key = alert.Due.Key;
        if (!_bySubject.TryGetValue(key.Subject, out var keys)) _bySubject[key.Subject] = keys = [];
        keys.Add(key);
        _alerts[key] = alert;
        Revision++;
    }

    private void Raise(DueAlert due, long now, bool told, List<Alert> changed)
    {
        var key = due.Key;
        var state = due.Active ? AlertState.Raised : AlertState.Resolved;
        if (!_alerts.TryGetValue(key, out var known))
        {
            if (!_bySubject.TryGetValue(due.Subject, out var keys)) _bySubject[due.Subject] = keys = [];
            keys.Add(key);
            Put(key, new(due, key.Code(due.DepartmentId), now, state, now) { FromLateData = told }, changed);
        }
        else if (known.State != state)
            Put(key, known with { Due = due, State = state, ChangedAt = After(known, now) }, changed);
    }

    // Alert, state and instant are how a receiver knows what it has heard: while a clock that was set back stands still, changes must not look alike.
    private static long After(Alert known, long now) => Math.Max(now, known.ChangedAt + 1);

    private void Put(AlertKey key, Alert alert, List<Alert> changed)
    {
        _alerts[key] = alert;
        changed.Add(alert);
        Revision++;
    }
}
