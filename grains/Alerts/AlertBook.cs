using System.Text.Json.Serialization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Alerts;

public enum AlertState { Raised, Resolved, Retracted }

/// <summary>
/// An alert with its life: raised at its true instant, noticed at <see cref="NoticedAt"/>; the difference is the detection lateness, except
/// for late data.
/// </summary>
public sealed record Alert(DueAlert Due, string Code, long NoticedAt, AlertState State, long ChangedAt)
{
    /// <summary>By what it is known for good: of its raise, also where an edit of the rules has moved what it is about since.</summary>
    [JsonIgnore]
    public AlertKey Key => RaisedAs ?? Due.Key;

    private readonly Rest? _rest; // few have any of it

    private sealed record Rest(AlertKey? RaisedAs, long? CeasedAt)
    {
        public static Rest? Of(AlertKey? raisedAs, long? ceasedAt) => raisedAs is null && ceasedAt is null ? null : new(raisedAs, ceasedAt);
    }

    /// <summary>The key of its raise, where <see cref="Due"/> is by now that of a later version; else null.</summary>
    public AlertKey? RaisedAs { get => _rest?.RaisedAs; init => _rest = Rest.Of(value, CeasedAt); }

    /// <summary>The event that caused it arrived when it was due already, and it was noticed at once: the sender was late, not we. Never of what the server found about itself.</summary>
    public bool FromLateData { get; init; }

    /// <summary>Unix ms from which on it stands as it is: of the last raise, where late data took one back.</summary>
    public long Since { get; init; } = NoticedAt;

    /// <summary>Unix ms at which it ceased to stand, where <see cref="ChangedAt"/> is by now that of a change after its end; else null.</summary>
    public long? CeasedAt { get => _rest?.CeasedAt; init => _rest = Rest.Of(RaisedAs, value); }

    /// <summary>Until when it stood; <see cref="long.MaxValue"/> while it does.</summary>
    [JsonIgnore]
    public long StoodUntil => State == AlertState.Raised ? long.MaxValue : CeasedAt ?? ChangedAt;

    public AlertCare Care { get; init; } = AlertCare.None;

    /// <summary>Subjects whose own alerts it covers, or covered, and when.</summary>
    public Items<Cover> Covers { get; init; } = Items<Cover>.None;

    /// <summary>The code of the alert that stands for it; counted still, and nobody is told of it. Null for none.</summary>
    public string? SuppressedBy => Care.Mute == Mute.Inhibited ? Care.MutedBy : null;

    /// <summary>How late we noticed, in ms; 0 where the sender was late.</summary>
    public long LatenessMs => FromLateData ? 0 : Math.Max(0, NoticedAt - Due.RaisedAt);
}

/// <summary>
/// What has been raised. The same breach is raised once however often it is evaluated; when the evaluation no longer has it, late data has
/// retracted it, and the record says so. (spec: alerts, Life of an alert)
/// </summary>
public sealed partial class AlertBook
{
    private readonly Table _alerts = new(); // found here, walked through in the orders of AlertBook.Orders.cs
    private readonly Dictionary<(Subject Who, string Part), List<AlertKey>> _bySubject = []; // see PartOf

    /// <summary>Grows with every change; a viewer that sees another number fetches the list.</summary>
    public long Revision { get; private set; }

    public Alert? Find(AlertKey key) => _alerts.Find(key);

    /// <summary>Brings one subject's alerts in line with its evaluation.</summary>
    /// <param name="told">events of the turn led here, after all that was due without them had been raised: what is new is late data</param>
    /// <param name="deeds">what people did with the subject's alerts, in the one order of events</param>
    /// <returns>the alerts that changed, for the outbox</returns>
    /// <param name="since">Unix ms from which on what is due is whole: one raised since then and not among them, late data has undone, though it was over</param>
    /// <param name="part">of a customer's alerts only those of one contact or ticket: <see cref="PartOf"/></param>
    /// <param name="edited">a policy or calendar was saved or takes effect: what stands and is still due, only at another instant, goes on</param>
    /// <param name="news">the oldest instant that the turn's events told of, Unix ms: what was over only later may never have been</param>
    /// <param name="reds">of a part, what <see cref="RedsOfParts"/> says of the whole</param>
    public IReadOnlyList<Alert> Settle(
        Subject subject, IReadOnlyList<DueAlert> due, IReadOnlyList<Event> deeds, long now, bool told = false, long since = long.MaxValue, string part = "", IReadOnlyList<QuietSpan>? reds = null, bool edited = false, long news = long.MaxValue)
    {
        if (due.Count == 0 && !_bySubject.ContainsKey((subject, part))) return [];
        var changed = new List<Alert>();
        GoOn(subject, due, part, edited);
        reds ??= RedsOf(subject, due, now);
        foreach (var alert in due) Raise(alert, deeds, reds, now, told, changed);
        if (!_bySubject.TryGetValue((subject, part), out var keys)) return changed;
        // What is over and can come back no more need not be looked through for ever.
        if (since != long.MaxValue) keys.RemoveAll(key => _alerts[key] is var old && old.State != AlertState.Raised && old.Due.RaisedAt < since);
        if (keys.Count == 0 && part.Length > 0) ForgetPart(subject, part);
        foreach (var key in keys)
        {
            var known = _alerts[key];
            // A warning that became a breach is over; a breach that went away was never true, also one that is over, where older news has come since.
            if ((known.State == AlertState.Raised || (known.State == AlertState.Resolved && (since != long.MaxValue || (news < known.StoodUntil && !IsWarning(known.Due))))) && !Has(due, key))
            {
                var end = IsWarning(known.Due) ? AlertState.Resolved : AlertState.Retracted;
                Put(key, Covering(known with { State = end, ChangedAt = After(known, now), CeasedAt = CeasedAt(known, end), Care = known.Care.Ended(end) }, null, now), changed);
            }
        }
        return changed;
    }

