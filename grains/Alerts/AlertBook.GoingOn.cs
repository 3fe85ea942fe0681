using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Alerts;

// An edit of the rules may move a promise or number its rule anew. What is broken by the old text and by the new one is one alert: who has it keeps it,
// the ladder is that of the raise, and its name stays.
public sealed partial class AlertBook
{
    private readonly Dictionary<AlertKey, AlertKey> _goneOn = []; // from what it is about now to what it was raised as

    private AlertKey KnownAs(DueAlert due) => _goneOn.Count > 0 && !_alerts.ContainsKey(due.Key) && _goneOn.TryGetValue(due.Key, out var raised) ? raised : due.Key;

    /// <summary>Finds what of the standing alerts goes on as another that is due now.</summary>
    /// <param name="edited">so that also one of the same version does: a calendar was saved</param>
    private void GoOn(Subject subject, IReadOnlyList<DueAlert> due, string part, bool edited)
    {
        if (due.Count == 0 || !_bySubject.TryGetValue((subject, part), out var keys)) return;
        foreach (var fresh in due)
        {
            if (!fresh.Active || _alerts.ContainsKey(fresh.Key) || _goneOn.ContainsKey(fresh.Key)) continue; // known, and what is over already goes on as nothing
            foreach (var key in keys)
            {
                var (known, was) = (_alerts[key], _alerts[key].Due);
                if (known.State != AlertState.Raised || was.Rule != fresh.Rule || was.Clock != fresh.Clock || (was.RuleVersion == fresh.RuleVersion && !edited) || Moved(was, fresh) || Has(due, key)) continue;
                _goneOn[fresh.Key] = key;
                break;
            }
        }
    }

    // What a rule found at another instant is another finding: a saving of rules reaches back to nothing, so late data has moved it.
    private static bool Moved(DueAlert was, DueAlert fresh) => was.RaisedAt != fresh.RaisedAt && !was.Rule.StartsWith("clock_", StringComparison.Ordinal);

    private Alert About(Alert known, DueAlert due)
    {
        var key = known.Key;
        if (known.RaisedAs is not null && known.Due.Key != due.Key) _goneOn.Remove(known.Due.Key);
        if (due.Key == key) return known with { Due = due, RaisedAs = null };
        _goneOn[due.Key] = key;
        return known with { Due = due, RaisedAs = key };
    }

    // When it was raised, how urgently, for whom and whom it goes up to was decided then; what is promised is what is promised now.
    private static DueAlert AsRaised(Alert known, DueAlert due) => due.Key == known.Key ? due
        : due with { RaisedAt = known.Due.RaisedAt, Level = known.Due.Level, Ladder = known.Due.Ladder, DepartmentId = known.Due.DepartmentId };
}
