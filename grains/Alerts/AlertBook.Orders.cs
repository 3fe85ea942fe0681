using System.Collections;
using System.Diagnostics.CodeAnalysis;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Alerts;

// What is read again and again is not looked for among all: a wall wants what stands, a curve what happened lately.
public sealed partial class AlertBook
{
    private readonly SortedRuns<ByKey> _order = new(), _standing = new();
    private readonly SortedRuns<ByNews> _news = new();

    /// <summary>Those in memory, in the order of their keys.</summary>
    public IReadOnlyCollection<Alert> All => new InOrder(_order);

    /// <summary>Those that stand, in the order of their keys.</summary>
    public IReadOnlyCollection<Alert> Standing => new InOrder(_standing);

    /// <summary>Those that were raised, noticed or changed at or after an instant, Unix ms; others may be among them. The oldest news first.</summary>
    public IEnumerable<Alert> NewsSince(long from)
    {
        foreach (var place in _news.From(new(from))) yield return place.Alert!;
    }

    private void Order(Alert? was, Alert? now)
    {
        if (now is not null) _order.Set(new(now)); else if (was is not null) _order.Remove(new(was));
        if (now is { State: AlertState.Raised }) _standing.Set(new(now)); else if (was is { State: AlertState.Raised }) _standing.Remove(new(was));
        if (was is not null && (now is null || ByNews.Of(was).At != ByNews.Of(now).At)) _news.Remove(ByNews.Of(was));
        if (now is not null) _news.Set(ByNews.Of(now));
    }

    private readonly record struct ByKey(Alert Alert) : IComparable<ByKey>
    {
        public int CompareTo(ByKey other) => Alert.Key.CompareTo(other.Alert.Key);
    }

    /// <param name="At">of the last change, or of the raise, which late data may have moved to after it</param>
    /// <param name="Alert">null for the place before all of that instant</param>
    private readonly record struct ByNews(long At, Alert? Alert = null) : IComparable<ByNews>
    {
        public static ByNews Of(Alert alert) => new(Math.Max(alert.ChangedAt, alert.Due.RaisedAt), alert);

        public int CompareTo(ByNews other) =>
            At != other.At ? At.CompareTo(other.At) : Alert is null || other.Alert is null ? (Alert is not null).CompareTo(other.Alert is not null) : Alert.Key.CompareTo(other.Alert.Key);
    }

    private const int MostLadders = 256;

    private readonly Dictionary<Items<Rung>, Items<Rung>> _ladders = [];

    // A policy's ladder is found anew at each evaluation; that of its last alerts is the same list.
    private DueAlert Shared(DueAlert due)
    {
        if (due.Ladder is not { } ladder) return due;
        if (_ladders.TryGetValue(ladder, out var known)) return ReferenceEquals(known, ladder) ? due : due with { Ladder = known };
        if (_ladders.Count >= MostLadders) _ladders.Clear();
        _ladders.Add(ladder, ladder);
        return due;
    }

    /// <summary>Found by their keys, which stand in them: an entry is no more than a reference.</summary>
    private sealed class Table
    {
        private readonly HashSet<Alert> _alerts = new(new ByItsKey());
        private readonly HashSet<Alert>.AlternateLookup<AlertKey> _byKey;

        public Table() => _byKey = _alerts.GetAlternateLookup<AlertKey>();

        public Alert this[AlertKey key] => Find(key) ?? throw new KeyNotFoundException($"no alert {key}");

        public Alert? Find(AlertKey key) => _byKey.TryGetValue(key, out var found) ? found : null;

        public bool TryGetValue(AlertKey key, [NotNullWhen(true)] out Alert? found) => _byKey.TryGetValue(key, out found);

        public bool ContainsKey(AlertKey key) => _byKey.Contains(key);

        /// <returns>the one before it</returns>
        public Alert? Set(Alert alert)
        {
            var was = Remove(alert.Key);
            _alerts.Add(alert);
            return was;
        }

        public Alert? Remove(AlertKey key)
        {
            if (!_byKey.TryGetValue(key, out var was)) return null;
            _alerts.Remove(was);
            return was;
        }
    }

    private sealed class ByItsKey : IEqualityComparer<Alert>, IAlternateEqualityComparer<AlertKey, Alert>
    {
        public bool Equals(Alert? x, Alert? y) => x?.Key == y?.Key;

        public int GetHashCode(Alert alert) => alert.Key.GetHashCode();

        public bool Equals(AlertKey alternate, Alert other) => alternate == other.Key;

        public int GetHashCode(AlertKey alternate) => alternate.GetHashCode();

        public Alert Create(AlertKey alternate) => throw new NotSupportedException();
    }

    private sealed class InOrder(SortedRuns<ByKey> order) : IReadOnlyCollection<Alert>
    {
        public int Count => order.Count;

        public IEnumerator<Alert> GetEnumerator()
        {
            foreach (var place in order) yield return place.Alert;
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