    // The green lane warns too, though it is red: answered in time, it is over, and nothing was told late.
    private static bool IsWarning(DueAlert due) => (due.Level == AlertLevel.Yellow && due.Rule.StartsWith("clock_", StringComparison.Ordinal)) || due.Rule == Lane;

    private static readonly string Lane = Policies.Words.Of(Rules.RuleId.VipLane);

    private bool Has(IReadOnlyList<DueAlert> due, AlertKey key)
    {
        for (var i = 0; i < due.Count; i++)
            if (KnownAs(due[i]) == key) return true;
        return false;
    }

    /// <summary>When one of a subject's alerts changes although no event comes; <see cref="long.MaxValue"/> for never.</summary>
    public long NextChangeOf(Subject subject, IReadOnlyList<Event> deeds, long now, string part = "")
    {
        var next = long.MaxValue;
        if (!_bySubject.TryGetValue((subject, part), out var keys)) return next;
        foreach (var key in keys)
            if (_alerts[key] is { State: AlertState.Raised } standing) next = Math.Min(next, Math.Min(standing.Care.NextChangeAt, NextQuietEdge(standing, now)));
        for (var i = deeds.Count - 1; i >= 0 && deeds[i].At > now; i--) next = Math.Min(next, deeds[i].At); // a sender's clock that is ahead
        return next;
    }

    /// <summary>One subject's alerts, in the order of their keys.</summary>
    public IReadOnlyList<Alert> Of(Subject subject)
    {
        var alerts = new List<Alert>();
        foreach (var part in PartsOf(subject))
            if (_bySubject.TryGetValue((subject, part), out var keys))
                foreach (var key in keys) alerts.Add(_alerts[key]);
        alerts.Sort((a, b) => a.Key.CompareTo(b.Key));
        return alerts;
    }

    /// <summary>Takes over what another host decided about one subject's alerts.</summary>
    public void Replace(Subject subject, IReadOnlyList<Alert> alerts)
    {
        if (Of(subject) is var known && known.SequenceEqual(alerts)) return;
        foreach (var alert in known) Forget(alert.Key);
        foreach (var part in PartsOf(subject)) _bySubject.Remove((subject, part));
        foreach (var alert in alerts) Remember(alert);
        Revision++;
    }

    /// <summary>Takes an alert over from a snapshot, as it was.</summary>
    internal void Remember(Alert alert)
    {
        var key = alert.Key;
        var due = Shared(alert.Due);
        if (alert.Care.Taken.All is { Count: > 0 } taken and not StepsTaken)
            alert = alert with { Due = due, Care = alert.Care with { Taken = StepsTaken.Of((due.Ladder ?? Ladder.Default).All, taken) } };
        else if (!ReferenceEquals(due, alert.Due)) alert = alert with { Due = due };
        KeysOf(key).Add(key);
        foreach (var cover in alert.Covers.All) Covered(cover.Subject, key);
        if (alert.RaisedAs is not null) _goneOn[alert.Due.Key] = key;
        Keep(key, alert);
    }

