using System.Text.Json;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Past;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Local.Rollups;

/// <summary>
/// The ledger of corrections: a number of an hour or day that was over, which late data changed, stands there with what it was, what it is and the
/// events that did it. What it was is what it is less the late data, so that nothing else that went on meanwhile is blamed on it.
/// </summary>
public sealed partial class RollupKeeper
{
    // What the wall asks for: figures that were revised today.
    private const long RecentMs = 2 * 86_400_000L;
    private static readonly string[] OnTheWall = ["sla.", "fcr.mature", "fcr.provisional", "callbacks.punctual"];

    private readonly Lock _recentGate = new();
    private readonly SortedDictionary<string, List<Correction>> _recent = new(StringComparer.Ordinal); // by scope, newest last

    /// <summary>Corrections of intervals of a scope that lie in a window, oldest first.</summary>
    /// <param name="after">only those of a higher number</param>
    public IReadOnlyList<Correction> Corrections(string? scope, Window window, long after, int limit)
    {
        lock (_work)
        {
            Caught();
            return _file.Corrections(scope, window, after, limit);
        }
    }

    /// <summary>The newest correction of one of these numbers in an interval that touches a window; null for none. Quick: the wall asks.</summary>
    /// <param name="prefixes">how the names of the numbers begin</param>
    /// <param name="since">only late data that was taken since then, Unix ms</param>
    public Correction? Newest(string scope, Window window, long since, params ReadOnlySpan<string> prefixes)
    {
        lock (_recentGate)
        {
            if (!_recent.TryGetValue(scope, out var recent)) return null;
            for (var i = recent.Count - 1; i >= 0; i--)
            {
                var c = recent[i];
                if (c.Turn < since || c.Until <= window.From || c.Start >= window.To) continue;
                foreach (var prefix in prefixes)
                    if (c.Metric.StartsWith(prefix, StringComparison.Ordinal)) return c;
            }
        }
        return null;
    }

    /// <summary>Where each turn is followed at once.</summary>
    internal void CorrectNow()
    {
        lock (_work) Correct(_host.Of(shard => shard.TakeLate()));
    }

    private void Remember()
    {
        var now = _host.Of(shard => shard.Now);
        var found = _file.Recent(now == long.MinValue ? now : now - RecentMs);
        Remember(found, now);
    }

    private void Remember(IEnumerable<Correction> corrections, long now)
    {
        lock (_recentGate)
        {
            foreach (var c in corrections)
            {
                if (c.Step != "hour" || !Array.Exists(OnTheWall, o => c.Metric.StartsWith(o, StringComparison.Ordinal))) continue;
                if (!_recent.TryGetValue(c.Scope, out var recent)) _recent[c.Scope] = recent = [];
                recent.RemoveAll(r => r.Turn < now - RecentMs || (r.Metric == c.Metric && r.Start == c.Start));
                recent.Add(c);
            }
        }
    }

    private void Correct(IReadOnlyList<LateTurn> turns)
    {
        var late = turns.Select(ByScope).ToList();
        for (var i = 0; i < late.Count; i++)
        {
            var turn = turns[i];
            var causes = JsonSerializer.Serialize(turn.Causes().Select(c => new CauseJson(c.Source, c.Count, c.LatestId)), CauseContext.Default.IEnumerableCauseJson);
            var corrections = new List<Correction>();
            foreach (var (scope, own) in late[i])
                foreach (var (step, window) in Intervals(scope, own, turn.Now))
                    corrections.AddRange(Compare(scope, step, window, own, [.. late.Skip(i + 1)], turn.Now, causes));
            if (corrections.Count == 0) continue;
            _file.Correct(corrections);
            Remember(corrections, turn.Now);
        }
    }

    /// <summary>What late data added and took off, by scope and minute.</summary>
    private static LateByScope ByScope(LateTurn turn)
    {
        var all = new LateByScope();
        foreach (var change in turn.Changes)
        {
            foreach (var c in change.Was) Add(c, -1);
            foreach (var c in change.Is) Add(c, 1);
        }
        return all;

        void Add(in Contribution c, int sign)
        {
            if (c.Kind == ContributionKind.Member) return;
            AddTo("all", c, sign);
            if (c.Queue is not null) AddTo("queue/" + c.Queue, c, sign);
            if (c.Department is not null) AddTo("department/" + c.Department, c, sign);
        }

        void AddTo(string scope, in Contribution c, int sign)
        {
            if (!all.TryGetValue(scope, out var minutes)) all[scope] = minutes = [];
            var minute = Floor(c.At, RollupFile.Minute);
            if (!minutes.TryGetValue(minute, out var late)) minutes[minute] = late = new();
            late.Add(c, sign);
        }
    }

    // Complete when the late data came, and shown: they ended after the first turn ever.
    private SortedSet<(string Step, Window Window)> Intervals(string scope, SortedDictionary<long, LateSums> late, long now)
    {
        var found = new SortedSet<(string Step, Window Window)>(Comparer<(string Step, Window Window)>.Create((a, b) =>
            a.Step != b.Step ? string.CompareOrdinal(a.Step, b.Step) : a.Window.From.CompareTo(b.Window.From)));
        var began = _host.Began();
        foreach (var (minute, sums) in late)
        {
            if (sums.IsNothing) continue;
            var hour = Floor(minute, RollupFile.Hour);
            var day = _host.DayOf(scope, minute);
            foreach (var (step, window) in ((string, Window)[])[("hour", new(hour, hour + RollupFile.Hour)), ("day", day)])
                if (window.To > began && LateTurn.IsOver(window.To, now)) found.Add((step, window));
        }
        return found;
    }

    private IEnumerable<Correction> Compare(string scope, string step, Window window, SortedDictionary<long, LateSums> late, IReadOnlyList<LateByScope> later, long turn, string causes)
    {
        var (sums, level, now, policies) = _host.Of(shard => shard.Books.Find(scope) is { } ledger
            ? (ledger.Over(window), ledger.Level(window.To), shard.Now, shard.Policies) : (new Sums([], []), new Sums([], []), shard.Now, shard.Policies));
        foreach (var other in later) // turns that came after this one have a correction of their own
            if (other.TryGetValue(scope, out var changes)) TakeOff(changes);
        var @is = Numbers.Of(Table());
        TakeOff(late);
        var was = Numbers.Of(Table());
        foreach (var metric in was.Keys.Union(@is.Keys).Order(StringComparer.Ordinal))
        {
            var (old, next) = (was.GetValueOrDefault(metric), @is.GetValueOrDefault(metric));
            if (old != next) yield return new(0, scope, step, window.From, window.To, 0, metric, old, next, turn, causes);
        }

        void TakeOff(SortedDictionary<long, LateSums> changes)
        {
            foreach (var (minute, change) in changes)
            {
                if (minute >= window.From && minute < window.To) change.TakeOff(sums);
                if (minute < window.To) change.TakeOff(level);
            }
        }

        SortedDictionary<string, object?> Table() => Report.Of(new Fixed(sums, level), scope, window, now, policies);
    }

    private sealed class LateByScope() : SortedDictionary<string, SortedDictionary<long, LateSums>>(StringComparer.Ordinal);

    private static long Floor(long at, long unit) => at - (((at % unit) + unit) % unit);

    private sealed class Fixed(Sums sums, Sums level) : ISumSource
    {
        public Sums Over(Window window) => sums;

        public Sums Level(long to) => level;

        public long? FirstMinute => null; // no weeks before: a rate against them is no number of this interval
    }
}
