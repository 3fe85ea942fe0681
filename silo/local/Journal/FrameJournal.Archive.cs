namespace OpsMonitor.Silo.Local.Journal;

/// <summary>Old frames leave the database for packed files beside it and stay readable as before.</summary>
public sealed partial class FrameJournal
{
    // A segment is built in memory, and a crash while it is written costs no more than writing it again.
    private const int SegmentBytes = 64 << 20, FramesPerSegment = 100_000;
    private const int DroppedAtOnce = 500; // rows in one short commit, so that a turn waits for a few ms at most

    private readonly FrameArchive _archive;

    /// <summary>The last frame that stands in the archive; 0 for none.</summary>
    public long ArchivedTo => _archive.Last;

    /// <summary>
    /// Packs the frames up to a sequence. They are dropped from the database only after the file with them is durable and was read back: at any moment
    /// each frame stands in one place or in both. The newest frame always stays.
    /// </summary>
    /// <param name="step">told between the steps; what it throws ends the work there</param>
    /// <returns>the frames packed</returns>
    public long Archive(long upTo, Action<string>? step = null, CancellationToken stop = default)
    {
        step ??= static _ => { };
        var (before, last) = (_archive.Last, Math.Min(upTo, LastSequence - 1));
        while (_archive.Last < last && !stop.IsCancellationRequested)
        {
            var (frames, bytes, sequence) = (new List<byte[]>(), 0L, _archive.Last);
            foreach (var (number, frame) in ReadChain(_archive.Last, last))
            {
                frames.Add(frame);
                sequence = number;
                if ((bytes += frame.Length) >= SegmentBytes || frames.Count == FramesPerSegment) break;
            }
            _archive.Add(frames, HashAt(sequence)!, step);
            step("the frames stand in both places");
            DropArchived(step);
        }
        return _archive.Last - before;
    }

    /// <summary>Takes what stands in the archive out of the database: after packing, and at a start after packing was broken off.</summary>
    private void DropArchived(Action<string> step)
    {
        for (var more = true; more;)
        {
            lock (_gate)
            {
                ThrowIfUnusable();
                try
                {
                    if (WalBytes() >= CheckpointAtWalBytes) CheckpointNow();
                    more = _table.Drop(_archive.Last, DroppedAtOnce) == DroppedAtOnce;
                }
                catch (Exception error)
                {
                    throw FailStop(error);
                }
            }
            if (more) step("some frames are dropped");
        }
    }

    private void OpenArchive(Action<string> announce, bool onlyLook)
    {
        var first = _table.FirstSequence();
        if (first > _archive.Last + 1)
            announce($"The journal has lost its beginning: it has frames from {first} on, and the archive ends at {_archive.Last}. What was kept in between is gone unless the files in '{_archive.Folder}' are put back.");
        if (onlyLook || first == 0 || first > _archive.Last) return;
        // All of it is read once more before anything is dropped.
        try { for (var sequence = first; sequence <= _archive.Last; sequence++) _archive.Frame(sequence); }
        catch (JournalDamagedException damage)
        {
            announce($"The archive is damaged at frame {damage.Sequence}; its frames from {first} on stand in the journal still and stay there.");
            _archive.Forget(first);
            return;
        }
        DropArchived(static _ => { });
    }
}
