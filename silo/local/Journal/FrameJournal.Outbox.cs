using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Silo.Local.Journal;

// The outbox lives in the journal's file, under the journal's lock, because a row and its cause must be one commit.
public sealed partial class FrameJournal
{
    /// <summary>Marks what was sent, or puts off what failed, in a commit of its own: for when no frame comes to go along with.</summary>
    /// <param name="reports">At most 512, so that it holds up no turn.</param>
    /// <exception cref="JournalFailedException">The commit failed or its outcome is unknown; every later append is refused.</exception>
    public void Report(IReadOnlyList<OutboxReport> reports)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(reports.Count, OutboxTable.ReportsAtOnce);
        lock (_gate)
        {
            ThrowIfUnusable();
            try
            {
                _table.Report(reports);
            }
            catch (Exception error)
            {
                throw FailStop(error);
            }
        }
    }

    /// <summary>What one channel has still to send, in the order of commits. Never of a commit that failed or whose outcome is unknown.</summary>
    /// <param name="wanted">Asked of each; where it says no, the row is passed over.</param>
    /// <exception cref="JournalFailedException">It could not be read.</exception>
    public IReadOnlyList<OutboxEntry> Unsent(string channel, int limit, Predicate<OutboxEntry> wanted) =>
        Look(outbox => (IReadOnlyList<OutboxEntry>)[.. outbox.ReadPending(channel, LastSequence).Where(e => wanted(e)).Take(limit)]) ?? [];

    /// <summary>How many rows there are; all zero for a file of a layout without an outbox.</summary>
    public OutboxCensus OutboxCensus() => Look(outbox => new OutboxCensus(outbox.Pending, outbox.Sent, outbox.OldestPending(LastSequence)));

    /// <summary>The count alone, cheaply: whoever asks often need not read.</summary>
    public long OutboxPending
    {
        get
        {
            lock (_gate)
                return _table.Outbox?.Pending ?? 0;
        }
    }

    private T? Look<T>(Func<OutboxTable, T> look)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                return _table.Outbox is { } outbox ? look(outbox) : default;
            }
            catch (SqliteException error)
            {
                throw Translate(error, 0);
            }
        }
    }
}