    private void Raise(DueAlert fresh, IReadOnlyList<Event> deeds, IReadOnlyList<QuietSpan> reds, long now, bool told, List<Alert> changed)
    {
        var (key, due) = (KnownAs(fresh), fresh.Hours is null ? fresh : fresh with { Hours = null });
        var state = due.Active ? AlertState.Raised : AlertState.Resolved;
        if (!_alerts.TryGetValue(key, out var known))
        {
            KeysOf(key).Add(key);
            due = Shared(due);
            Put(key, Cared(new(due, key.Code(due.DepartmentId), now, state, now) { FromLateData = told && due.Subject.Kind != SubjectKind.Source }, fresh, deeds, reds, now), changed);
        }
        else if (known.State != state)
        {
            var keys = KeysOf(key);
            if (!keys.Contains(key)) keys.Add(key); // it was over for so long that it was looked at no more
            var at = After(known, now);
            var about = About(known, AsRaised(known, due));
            Put(key, Cared(about with { State = state, ChangedAt = at, CeasedAt = CeasedAt(known, state), Since = state == AlertState.Raised ? at : known.Since }, fresh, deeds, reds, now), changed);
        }
        else if (known.Due.Key != due.Key) // by a later version, and the same still
        {
            var about = About(known, AsRaised(known, due));
            if (state == AlertState.Raised) Put(key, Cared(about with { ChangedAt = After(known, now) }, fresh, deeds, reds, now), changed);
            else Keep(key, about); // what is over is no news
        }
        else if (state == AlertState.Raised && Cared(Refreshed(known, due), fresh, deeds, reds, now) is var cared
            && (cared.Care != known.Care || cared.Covers != known.Covers || !ReferenceEquals(cared.Due, known.Due)))
        {
            if (cared.Care.Tells(known.Care)) Put(key, cared with { ChangedAt = After(known, now) }, changed);
            else Keep(key, cared); // when the next step will be is nothing to tell anybody yet
        }
        else if (state == AlertState.Resolved && RefreshedOver(known, due) is var over && !ReferenceEquals(over, known)) Keep(key, over);
    }

    // A group grows while it stands, and late data may show that a rule's condition held earlier: still the same alert, with the ladder of its raise.
    private static Alert Refreshed(Alert known, DueAlert due) =>
        due.Subject.Kind != SubjectKind.Rule || (due.RaisedAt == known.Due.RaisedAt && due.Finding == known.Due.Finding && Equals(due.Members, known.Due.Members)) ? known
            : known with { Due = due with { Ladder = known.Due.Ladder, DepartmentId = known.Due.DepartmentId } };

    private static Alert RefreshedOver(Alert known, DueAlert due) =>
        due.Subject.Kind != SubjectKind.Rule || (due.RaisedAt, due.Finding, due.EndedAt) == (known.Due.RaisedAt, known.Due.Finding, known.Due.EndedAt) ? known
            : known with { Due = known.Due with { RaisedAt = due.RaisedAt, Finding = due.Finding, EndedAt = due.EndedAt } };

    // The ladder is the one of the raise, the calendar the one of now.
    private Alert Cared(Alert alert, DueAlert fresh, IReadOnlyList<Event> deeds, IReadOnlyList<QuietSpan> reds, long now) => Covering(alert with
    {
        Care = alert.State != AlertState.Raised ? alert.Care.Ended(alert.State)
            : AlertCare.Of(deeds.Count == 0 ? "" : alert.Key.Id, alert.Due.Ladder ?? Ladder.Default, fresh.Hours, alert.Since, deeds, now, QuietOf(alert, reds)),
    }, fresh.Members, now);

    // What was taken back, and by still later news was broken after all though it is over, kept others quiet only while it stood.
    private static long? CeasedAt(Alert known, AlertState next) => known.State == AlertState.Raised || next == AlertState.Raised ? null : known.StoodUntil;

    // Alert, state and instant are how a receiver knows what it has heard: while a clock that was set back stands still, changes must not look alike.
    private static long After(Alert known, long now) => Math.Max(now, known.ChangedAt + 1);

    private void Put(AlertKey key, Alert alert, List<Alert> changed)
    {
        Keep(key, alert);
        changed.Add(alert);
    }

    private void Keep(AlertKey key, Alert alert)
    {
        Order(_alerts.Set(alert), alert);
        if (alert.Due.Level == AlertLevel.Red && IsOfParts(key.Subject)) NoteRed(key);
        Revision++;
    }

    private void Forget(AlertKey key)
    {
        if (_alerts.Remove(key) is not { } gone) return;
        Order(gone, null);
        if (gone.RaisedAs is not null) _goneOn.Remove(gone.Due.Key);
        if (_reds.TryGetValue(key.Subject, out var reds) && reds.Remove(key) && reds.Count == 0) _reds.Remove(key.Subject);
        foreach (var cover in gone.Covers.All)
            if (_covered.TryGetValue(cover.Subject, out var by) && by.Remove(key) && by.Count == 0) _covered.Remove(cover.Subject);
    }
}
