using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Silo.Local.Rollups;

/// <summary>
/// Makes <c>rollups.db</c> again out of the journal, turn by turn: the sums, the corrections with the instants at which they came to be, and, where
/// asked, what was shown at every minute. The server must be stopped. The file that was there before is kept as <c>rollups.db.before</c>.
/// </summary>
public static class RollupRebuild
{
    /// <param name="judgedBy">as the host that will go on with the file tells its policies</param>
    /// <param name="shown">record the numbers of every minute as well: a report of every scope for each</param>
    /// <returns>frames read, corrections found</returns>
    public static (long Frames, long Corrections) Run(
        string folder, PolicySet policies, Func<IReadOnlyList<PolicyEdit>, PolicySet> reread, string judgedBy, RollupOptions options, bool shown, Action<string> announce)
    {
        using var journal = FrameJournal.Open(folder, announce, onlyLook: true);
        var path = RollupFile.PathIn(folder);
        foreach (var suffix in (string[])["-wal", "-shm"]) File.Delete(path + suffix + ".before");
        if (File.Exists(path))
        {
            using (var old = RollupFile.Open(folder, announce)) old.Sync();
            File.Move(path, path + ".before", overwrite: true);
        }
        foreach (var suffix in (string[])["-wal", "-shm"]) File.Delete(path + suffix);
        var shard = new Shard(policies, new());
        shard.WatchLate();
        var (frames, began, clock, sequence) = (0L, long.MaxValue, 0L, 0L);
        using var keeper = new RollupKeeper(
            RollupFile.Open(folder, announce),
            new(read => read(shard), () => sequence, judgedBy, () => began, () => clock, options.DayOf, options.TextOf, IsLive: true), null, null, announce);
        foreach (var (number, bytes) in journal.ReadFrom(0))
        {
            var frame = TurnFrame.Read(bytes);
            if (began == long.MaxValue) (began, clock) = (frame.Now, frame.Now - (frame.Now % RollupFile.Minute));
            if (shown) ShowUntil(shard, keeper, frame.Now, ref clock);
            shard.Step(new(frame.Now, frame.Events, Replayed: true) { Change = frame.Edit is { } edit ? new(edit, reread([.. shard.Edits, edit])) : null });
            sequence = number;
            frames++;
            keeper.CorrectNow();
        }
        keeper.Sync();
        return (frames, keeper.Corrections(null, Grains.Metrics.Window.Always, 0, int.MaxValue).Count);
    }

    private static void ShowUntil(Shard shard, RollupKeeper keeper, long now, ref long clock)
    {
        while (clock + RollupFile.Minute <= now)
        {
            clock += RollupFile.Minute;
            while (shard.NextWake <= clock) shard.Step(new(shard.NextWake, []));
            shard.Step(new(clock, []));
            keeper.Record();
        }
    }
}
