using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Silo.Local;

/// <summary>Starting from what is durable, and letting go what is over.</summary>
public sealed partial class LocalHost
{
    private const int LeaversAtOnce = 1_000, FramesBetweenLeavings = 16;

    private Task<bool> _leaving = Task.FromResult(false);
    private IReadOnlyList<Leaver> _leavers = [];
    private IReadOnlyList<Alert> _alertLeavers = [];

    /// <summary>The rows of those that left memory; null for a host that keeps no journal, or only looks.</summary>
    public KeptRows? Kept { get; private set; }

    /// <summary>All events that happened in [from, to), as far as they are kept: in the order of the journal, or by subjects where there is none.</summary>
    public IEnumerable<Event> Recorded(long from, long to)
    {
        if (_journal is null) return Read(shard => shard.Histories().Where(e => e.At >= from && e.At < to).ToList());
        return _journal.ReadFrom(0).SelectMany(f => TurnFrame.Read(f.Frame).Events).Where(e => e.At >= from && e.At < to);
    }

    /// <summary>The newest snapshot that this journal knows, then the turns after it.</summary>
    private long Replay(FrameJournal journal)
    {
        var frames = 0L;
        (_leavers, _alertLeavers, _resumed) = ([], [], null);
        var from = Resume(journal);
        if (!ReadOnly) _history?.BeginAlerts(JudgedBy, from); // with no room for the journal there is none for this
        WatchSums();
        foreach (var (sequence, bytes) in journal.ReadFrom(from))
        {
            var frame = TurnFrame.Read(bytes);
            var change = frame.Edit is { } edit ? new PolicyChange(edit, _options.Reread?.Invoke([.. _writer.Shard.Edits, edit])) : null;
            var recalled = OpsMonitor.Grains.Turns.Recall.For(_writer.Shard, frame.Events, null, subjects => _history!.Recall(subjects, sequence));
            Step(new WriterInput.Replay(frame.Now, frame.Events, change) { Recalled = recalled });
            if (++frames % FramesBetweenLeavings == 0) LetGo(sequence);
        }
        if (frames > 0) LetGo(journal.LastSequence);
        return frames;
    }

    // Back-fill raises no alerts: what it judged is not what a live host would have.
    private string JudgedBy => (_options.BackfillUntil is null ? "" : "back-fill ") + _options.PoliciesMark;

    /// <returns>the frame after which the turns are to be taken</returns>
    private long Resume(FrameJournal journal)
    {
        if (_options.Frozen || _snapshots?.ReadNewestGood(_announce, journal.Holds) is not { } found) return 0; // verify trusts the journal alone
        var (image, policies) = ShardSnapshot.ReadJudged(found.Payload);
        var (left, asJudged) = (image.Judged.Left.Count, policies == JudgedBy);
        if (left + image.AlertsAway > 0 && (!asJudged || left > _history!.KeptCount || !_history.KeepsAlerts(image.AlertsAway, JudgedBy, found.Sequence)))
        {
            _announce(asJudged ? "the rows of those who left memory are gone: all turns are taken again" : "the snapshot was judged by other policies, or in back-fill: all turns are taken again");
            return 0;
        }
        Step(new WriterInput.Resume(image, image.Edits.Count > 0 ? _options.Reread?.Invoke(image.Edits) : null, asJudged));
        if (asJudged) _resumed = (found.Sequence, image.Now);
        return found.Sequence;
    }

    /// <summary>The image was taken between turns; writing it is not the writer's work.</summary>
    private void Keep(ShardImage image)
    {
        var (sequence, hash) = (_journal!.LastSequence, _journal.LastHash.ToArray());
        _snapshotting = Task.Run(() =>
        {
            try
            {
                Rollups?.Sync();
                _history?.Sync(); // whom the image has not, the index must have
                _snapshots!.Write(sequence, hash, ShardSnapshot.Write(image, JudgedBy));
            }
            catch (Exception failure) when (failure is IOException or Microsoft.Data.Sqlite.SqliteException) { _announce($"no snapshot: {failure.Message}"); } // a start takes longer; nothing is lost
        });
    }

    /// <summary>The histories of those whom a batch concerns and who left memory. Only the writer changes the shard, so it may look without a lock.</summary>
    private IReadOnlyList<Recalled> Recall(List<Asked> batch)
    {
        if (_history is null || _writer.Shard.LeftCount == 0 || ReadOnly) return [];
        var events = batch.Count == 1 ? batch[0].Events : [.. batch.SelectMany(o => o.Events)];
        var hashes = batch.Count == 1 ? batch[0].Hashes : [.. batch.SelectMany(o => o.Hashes)];
        return events.Count == 0 ? [] : OpsMonitor.Grains.Turns.Recall.For(_writer.Shard, events, hashes, subjects => _history.Recall(subjects, long.MaxValue));
    }

    /// <summary>Between turns: those whose rows have been kept go, unless something happened to them meanwhile; the rows of the next are being kept.</summary>
    private void LetGo()
    {
        if (_history is null || ReadOnly || !_leaving.IsCompleted) return;
        lock (_gate)
        {
            _writer.Shard.Leave(_leaving.Result ? _leavers : []);
            _writer.Shard.LeaveAlerts(_leaving.Result ? _alertLeavers : []);
        }
        var (leavers, alerts, sequence) = (_leavers = _writer.Shard.Leavers(LeaversAtOnce), _alertLeavers = _writer.Shard.AlertLeavers(LeaversAtOnce), _journal!.LastSequence);
        if (leavers.Count + alerts.Count == 0) return;
        _leaving = Task.Run(() =>
        {
            try
            {
                _history.Keep(leavers, alerts, sequence);
                return true;
            }
            catch (Exception failure) when (failure is Microsoft.Data.Sqlite.SqliteException or JournalFailedException)
            {
                _announce($"those who are over stay in memory: {failure.Message}");
                return false;
            }
        });
    }

    // In recovery nothing waits: what a long journal brings back must not fill the memory.
    private void LetGo(long sequence)
    {
        if (_history is null || ReadOnly) return;
        for (var leavers = _writer.Shard.Leavers(LeaversAtOnce); leavers.Count > 0; leavers = _writer.Shard.Leavers(LeaversAtOnce))
        {
            _history.Keep(leavers, [], sequence);
            _writer.Shard.Leave(leavers);
        }
        for (var alerts = _writer.Shard.AlertLeavers(LeaversAtOnce); alerts.Count > 0; alerts = _writer.Shard.AlertLeavers(LeaversAtOnce))
        {
            _history.Keep([], alerts, sequence);
            _writer.Shard.LeaveAlerts(alerts);
        }
        _writer.Shard.Leave([]); // agents' hours, where nobody else left
    }
}
