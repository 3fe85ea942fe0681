using OpsMonitor.Grains.Metrics;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Silo.Local.Rollups;

namespace OpsMonitor.Silo.Local;

/// <summary>What the rollups need to know that only the reference data tells.</summary>
/// <param name="DayOf">a scope's day that holds an instant (Unix ms)</param>
/// <param name="TextOf">a table of metrics as JSON</param>
public sealed record RollupOptions(Func<string, long, Window> DayOf, Func<SortedDictionary<string, object?>, byte[]> TextOf);

public sealed partial class LocalHost
{
    private (long Sequence, long Now)? _resumed;

    /// <summary>Rollups, corrections and what was shown; null for a host that keeps none.</summary>
    public RollupKeeper? Rollups { get; private set; }

    private void WatchSums()
    {
        if (_options.Rollups is null) return;
        _writer.Shard.Books.Watch();
        if (_options.BackfillUntil is null) _writer.Shard.WatchLate(); // a back-fill has shown nothing yet that could be revised
    }

    private void KeepRollups(RollupOptions options, FrameJournal journal)
    {
        long? began = null;
        Rollups = new(RollupFile.Open(_options.DataFolder!, _announce),
            new(read => Read(shard => read(shard)), () => journal.LastSequence, JudgedBy,
                () => began ??= journal.LastSequence == 0 ? long.MaxValue : TurnFrame.Read(journal.ReadFrom(0).First().Frame).Now, () => Now, options.DayOf, options.TextOf, _options.BackfillUntil is null),
            _resumed, _clock, _announce);
    }
}
