namespace OpsMonitor.Grains.Alerts;

/// <summary>
/// What is known of sending and not durable yet: reports that wait for a commit, and those in the commit under way. No clock and no I/O; one
/// caller at a time.
/// </summary>
public sealed class OutboxBook
{
    /// <summary>Reports that one commit takes at most, so that it holds up no turn.</summary>
    public const int ReportsAtOnce = 512;

    /// <summary>How long reports wait for a commit to go along with, in ms, before they get one of their own.</summary>
    public const long PatienceMs = 1_000;

    private readonly SortedDictionary<long, OutboxReport> _reports = [];
    private readonly List<OutboxReport> _writing = [];
    private bool _armed;

    /// <summary>For whom rows are written.</summary>
    public IReadOnlyList<string> Channels { get; init; } = OutboxRow.WebAlone;

    /// <summary>Whether reports have waited long enough.</summary>
    public bool Overdue { get; private set; }

    /// <summary>These have been sent.</summary>
    /// <param name="at">Unix ms</param>
    /// <returns>in how many ms somebody must say that the wait is over; null where he has been asked already</returns>
    public long? Sent(IEnumerable<long> ids, long at)
    {
        foreach (var id in ids) _reports[id] = new(id, _reports.GetValueOrDefault(id)?.Attempts ?? 0, at, 0);
        return Arm(PatienceMs);
    }

    /// <summary>This one could not be sent; it is taken again from an instant on, in Unix ms.</summary>
    /// <inheritdoc cref="Sent"/>
    public long? Failed(long id, long nextAttemptAt)
    {
        _reports[id] = new(id, (_reports.GetValueOrDefault(id)?.Attempts ?? 0) + 1, null, nextAttemptAt);
        return Arm(PatienceMs);
    }

    /// <summary>The wait is over: the next turn writes reports, with a frame or without one.</summary>
    public void WaitedLongEnough() => Overdue = true;

    /// <summary>What is to be committed now; the same again until <see cref="Written"/> is called.</summary>
    public IReadOnlyList<OutboxReport> ToWrite()
    {
        foreach (var report in _reports.Values.Take(ReportsAtOnce - _writing.Count).ToList())
        {
            _writing.Add(report);
            _reports.Remove(report.Id);
        }
        return _writing.Count == 0 ? [] : [.. _writing];
    }

    /// <summary>They are durable.</summary>
    /// <inheritdoc cref="Sent"/>
    public long? Written()
    {
        _writing.Clear();
        (Overdue, _armed) = (false, false);
        return Arm(0); // what did not fit into this commit; between the two, the writer takes what is queued
    }

    /// <summary>
    /// Which entries a channel has to send at an instant, asked in their order. An entry that waits for its next attempt holds up the later ones
    /// of the same alert, and no others. What is reported after this call does not change its answers.
    /// </summary>
    /// <param name="sent">how many are reported as sent and not yet durably so</param>
    public Predicate<OutboxEntry> Wanted(long now, out long sent)
    {
        var known = new Dictionary<long, OutboxReport>();
        foreach (var report in _writing) known[report.Id] = report;
        foreach (var (id, report) in _reports) known[id] = report;
        sent = 0;
        foreach (var report in known.Values) if (report.SentAt is not null) sent++;
        var held = new HashSet<string>(StringComparer.Ordinal);
        return entry =>
        {
            var report = known.GetValueOrDefault(entry.Id);
            if (report?.SentAt is not null || held.Contains(entry.Row.Alert)) return false;
            if ((report?.NextAttemptAt ?? entry.NextAttemptAt) <= now) return true;
            held.Add(entry.Row.Alert);
            return false;
        };
    }

    private long? Arm(long wait)
    {
        if (_armed || _reports.Count == 0) return null;
        _armed = true;
        return wait;
    }
}
