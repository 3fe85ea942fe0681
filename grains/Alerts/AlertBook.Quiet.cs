using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Alerts;

/// <summary>An alert covered another subject's own alerts in [<see cref="From"/>, <see cref="To"/>), Unix ms; long.MaxValue goes on.</summary>
public readonly record struct Cover(Subject Subject, long From, long To);

// What keeps alerts quiet although nobody has them: silences, an alert about several subjects, and red over yellow of one subject.
public sealed partial class AlertBook
{
    private static readonly IReadOnlyList<QuietSpan> Nothing = [];

    private readonly SortedDictionary<Subject, SortedSet<AlertKey>> _covered = [];
    private readonly SortedSet<Subject> _disturbed = [];

    /// <summary>Who said that which alerts are told to nobody.</summary>
    public SilenceBook Silences { get; } = new();

    /// <summary>Takes an event of a silence.</summary>
    /// <returns>the subjects whose alerts may have to be judged anew, in their order</returns>
    public IReadOnlyCollection<Subject> Silenced(Event e)
    {
        var before = Silences.Find(e.Subject.Id[(e.Subject.Id.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        var after = Silences.Add(e);
        SilenceDeeds++;
        Revision++;
        var found = new SortedSet<Subject>();
        foreach (var alert in Standing)
            if (before?.Takes(alert.Due) == true || after?.Takes(alert.Due) == true) found.Add(alert.Due.Subject);
        return found;
    }

    /// <summary>The subjects whose alerts another alert began or ceased to cover since this was asked last, in their order.</summary>
    public IReadOnlyList<Subject> TakeDisturbed()
    {
        if (_disturbed.Count == 0) return [];
        Subject[] all = [.. _disturbed];
        _disturbed.Clear();
        return all;
    }

    /// <summary>When the subject's red alerts stand, and stood, as this turn leaves them: its yellow ones are quiet then.</summary>
    private IReadOnlyList<QuietSpan> RedsOf(Subject subject, IReadOnlyList<DueAlert> due, long now)
    {
        var (red, yellow) = (false, false);
        foreach (var alert in due)
            if (alert.Level == AlertLevel.Red) red = true; else yellow |= alert.Active;
        if (!yellow || (!red && !_bySubject.ContainsKey((subject, "")))) return Nothing;
        List<QuietSpan>? spans = null;
        foreach (var alert in due)
        {
            if (alert is not { Level: AlertLevel.Red, Active: true }) continue;
            var since = !_alerts.TryGetValue(KnownAs(alert), out var known) ? now : known.State == AlertState.Raised ? known.Since : After(known, now);
            (spans ??= []).Add(new(Mute.Inhibited, known?.Code ?? alert.Key.Code(alert.DepartmentId), since, long.MaxValue));
        }
        if (!_bySubject.TryGetValue((subject, ""), out var keys)) return spans ?? Nothing;
        foreach (var key in keys)
        {
            var known = _alerts[key];
            if (known.Due.Level == AlertLevel.Red && !StandsStill(due, key)) (spans ??= []).Add(new(Mute.Inhibited, known.Code, known.Since, known.State == AlertState.Raised ? After(known, now) : known.StoodUntil));
        }
        return spans ?? Nothing;
    }

    private bool StandsStill(IReadOnlyList<DueAlert> due, AlertKey key)
    {
        foreach (var alert in due)
            if (alert.Active && KnownAs(alert) == key) return true;
        return false;
    }

    private IReadOnlyList<QuietSpan> QuietOf(Alert alert, IReadOnlyList<QuietSpan> reds)
    {
        var covered = _covered.Count > 0 && _covered.ContainsKey(alert.Due.Subject);
        if (Silences.All.Count == 0 && !covered) return alert.Due.Level == AlertLevel.Yellow ? reds : Nothing;
        var spans = new List<QuietSpan>(alert.Due.Level == AlertLevel.Yellow ? reds : []);
        Silences.Collect(alert.Due, alert.Since, spans);
        if (!covered) return spans;
        foreach (var key in _covered[alert.Due.Subject])
        {
            var by = _alerts[key];
            foreach (var cover in by.Covers.All)
                if (cover.Subject == alert.Due.Subject && key != alert.Key) spans.Add(new(Mute.Inhibited, by.Code, cover.From, cover.To));
        }
        return spans;
    }

    // The end of a silence is known beforehand, that of an alert is not.
    private long NextQuietEdge(Alert alert, long now)
    {
        if (Silences.All.Count == 0) return long.MaxValue;
        var (spans, next) = (new List<QuietSpan>(), long.MaxValue);
        Silences.Collect(alert.Due, now, spans);
        foreach (var span in spans) next = Math.Min(next, span.From > now ? span.From : span.To);
        return next;
    }

    /// <summary>Notes since when an alert covers whom: from when it was noticed on, for what was told before then was told.</summary>
    private Alert Covering(Alert alert, Items<Subject>? members, long now)
    {
        if (members is null && alert.Covers.All.Count == 0) return alert;
        var wanted = alert.State == AlertState.Raised ? members?.All ?? [] : [];
        var covers = new List<Cover>(alert.Covers.All.Count + wanted.Count);
        foreach (var cover in alert.Covers.All)
        {
            var goesOn = cover.To == long.MaxValue && Contains(wanted, cover.Subject);
            covers.Add(cover.To != long.MaxValue || goesOn ? cover : cover with { To = now });
            if (cover.To == long.MaxValue && !goesOn) _disturbed.Add(cover.Subject);
        }
        foreach (var member in wanted)
        {
            if (IsCovered(covers, member)) continue;
            covers.Add(new(member, now, long.MaxValue));
            Covered(member, alert.Key);
            _disturbed.Add(member);
        }
        return alert with { Covers = new(covers) };
    }

    private void Covered(Subject member, AlertKey by)
    {
        if (!_covered.TryGetValue(member, out var keys)) _covered[member] = keys = [];
        keys.Add(by);
    }

    private static bool IsCovered(List<Cover> covers, Subject member)
    {
        foreach (var cover in covers)
            if (cover.Subject == member && cover.To == long.MaxValue) return true;
        return false;
    }

    private static bool Contains(IReadOnlyList<Subject> all, Subject one)
    {
        foreach (var item in all)
            if (item == one) return true;
        return false;
    }
}
