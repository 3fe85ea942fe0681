using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;

namespace OpsMonitor.Simulator;

/// <param name="Clock">the server's clock when the turn began, which is not what the writer says</param>
public sealed record SimFrame(long Sequence, long Now, long Clock, IReadOnlyList<Event> Events, PolicyEdit? Edit, byte[]? Bytes)
{
    public TurnFrame Read() => Bytes is null ? new(Now, Events, Edit) : TurnFrame.Read(Bytes);
}

public sealed record SimSnapshot(long Sequence, ShardImage Image, byte[]? Bytes, bool Torn)
{
    public ShardImage Read() => Bytes is null ? Image : ShardSnapshot.Read(Bytes);
}

/// <summary>What survives: frames, the outbox, snapshots. A process sees the frames that it knows to be committed.</summary>
public sealed class SimJournal(bool bytes)
{
    private const int SnapshotsKept = 2;

    private long _ids;

    public List<SimFrame> Frames { get; } = [];

    /// <summary>In the order of commits.</summary>
    public List<OutboxEntry> Rows { get; } = [];

    public HashSet<long> SentRows { get; } = [];

    /// <summary>Newest last.</summary>
    public List<SimSnapshot> Snapshots { get; } = [];

    public Dictionary<(string, string), Event> Durable { get; } = [];

    /// <returns>null, or what is wrong</returns>
    public string? Append(long now, long clock, IReadOnlyList<Event> events, PolicyEdit? edit, IReadOnlyList<OutboxRow> rows, IReadOnlyList<OutboxReport> reports)
    {
        var sequence = Frames.Count + 1;
        Frames.Add(new(sequence, now, clock, events, edit, bytes ? TurnFrame.Write(now, events, edit) : null));
        AddRows(sequence, rows);
        Report(reports);
        string? wrong = null;
        foreach (var e in events)
            if (!Durable.TryAdd((e.Source, e.Id), e)) wrong = $"{e.Source} {e.Id} is in the journal twice";
        return wrong;
    }

    public void AddRows(long sequence, IReadOnlyList<OutboxRow> rows)
    {
        foreach (var row in rows) Rows.Add(new(++_ids, sequence, 0, 0, row));
    }

    public void Report(IReadOnlyList<OutboxReport> reports)
    {
        foreach (var report in reports)
        {
            var at = Rows.FindIndex(r => r.Id == report.Id);
            if (report.SentAt is not null) SentRows.Add(report.Id);
            else if (!SentRows.Contains(report.Id)) Rows[at] = Rows[at] with { Attempts = Rows[at].Attempts + report.Attempts, NextAttemptAt = report.NextAttemptAt };
        }
    }

    public void Keep(long sequence, ShardImage image, bool torn)
    {
        Snapshots.RemoveAll(s => s.Sequence >= sequence);
        Snapshots.Add(new(sequence, image, bytes ? ShardSnapshot.Write(image) : null, torn));
        if (Snapshots.Count > SnapshotsKept) Snapshots.RemoveAt(0);
    }
}
