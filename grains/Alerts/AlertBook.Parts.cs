using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Alerts;

/// <summary>
/// A customer's alerts are those of contacts and tickets that are judged one by one: each settles its own, so that what thousands share is not gone through
/// for one. What they have to do with each other is that a red one keeps the yellow ones quiet.
/// </summary>
public sealed partial class AlertBook
{
    private static readonly string[] Whole = [""];

    private readonly Dictionary<Subject, SortedSet<string>> _parts = []; // that have or had any
    private readonly Dictionary<Subject, SortedSet<AlertKey>> _reds = [];

    /// <summary>How many events of silences there have been.</summary>
    public int SilenceDeeds { get; private set; }

    /// <summary>Whether a customer has or lately had any alert.</summary>
    public bool HasParts(Subject subject) => _parts.ContainsKey(subject);

    /// <summary>Whether settling a part raises, ends or takes back a red alert.</summary>
    public bool ChangesRed(Subject subject, string part, IReadOnlyList<DueAlert> due)
    {
        foreach (var alert in due)
            if (alert.Level == AlertLevel.Red && (!_alerts.TryGetValue(KnownAs(alert), out var known) || known.State != (alert.Active ? AlertState.Raised : AlertState.Resolved))) return true;
        if (!_reds.ContainsKey(subject) || !_bySubject.TryGetValue((subject, part), out var keys)) return false;
        foreach (var key in keys)
            if (_alerts[key] is { Due.Level: AlertLevel.Red, State: not AlertState.Retracted } && !Has(due, key)) return true;
        return false;
    }

    /// <summary>When a customer's red alerts stand, and stood, as this turn leaves them.</summary>
    /// <param name="parts">those that this turn settles</param>
    /// <param name="due">all that is due of these</param>
    public IReadOnlyList<QuietSpan> RedsOfParts(Subject subject, IReadOnlyList<string> parts, IReadOnlyList<DueAlert> due, long now)
    {
        var (spans, standing, settled, yellow) = (new List<QuietSpan>(), new HashSet<AlertKey>(), new HashSet<string>(parts, StringComparer.Ordinal), false);
        foreach (var alert in due) yellow |= alert is { Level: AlertLevel.Yellow, Active: true };
        if (!yellow) return Nothing;
        foreach (var alert in due)
        {
            if (alert is not { Level: AlertLevel.Red, Active: true }) continue;
            standing.Add(KnownAs(alert));
            var since = !_alerts.TryGetValue(KnownAs(alert), out var known) ? now : known.State == AlertState.Raised ? known.Since : After(known, now);
            spans.Add(new(Mute.Inhibited, known?.Code ?? alert.Key.Code(alert.DepartmentId), since, long.MaxValue));
        }
        if (!_reds.TryGetValue(subject, out var reds)) return spans;
        foreach (var key in reds)
        {
            if (standing.Contains(key)) continue;
            var known = _alerts[key];
            var end = known.State != AlertState.Raised ? known.StoodUntil : settled.Contains(key.Clock) ? After(known, now) : long.MaxValue;
            spans.Add(new(Mute.Inhibited, known.Code, known.Since, end));
        }
        return spans;
    }

    /// <summary>Of what is over and can come back no more nobody is quiet any longer.</summary>
    /// <param name="since">Unix ms</param>
    /// <returns>whether there was any such</returns>
    public bool ForgetReds(Subject subject, long since)
    {
        if (!_reds.TryGetValue(subject, out var reds)) return false;
        var forgotten = reds.RemoveWhere(key => _alerts[key] is var old && old.State != AlertState.Raised && old.Due.RaisedAt < since) > 0;
        if (reds.Count == 0) _reds.Remove(subject);
        return forgotten;
    }

    /// <summary>Its contact or ticket for an alert of a customer's; for any other, which its subject settles as a whole, "".</summary>
    private static string PartOf(in AlertKey key) => IsOfParts(key.Subject) ? key.Clock : "";

    private static bool IsOfParts(Subject subject) => subject.Kind == SubjectKind.Rule && subject.Id.StartsWith("customer/", StringComparison.Ordinal);

    private IEnumerable<string> PartsOf(Subject subject) => !IsOfParts(subject) ? Whole : _parts.TryGetValue(subject, out var parts) ? parts : [];

    private List<AlertKey> KeysOf(in AlertKey key)
    {
        var part = PartOf(key);
        if (_bySubject.TryGetValue((key.Subject, part), out var keys)) return keys;
        if (part.Length > 0)
        {
            if (!_parts.TryGetValue(key.Subject, out var parts)) _parts[key.Subject] = parts = new(StringComparer.Ordinal);
            parts.Add(part);
        }
        return _bySubject[(key.Subject, part)] = new(1); // most have one for good
    }

    private void ForgetPart(Subject subject, string part)
    {
        _bySubject.Remove((subject, part));
        if (_parts.TryGetValue(subject, out var parts) && parts.Remove(part) && parts.Count == 0) _parts.Remove(subject);
    }

    private void NoteRed(in AlertKey key)
    {
        if (!_reds.TryGetValue(key.Subject, out var reds)) _reds[key.Subject] = reds = [];
        reds.Add(key);
    }
}
