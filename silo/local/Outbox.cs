using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Silo.Local;

/// <summary>
/// Where channels take what they have to tell and say what came of it. A row is here once its cause is durable, and is marked only after it was
/// sent: with the next commit, or after a second where none comes. What was not marked is here again after a start, so a channel is told at
/// least once, and must be able to hear twice. Safe to call from any thread; taking waits
/// for a commit under way, reporting does not.
/// </summary>
public sealed class Outbox : IDisposable
{
    private readonly FrameJournal _journal;
    private readonly Writer _writer;
    private readonly Lock _stepping;
    private readonly ITimer _timer;

    /// <param name="stepping">held while the writer decides</param>
    /// <param name="wake">makes the writer look, where it is idle</param>
    internal Outbox(FrameJournal journal, Writer writer, Lock stepping, TimeProvider clock, Action wake)
    {
        (_journal, _writer, _stepping) = (journal, writer, stepping);
        _timer = clock.CreateTimer(_ => { Report(new WriterInput.ReportsWaited()); wake(); }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// What a channel has to send now, in order. A row that waits for its next attempt holds up the later ones of the same alert, and no others.
    /// Whoever takes again before reporting gets the same rows again.
    /// </summary>
    /// <exception cref="JournalFailedException">The journal could not be read; <see cref="JournalDamagedException"/> likewise.</exception>
    public IReadOnlyList<OutboxEntry> Take(string channel, long now, int limit)
    {
        Predicate<OutboxEntry> wanted;
        long sent;
        // Before reading, not after: a report that is written in between is missing in neither.
        lock (_stepping) wanted = _writer.Outbox.Wanted(now, out sent);
        return _journal.OutboxPending == sent ? [] : _journal.Unsent(channel, limit, wanted);
    }

    /// <summary>These have been sent. Only to be said afterwards.</summary>
    /// <param name="at">Unix ms</param>
    public void Sent(IEnumerable<long> ids, long at) => Report(new WriterInput.SendOk(ids, at));

    /// <summary>This one could not be sent; it is taken again from an instant on, in Unix ms.</summary>
    public void Failed(long id, long nextAttemptAt) => Report(new WriterInput.SendFailed(id, nextAttemptAt));

    public void Dispose() => _timer.Dispose();

    internal void Arm(long waitMs) => _timer.Change(TimeSpan.FromMilliseconds(waitMs), Timeout.InfiniteTimeSpan);

    private void Report(WriterInput input)
    {
        lock (_stepping)
            foreach (var effect in _writer.Step(input))
                if (effect is WriterEffect.ArmReports arm) Arm(arm.WaitMs);
    }
}
