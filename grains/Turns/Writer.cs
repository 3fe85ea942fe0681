using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Turns;

/// <param name="Backfill">see <see cref="ShardOptions"/>; nothing wakes it then</param>
/// <param name="Keeps">false for a host without a journal</param>
/// <param name="Frozen">only looks: nothing wakes it, nothing is raised by its start</param>
public sealed record WriterOptions(bool Backfill = false, bool Keeps = true, bool Frozen = false)
{
    // A snapshot holds every history: writing it again only after a share of growth keeps its cost per event level for good.
    public long EventsPerSnapshot { get; init; } = 200_000;

    public long SnapshotShare { get; init; } = 2;

    // A start that replayed this part of it, or judged as much, takes the snapshot that the death before it did not live to take: else deaths in a row add up.
    public long PartWorthKeeping { get; init; } = 20;

    /// <summary>See <see cref="ShardOptions"/>.</summary>
    public long LeaveAfterMs { get; init; } = long.MaxValue;

    /// <summary>See <see cref="ShardOptions"/>.</summary>
    public long FilesStayMs { get; init; } = ShardOptions.FilesStay;

    /// <summary>See <see cref="ShardOptions"/>.</summary>
    public IShelf Shelf { get; init; } = MemoryShelf.One;
}

/// <summary>
/// The one writer's decisions: what must be durable before what may leave, what a failed commit means, when to look again, when to take a
/// snapshot, when to mark what was told. No clock, no I/O, no threads: the same inputs give the same effects, in production and in simulation.
/// Between a turn and the answer to its commit the state holds what is not durable; nobody may read it then. (design: The deterministic simulator)
/// </summary>
public sealed class Writer(PolicySet policies, WriterOptions options)
{
    // A turn whose commit is under way; for a commit of reports alone, no offers and no effects.
    private sealed record Pending(IReadOnlyList<Offer> Offers, TurnEffects? Effects, long Version, PolicyEdit? Edit = null);

    private readonly List<WriterEffect> _effects = [];
    private Pending? _pending;
    private long _snapshotAt;
    private bool _snapshotting, _recovered;

    public Shard Shard { get; private set; } = NewShard(policies, options);

    public OutboxBook Outbox { get; init; } = new();

    /// <summary>A commit failed or may have failed: nothing is acknowledged on this state any more. Deadlines go on.</summary>
    public bool ReadOnly { get; private set; }

    /// <exception cref="InvalidOperationException">a turn while a commit is under way, or an answer to none</exception>
    public IReadOnlyList<WriterEffect> Step(WriterInput input)
    {
        _effects.Clear();
        switch (input)
        {
            case WriterInput.Turn t: Take(t); break;
            case WriterInput.Change c: Take(c); break;
            case WriterInput.CommitOk: Committed(); break;
            case WriterInput.CommitFailed f: Fail(f.Why); break;
            case WriterInput.SendOk s: ArmReports(Outbox.Sent(s.Ids, s.At)); break;
            case WriterInput.SendFailed s: ArmReports(Outbox.Failed(s.Id, s.NextAttemptAt)); break;
            case WriterInput.ReportsWaited: Outbox.WaitedLongEnough(); break;
            case WriterInput.Resume r:
                Shard.Resume(r.Image, r.Policies, r.AsJudged);
                _snapshotAt = Shard.EventCount;
                break;
            case WriterInput.Replay r: Shard.Step(new(r.Now, r.Events, Replayed: true) { Change = r.Saved, Recalled = r.Recalled }); break;
            case WriterInput.Recovered r:
                _recovered = true;
                if (!options.Frozen) Take(new WriterInput.Turn(r.Now, []));
                break;
            case WriterInput.SnapshotDone: _snapshotting = false; break;
            case WriterInput.Stop: Stop(); break;
        }
        return [.. _effects];
    }

    private static Shard NewShard(PolicySet policies, WriterOptions options) => new(policies, new(options.Backfill, options.LeaveAfterMs, FilesStayMs: options.FilesStayMs) { Shelf = options.Shelf });

    private void Take(WriterInput.Change change)
    {
        if (ReadOnly || change.Saved.Edit.Number != Shard.Edits.Count + 1) _effects.Add(new WriterEffect.Changed(change.Saved.Edit, false));
        else Take(new WriterInput.Turn(change.Now, []), change.Saved);
    }

