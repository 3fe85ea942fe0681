using OpsMonitor.Grains.Alerts;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Silo.Local;

/// <summary>
/// Where channels take what they have to tell and say what came of it. A row is here once its cause is durable, and is marked only after it was
/// sent: with the next commit, or after a second where none comes. What was not marked is here again after a start, so a channel is told at
/// least once, and must be able to hear twice. Safe to call from any thread; never waits for a turn longer than for its commit.
/// </summary>
public sealed class Outbox : IDisposable
{
    private const int OneCommit = OutboxTable.ReportsAtOnce;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly FrameJournal _journal;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly SortedDictionary<long, OutboxReport> _reports = [];
    private readonly List<OutboxReport> _writing = [];
    private bool _armed;
    private volatile bool _overdue;

    /// <param name="wake">makes the writer look, where it is idle</param>
    internal Outbox(FrameJournal journal, TimeProvider clock, Action wake)
    {
        _journal = journal;
        _timer = clock.CreateTimer(_ => { _overdue = true; wake(); }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether reports have waited for a commit long enough, and are to have one of their own.</summary>
    internal bool Overdue => _overdue;

    /// <summary>
    /// What a channel has to send now, in order. A row that waits for its next attempt holds up the later ones of the same alert, and no others.
    /// Whoever takes again before reporting gets the same rows again.
    /// </summary>
    /// <exception cref="JournalFailedException">The journal could not be read; <see cref="JournalDamagedException"/> likewise.</exception>
    public IReadOnlyList<OutboxEntry> Take(string channel, long now, int limit)
    {
        var known = new Dictionary<long, OutboxReport>();
        // Before reading, not after: a report that is written in between is missing in neither.
        lock (_gate)
        {
            foreach (var report in _writing) known[report.Id] = report;
            foreach (var (id, report) in _reports) known[id] = report;
        }
        if (_journal.OutboxPending == known.Values.LongCount(r => r.SentAt is not null)) return [];
        var held = new HashSet<string>(StringComparer.Ordinal);
        return _journal.Unsent(channel, limit, entry =>
        {
            var report = known.GetValueOrDefault(entry.Id);
            if (report?.SentAt is not null || held.Contains(entry.Row.Alert)) return false;
            if ((report?.NextAttemptAt ?? entry.NextAttemptAt) <= now) return true;
            held.Add(entry.Row.Alert);
            return false;
        });
    }

    /// <summary>These have been sent. Only to be said afterwards.</summary>
    /// <param name="at">Unix ms</param>
    public void Sent(IEnumerable<long> ids, long at)
    {
        lock (_gate)
        {
            foreach (var id in ids) _reports[id] = new(id, _reports.GetValueOrDefault(id)?.Attempts ?? 0, at, 0);
            Arm(Patience);
        }
    }

    /// <summary>This one could not be sent; it is taken again from an instant on, in Unix ms.</summary>
    public void Failed(long id, long nextAttemptAt)
    {
        lock (_gate)
        {
            _reports[id] = new(id, (_reports.GetValueOrDefault(id)?.Attempts ?? 0) + 1, null, nextAttemptAt);
            Arm(Patience);
        }
    }

    /// <summary>What the writer is to commit now; the same again until <see cref="Written"/> is called.</summary>
    internal IReadOnlyList<OutboxReport> ToWrite()
    {
        lock (_gate)
        {
            foreach (var report in _reports.Values.Take(OneCommit - _writing.Count).ToList())
            {
                _writing.Add(report);
                _reports.Remove(report.Id);
            }
            return _writing.Count == 0 ? [] : [.. _writing];
        }
    }

    /// <summary>They are durable.</summary>
    internal void Written()
    {
        lock (_gate)
        {
            _writing.Clear();
            (_overdue, _armed) = (false, false);
            Arm(TimeSpan.Zero); // what did not fit into this commit; between the two, the writer takes what is queued
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Arm(TimeSpan wait)
    {
        if (_armed || _reports.Count == 0) return;
        _armed = true;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
