using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Alerts;

// What has ended leaves memory some time after the subject that could change it. Whoever is to be judged anew has its alerts back first, so that
// nothing is raised or told a second time. When one leaves changes no number. (design: rule 7)
public sealed partial class AlertBook
{
    /// <summary>For how long an alert that has ended stays at least, in ms: the week's load, the walls and the stream of events read memory alone.</summary>
    public const long StaysMs = 8 * 86_400_000L;

    private const long BetweenWalksMs = 3_600_000;
    private const int LookedAtAtOnce = 1_000;

    private ByNews? _walkedTo; // of a walk under way, the place of the next
    private long _nextWalkAt = long.MinValue;

    /// <summary>How many are not in memory.</summary>
    public long AwayCount { get; internal set; }

    /// <summary>Changes when one leaves memory or comes back: see <see cref="Turns.Tally.Departures"/>.</summary>
    public long Departures { get; private set; }

    /// <summary>Some of those that may leave: once an hour all that ended long ago are looked at, a thousand at a time.</summary>
    /// <param name="before">Unix ms: only of those whose last news is as old</param>
    /// <param name="isOutOfPlay">nothing in memory can change it</param>
    public IReadOnlyList<Alert> Leavers(long before, long now, int limit, Func<Alert, bool> isOutOfPlay)
    {
        var (found, looked) = (new List<Alert>(), 0);
        if (_walkedTo is null && now < _nextWalkAt) return found;
        foreach (var place in _news.From(_walkedTo ?? new(long.MinValue)))
        {
            if (place.At > before) break;
            if (found.Count == limit || ++looked > LookedAtAtOnce)
            {
                _walkedTo = place;
                return found;
            }
            if (place.Alert!.State != AlertState.Raised && isOutOfPlay(place.Alert)) found.Add(place.Alert);
        }
        (_walkedTo, _nextWalkAt) = (null, now + BetweenWalksMs);
        return found;
    }

    /// <summary>Whether what it covered then still counts for one that stands: that one's ladder stood still meanwhile.</summary>
    public bool CountsForOthers(Alert alert)
    {
        foreach (var cover in alert.Covers.All)
            if (AnyStands(cover.Subject)) return true;
        return false;
    }

    /// <summary>Whether one of a subject's alerts stands.</summary>
    public bool AnyStands(Subject subject)
    {
        foreach (var part in PartsOf(subject))
            if (_bySubject.TryGetValue((subject, part), out var keys))
                foreach (var key in keys)
                    if (_alerts[key].State == AlertState.Raised) return true;
        return false;
    }

    /// <summary>Lets one go that is still as it was when it was kept elsewhere.</summary>
    internal void Leave(Alert alert)
    {
        var key = alert.Key;
        if (!ReferenceEquals(_alerts.Find(key), alert)) return;
        Forget(key);
        var part = PartOf(key);
        if (_bySubject.TryGetValue((key.Subject, part), out var keys) && keys.Remove(key) && keys.Count == 0) ForgetPart(key.Subject, part);
        AwayCount++;
        Departures++;
    }

    /// <summary>One that left is in memory again, as it was; one that is there already is newer.</summary>
    internal void ComeBack(Alert alert)
    {
        if (_alerts.ContainsKey(alert.Key)) return;
        Remember(alert);
        AwayCount--;
        Departures++;
    }
}
