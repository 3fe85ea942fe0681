using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Replay;

/// <summary>
/// Judges files of events as if they had all been there at <c>until</c>. The report is a function of the set of events, the policies and until:
/// neither their order nor doubling changes a byte of it.
/// </summary>
public static class ReplayCommand
{
    /// <summary>
    /// Reads, judges once, writes. A line that is no event is counted and left out. Throws <see cref="ArgumentException"/> for an interval that
    /// is neither hour nor day, and <see cref="IOException"/>, <see cref="UnauthorizedAccessException"/> or
    /// <see cref="InvalidDataException"/> (a damaged gzip) for files.
    /// </summary>
    /// <param name="progress">told the number of lines read, now and then</param>
    public static ReplaySummary Run(ReplayOptions options, IProgress<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Interval is not (null or "hour" or "day"))
            throw new ArgumentException($"'{options.Interval}' is neither hour nor day.", nameof(options));

        var intake = new Intake(options.Until);
        foreach (var input in options.Inputs) intake.Read(input, progress);
        var shard = new Shard(options.Policies, new(Backfill: true));
        var events = intake.Events();
        // One turn: every subject is judged once, with its whole history, and never on the way.
        if (intake.Until is { } until) shard.Step(new(until, events, Replayed: true));

        Write(options.Report, output => ReplayReport.Write(output, shard, intake.Until, options.Interval, options.Zone));
        if (options.Rows is { } rows) Write(rows, output => ReplayRows.Write(output, shard));
        if (options.Trust is { } trust) Write(trust, output => ReplayTrust.Write(output, intake));
        return new(
            intake.Until, intake.Lines, events.Count, intake.Sources.Values.Sum(s => s.Duplicates), intake.BadCodes.Values.Sum(),
            intake.Sources.Values.Sum(s => s.IdReused), intake.AfterUntil, shard.Rows().Count());
    }

    private static void Write(string path, Action<Stream> content)
    {
        using var output = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        content(output);
    }
}
