using System.Threading.Channels;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Silo.Local;

/// <param name="DataFolder">holds the journal and what belongs to it; null keeps nothing (replay, tests)</param>
/// <param name="BackfillUntil">Unix ms: take events of any age, judge as of this instant, send no alerts; null = live</param>
public sealed record LocalHostOptions(string? DataFolder, PolicySet Policies, long? BackfillUntil = null, int QueueLimit = 20_000)
{
    /// <summary>Turns to take before the first live one, each promise noticed at its second: the demo's days before today.</summary>
    public IEnumerable<TurnInput> Past { get; init; } = [];

    /// <summary>What the journal file may grow to, in bytes; null for as far as the disk goes.</summary>
    public long? MaxJournalBytes { get; init; }

    /// <summary>What may be offered and not yet durable, in bytes of events.</summary>
    public long QueueBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Only look: recover, take no turn, write nothing.</summary>
    public bool Frozen { get; init; }
}

/// <summary>Why events are not taken now. Nothing of the batch was kept; sending it again is safe.</summary>
public enum Refusal { None, Full, ReadOnly }

/// <summary>
/// The single-machine host: one writer owns the shard and the journal. A turn is due deadlines, then up to 512 events; one commit; then the
/// answers. While one commit runs, the queue fills and becomes the next batch. (design: one picture)
/// </summary>
public sealed class LocalHost : IAsyncDisposable
{
    // A snapshot holds every history: writing it again only after a share of growth keeps its cost per event level for good.
    private const long EventsPerSnapshot = 200_000, SnapshotShare = 2;
    private const int EventsPerTurn = 512;

    // An offer over HTTP adds at most 1 MiB of body to this, so that a turn always fits into one frame.
    private const long BytesPerTurn = FrameJournal.MaxFrameBytes / 2;

    private readonly record struct Offer(IReadOnlyList<Event> Events, EventHash[] Hashes, long Bytes, TaskCompletionSource<IReadOnlyList<Verdict>?> Answer);