    private void Take(WriterInput.Turn turn, PolicyChange? change = null)
    {
        if (_pending is not null) throw new InvalidOperationException("a commit is under way");
        var offers = turn.Offers;
        if (ReadOnly)
        {
            Refuse(offers);
            offers = [];
        }
        var version = Shard.Version;
        var effects = Shard.Step(InputOf(turn.Now, offers) with { Change = change, Recalled = turn.Recalled });
        _pending = new(offers, effects, version, change?.Edit);
        // What must be told is in the same commit as its cause; so is what came of telling earlier.
        if (effects.MustCommit && options.Keeps && !ReadOnly)
            _effects.Add(new WriterEffect.Commit(Shard.Now, effects.Commit, OutboxRow.Of(effects.Alerts, Outbox.Channels), Outbox.ToWrite(), change?.Edit));
        else
            Finish(_pending);
    }

    private static TurnInput InputOf(long now, IReadOnlyList<Offer> offers) => offers.Count switch
    {
        0 => new(now, []) { Hashes = [] },
        1 => new(now, offers[0].Events) { Hashes = offers[0].Hashes },
        _ => new(now, [.. offers.SelectMany(o => o.Events)]) { Hashes = [.. offers.SelectMany(o => o.Hashes)] },
    };

    private void Committed()
    {
        var pending = _pending ?? throw new InvalidOperationException("no commit is under way");
        ArmReports(Outbox.Written());
        if (pending.Effects is null) _pending = null; else Finish(pending);
    }

    /// <summary>All of a turn that had to be durable is.</summary>
    private void Finish(Pending turn)
    {
        _pending = null;
        var at = 0;
        foreach (var offer in turn.Offers)
        {
            var verdicts = new Verdict[offer.Events.Count];
            for (var i = 0; i < verdicts.Length; i++) verdicts[i] = turn.Effects!.Verdicts[at++];
            _effects.Add(new WriterEffect.Ack(offer, verdicts));
        }
        if (turn.Edit is { } edit) _effects.Add(new WriterEffect.Changed(edit, true));
        if (Shard.Version != turn.Version) _effects.Add(new WriterEffect.Push(turn.Effects!.Alerts));
        _effects.Add(new WriterEffect.Arm(options.Frozen ? long.MaxValue : Shard.Sweeping ? Shard.Now : options.Backfill ? long.MaxValue : Shard.NextWake));
        Snapshot(WorthKeeping());
        _recovered = _recovered && Shard.Sweeping; // an image of a half-done saving is none: the next turn asks again
        if (Outbox.Overdue) Mark();
    }

    private void Mark()
    {
        if (ReadOnly || !options.Keeps) return;
        var reports = Outbox.ToWrite();
        if (reports.Count == 0) { ArmReports(Outbox.Written()); return; }
        _pending = new([], null, Shard.Version);
        _effects.Add(new WriterEffect.Mark(reports));
    }

    // The state may hold what is not durable: drop it, keep what the journal has, never acknowledge and never try again on this state.
    private void Fail(string why)
    {
        ReadOnly = true;
        if (_pending is { } turn) Refuse(turn.Offers);
        if (_pending?.Edit is { } edit) _effects.Add(new WriterEffect.Changed(edit, false));
        _pending = null;
        if (options.Keeps) (Shard, _snapshotAt) = (NewShard(policies, options), 0);
        _effects.Add(new WriterEffect.FailStop(why));
    }

    private void Refuse(IReadOnlyList<Offer> offers)
    {
        foreach (var offer in offers) _effects.Add(new WriterEffect.Refuse(offer));
    }

    private bool WorthKeeping()
    {
        var (worth, told) = (Math.Max(options.EventsPerSnapshot, _snapshotAt / options.SnapshotShare), Shard.EventCount - _snapshotAt);
        return told >= worth || (_recovered && Math.Max(told, Shard.Judged) >= Math.Max(1, worth / options.PartWorthKeeping));
    }

    private void Snapshot(bool wanted)
    {
        // While a saving is still reaching its subjects, an image would not say how far it is.
        if (!options.Keeps || ReadOnly || options.Frozen || Shard.Sweeping || _snapshotting || !wanted) return;
        (_snapshotting, _snapshotAt) = (true, Shard.EventCount);
        _effects.Add(new WriterEffect.Snapshot(Shard.Image()));
    }

    // A clean stop leaves nothing to replay, and nothing to be told twice.
    private void Stop()
    {
        if (_pending is not null || options.Frozen) return;
        Snapshot(Shard.EventCount > _snapshotAt);
        Mark();
    }

    private void ArmReports(long? wait)
    {
        if (wait is { } ms) _effects.Add(new WriterEffect.ArmReports(ms));
    }
}
