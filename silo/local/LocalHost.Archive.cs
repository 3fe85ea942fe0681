using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Silo.Local;

/// <summary>Packing old frames of the journal in the background.</summary>
public sealed partial class LocalHost
{
    private static readonly TimeSpan ArchiveEvery = TimeSpan.FromHours(1);

    private ITimer? _archiver;
    private Task _archiving = Task.CompletedTask;

    private void ArchiveOld()
    {
        if (!_archiving.IsCompleted || ReadOnly) return;
        _archiving = Task.Run(() =>
        {
            try
            {
                var packed = JournalArchive.Pack(_journal!, _snapshots!, Now - _options.ArchiveAfterMs!.Value, _stop.Token);
                if (packed > 0) _announce($"packed {packed} frames of the journal into the archive");
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JournalFailedException or JournalDamagedException)
            {
                _announce($"nothing is packed into the archive: {failure.Message}"); // every frame stands where it stood, or in both places
            }
        });
    }

    private async Task StopArchiving()
    {
        if (_archiver is not null) await _archiver.DisposeAsync();
        await _archiving;
    }
}

/// <summary>Which frames may be packed.</summary>
public static class JournalArchive
{
    /// <summary>Packs the turns before an instant (Unix ms), but none that a start from one of the snapshots goes on from.</summary>
    /// <returns>the frames packed</returns>
    public static long Pack(FrameJournal journal, SnapshotStore snapshots, long before, CancellationToken stop = default)
    {
        if (snapshots.Oldest is not { } oldest || journal.LastSequence == 0) return 0; // a start would read all of it
        var (low, high) = (journal.ArchivedTo, Math.Min(oldest, journal.LastSequence) - 1);
        while (low < high) // instants of turns ascend
        {
            var middle = (low + high + 1) / 2;
            if (TurnFrame.Read(journal.ReadFrom(middle - 1).First().Frame).Now < before) low = middle; else high = middle - 1;
        }
        return low > journal.ArchivedTo ? journal.Archive(low, stop: stop) : 0;
    }
}