    private readonly LocalHostOptions _options;
    private readonly TimeProvider _clock;
    private readonly Action<string> _announce;
    private readonly FrameJournal? _journal;
    private readonly Channel<Offer> _offers = System.Threading.Channels.Channel.CreateUnbounded<Offer>(new() { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writer;
    private Shard _shard;
    private readonly SnapshotStore? _snapshots;
    private readonly HistoryIndexer? _history;
    private Task _snapshotting = Task.CompletedTask;
    private long _snapshotAt;
    private int _queued;
    private long _queuedBytes;

    private LocalHost(LocalHostOptions options, TimeProvider clock, Action<string> announce)
    {
        (_options, _clock, _announce) = (options, clock, announce);
        _shard = NewShard();
        _journal = options.DataFolder is { } folder ? FrameJournal.Open(folder, announce, options.MaxJournalBytes, onlyLook: options.Frozen) : null;
        _snapshots = options.DataFolder is { } beside ? new(beside, ShardSnapshot.FoldVersion) : null;
        if (_journal is not null && !options.Frozen) Outbox = new(_journal, clock, Wake);
        Live(options.Past);
        Recover();
        if (_journal is not null && !options.Frozen) _history = new(options.DataFolder!, _journal, announce);
        _writer = Task.Factory.StartNew(Write, _stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <summary>A commit failed or may have failed: nothing is acknowledged on this state any more. Reading goes on.</summary>
    public bool ReadOnly { get; private set; }

    /// <summary>Changes with every start: a viewer with another epoch needs a whole snapshot.</summary>
    public string Epoch { get; } = Guid.NewGuid().ToString("N")[..12];

    /// <summary>What channels have to tell; null for a host that keeps nothing, or only looks.</summary>
    public Outbox? Outbox { get; }

    public OutboxCensus OutboxCensus => _journal?.OutboxCensus() ?? default;

    public int Queued => Volatile.Read(ref _queued);

    /// <summary>Detection lateness of every alert raised since the start, in ms.</summary>
    public LatenessLog Lateness { get; } = new();

    /// <summary>After a turn that changed something was made durable. Must not block.</summary>
    public event Action? Changed;

    public static LocalHost Open(LocalHostOptions options, TimeProvider clock, Action<string> announce) => new(options, clock, announce);

    /// <summary>Unix ms as this host judges: the wall clock, or the back-fill's instant.</summary>
    public long Now => _options.BackfillUntil ?? _clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Reads the state between turns. Keep it short: the writer waits meanwhile.</summary>
    public T Read<T>(Func<Shard, T> read)
    {
        lock (_gate) return read(_shard);
    }

    /// <summary>Offers a batch; returns when every accepted event is durable.</summary>
    public async ValueTask<(Refusal Refusal, IReadOnlyList<Verdict> Verdicts)> OfferAsync(IReadOnlyList<Event> events, CancellationToken stop)
    {
        if (ReadOnly) return (Refusal.ReadOnly, []);
        var bytes = 0L;
        foreach (var e in events) bytes += e.Raw.Length;
        if (!Admit(events.Count, bytes)) return (Refusal.Full, []);
        var answer = new TaskCompletionSource<IReadOnlyList<Verdict>?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_offers.Writer.TryWrite(new(events, EventHash.Of(events), bytes, answer))) { Leave(events.Count, bytes); return (Refusal.ReadOnly, []); }
        return await answer.Task.WaitAsync(stop) is { } verdicts ? (Refusal.None, verdicts) : (Refusal.ReadOnly, []);
    }

    /// <summary>Room in the queue, by events and by bytes. An offer alone is never too large: the edge has bounded it.</summary>
    private bool Admit(int events, long bytes)
    {
        var (count, size) = (Interlocked.Add(ref _queued, events), Interlocked.Add(ref _queuedBytes, bytes));
        if (count == events || (count <= _options.QueueLimit && size <= _options.QueueBytes)) return true;
        Leave(events, bytes);
        return false;
    }

    private void Leave(int events, long bytes)
    {
        Interlocked.Add(ref _queued, -events);
        Interlocked.Add(ref _queuedBytes, -bytes);
    }

    /// <summary>All events of one subject that are durable, in their one order; null where this host keeps none.</summary>
    public IReadOnlyList<Event>? History(Subject subject) => _history?.History(subject);

    /// <summary>Walks the whole journal, replays it, and recounts: what <c>verify</c> prints.</summary>
    public (long Frames, bool RecountEqual) Verify() =>
        Read(shard => (_journal?.Verify() is { } report ? report.Frames : 0, Recount.Equals(shard)));

    public async ValueTask DisposeAsync()
    {
        _offers.Writer.TryComplete();
        await _stop.CancelAsync();
        try { await _writer; } catch (OperationCanceledException) { }
        await _snapshotting;
        Snapshot(atLeast: 1);
        await _snapshotting;
        _history?.Dispose();
        Outbox?.Dispose();
        while (WriteReports()) { } // a clean stop leaves nothing to be told twice
        _journal?.Dispose();
        _stop.Dispose();
    }

    private Shard NewShard() => new(_options.Policies, new(_options.BackfillUntil is not null));

    private void Recover()
    {
        if (_journal is null) return;
        var frames = Replay(_journal);
        if (_shard.EventCount > 0) _announce($"recovered {_shard.EventCount} events ({frames} turns after the newest snapshot)");
        if (!_options.Frozen) Turn([]); // everything overdue is raised at once, with its true time
    }

    private void Live(IEnumerable<TurnInput> past)
    {
        foreach (var turn in past)
        {
            while (_shard.NextWake <= turn.Now) _shard.Step(new(_shard.NextWake, []));
            _shard.Step(turn);
        }
    }

    private async Task Write()
    {
        var batch = new List<Offer>();
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                await WaitForWork();
                Gather(batch);
                Turn(batch);
                batch.Clear();
                Snapshot(Math.Max(EventsPerSnapshot, _snapshotAt / SnapshotShare));
            }
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            FailStop($"a turn failed: {fault}"); // a fault of this program; half a turn may be in the state, nothing of it in the journal
        }
        finally
        {
            _offers.Writer.TryComplete(); // whoever offers from now on is told, instead of waiting for ever
            Answer(batch, null);
            while (_offers.Reader.TryRead(out var late)) Answer([late], null);
        }
    }

    private void Gather(List<Offer> batch)
    {
        var (events, bytes) = (0, 0L);
        while (events < EventsPerTurn && bytes < BytesPerTurn && _offers.Reader.TryRead(out var offer))
        {
            batch.Add(offer);
            events += offer.Events.Count;
            bytes += offer.Bytes;
        }
    }

    private async Task WaitForWork()
    {
        var wake = _options.Frozen ? long.MaxValue : Read(s => s.NextWake);
        if (_options.BackfillUntil is not null) wake = long.MaxValue;
        var wait = wake == long.MaxValue ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(Math.Clamp(wake - Now, 0, 3_600_000));
        if (wait == TimeSpan.Zero) return;
        using var wakeUp = new CancellationTokenSource(wait, _clock);
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, wakeUp.Token);
        try { await _offers.Reader.WaitToReadAsync(timer.Token); }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested) { }
    }

    private void Turn(IReadOnlyList<Offer> batch)
    {
        IReadOnlyList<Event> events = batch.Count == 1 ? batch[0].Events : [.. batch.SelectMany(o => o.Events)];
        IReadOnlyList<EventHash> hashes = batch.Count == 1 ? batch[0].Hashes : [.. batch.SelectMany(o => o.Hashes)];
        if (events.Count > 0 && ReadOnly) { Answer(batch, null); return; }
        TurnEffects effects;
        long version;
        bool committed;
        lock (_gate)
        {
            version = _shard.Version;
            effects = _shard.Step(new(Now, events) { Hashes = hashes });
            // Inside the gate: nobody may read, and show, what is not durable yet.
            committed = !effects.MustCommit || ReadOnly || Commit(effects);
        }
        if (!committed) { Answer(batch, null); return; }
        Answer(batch, effects.Verdicts);
        if (!effects.MustCommit && Outbox is { Overdue: true }) WriteReports();
        foreach (var alert in effects.Alerts)
            if (alert.State == AlertState.Raised && alert.ChangedAt == alert.NoticedAt) Lateness.Add(alert); // raised anew by late data, it was noticed before
        if (Read(s => s.Version) != version) Changed?.Invoke();
    }

    private bool Commit(TurnEffects effects) => _journal is not { } journal || Durably(() =>
    {
        // What must be told is in the same commit as its cause; so is what came of telling earlier.
        var sequence = journal.Append(TurnFrame.Write(_shard.Now, effects.Commit), OutboxRow.Of(effects.Alerts), Outbox?.ToWrite() ?? []);
        Outbox?.Written();
        _history?.Committed(sequence, effects.Commit);
    });

    /// <summary>Send results that no commit has taken along.</summary>
    /// <returns>whether some were written</returns>
    private bool WriteReports()
    {
        if (ReadOnly || _journal is null || Outbox is null) return false;
        var reports = Outbox.ToWrite();
        var durable = Durably(() =>
        {
            if (reports.Count > 0) _journal.Report(reports);
            Outbox.Written();
        });
        return durable && reports.Count > 0;
    }

    private bool Durably(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (JournalFailedException failure)
        {
            FailStop($"journal failed: {failure.Message}");
            return false;
        }
    }

    // An offer of nothing: the writer looks at what is due.
    private void Wake() => _offers.Writer.TryWrite(new([], [], 0, new(TaskCreationOptions.RunContinuationsAsynchronously)));

    /// <summary>The state may hold what is not durable. Never acknowledge on it: drop it, keep what the journal has, stop writing.</summary>
    private void FailStop(string why)
    {
        ReadOnly = true;
        _announce($"read-only from now on: {why}");
        if (_journal is null) return;
        lock (_gate)
        {
            _shard = NewShard();
            Replay(_journal);
        }
    }

    /// <summary>The newest snapshot that this journal knows, then the turns after it.</summary>
    private long Replay(FrameJournal journal)
    {
        var frames = 0L;
        var snapshot = _options.Frozen ? null : _snapshots?.ReadNewestGood(_announce, journal.Holds); // verify trusts the journal alone
        if (snapshot is { } found) _shard.Resume(ShardSnapshot.Read(found.Payload));
        _snapshotAt = _shard.EventCount;
        foreach (var (_, bytes) in journal.ReadFrom(snapshot?.Sequence ?? 0))
        {
            var frame = TurnFrame.Read(bytes);
            _shard.Step(new(frame.Now, frame.Events, Replayed: true));
            frames++;
        }
        return frames;
    }

    /// <summary>
    /// When a start would otherwise have this many events to take again. The image is taken between turns; writing it is not the writer's work.
    /// </summary>
    private void Snapshot(long atLeast)
    {
        if (_journal is null || _snapshots is null || ReadOnly || _options.Frozen || _shard.EventCount - _snapshotAt < atLeast) return;
        if (!_snapshotting.IsCompleted) return;
        ShardImage image;
        long sequence;
        ReadOnlyMemory<byte> hash;
        lock (_gate) (image, sequence, hash, _snapshotAt) = (_shard.Image(), _journal.LastSequence, _journal.LastHash.ToArray(), _shard.EventCount);
        _snapshotting = Task.Run(() =>
        {
            try { _snapshots.Write(sequence, hash.Span, ShardSnapshot.Write(image)); }
            catch (IOException failure) { _announce($"no snapshot: {failure.Message}"); } // a start takes longer; nothing is lost
        });
    }

    private void Answer(IReadOnlyList<Offer> batch, IReadOnlyList<Verdict>? verdicts)
    {
        var at = 0;
        foreach (var offer in batch)
        {
            Leave(offer.Events.Count, offer.Bytes);
            offer.Answer.TrySetResult(verdicts is null ? null : [.. verdicts.Skip(at).Take(offer.Events.Count)]);
            at += offer.Events.Count;
        }
    }
}
