using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Silo.Local.Rollups;

/// <summary>
/// What was shown: once a minute the numbers of every scope's day so far, as they were then. Nothing that is learned later changes a line of it.
/// </summary>
public sealed partial class RollupKeeper
{
    private long _recordedMinute = long.MinValue;

    /// <summary>The newest record at or before an instant (Unix ms): when it was taken, and the numbers as JSON. Null where none is that old.</summary>
    public (long At, byte[] Numbers)? Shown(string scope, long at)
    {
        lock (_work) return _file.Shown(scope, at);
    }

    /// <summary>Takes the record of the running minute of every scope, unless it has been taken.</summary>
    public void Record()
    {
        lock (_work) RecordNow();
    }

    private void RecordNow()
    {
        var at = _host.Clock();
        var minute = Floor(at, RollupFile.Minute);
        if (minute <= _recordedMinute) return;
        List<(string, byte[])> shown = [];
        foreach (var scope in _host.Of(shard => shard.Now == long.MinValue ? [] : shard.Books.All.Select(b => b.Key).ToList()))
            shown.Add((scope, _host.TextOf(_host.Of(shard => Report.Of(shard, scope, new(_host.DayOf(scope, at).From, minute + RollupFile.Minute), live: true)))));
        if (shown.Count > 0) _file.Show(at, shown);
        _recordedMinute = minute;
        _file.Pack(Floor(at, RollupFile.Hour));
    }
}
