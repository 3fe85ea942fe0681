using System.Threading.Channels;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
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

    /// <summary>All policies as they stand after these savings. Null for a host that judges by those of its start, whatever was saved.</summary>
    public Func<IReadOnlyList<PolicyEdit>, PolicySet>? Reread { get; init; }

    /// <summary>For whom the outbox has rows; somebody has to take each of these.</summary>
    public IReadOnlyList<string> Channels { get; init; } = OutboxRow.WebAlone;

    /// <summary>Only look: recover, take no turn, write nothing.</summary>
    public bool Frozen { get; init; }

    /// <summary>How long a subject that is over stays in memory after it was last heard of, in ms; null for always. Needs a data folder.</summary>
    public long? LeaveAfterMs { get; init; }

    /// <summary>How far back everything in a customer's file must lie for it to leave memory, in ms.</summary>
    public long FilesStayMs { get; init; } = ShardOptions.FilesStay;

    /// <summary>Keep rollups, corrections and what was shown beside the journal; null for none. Needs a data folder.</summary>
    public RollupOptions? Rollups { get; init; }

    /// <summary>Pack frames of the journal that are older than so many ms; null for never.</summary>
    public long? ArchiveAfterMs { get; init; }

    /// <summary>Tells <see cref="Policies"/> from others, whatever a snapshot was judged by; "" where they are always the same.</summary>
    public string PoliciesMark { get; init; } = "";
}

/// <summary>Why events are not taken now. Nothing of the batch was kept; sending it again is safe.</summary>
public enum Refusal { None, Full, ReadOnly }

/// <summary>
/// The single-machine host: one writer owns the shard and the journal. A turn is due deadlines, then up to 512 events; one commit; then the
/// answers. While one commit runs, the queue fills and becomes the next batch. (design: one picture)
/// </summary>
public sealed partial class LocalHost : IAsyncDisposable
{
    private const int EventsPerTurn = 512;

    // An offer over HTTP adds at most 1 MiB of body to this, so that a turn always fits into one frame.
    private const long BytesPerTurn = FrameJournal.MaxFrameBytes / 2;

    // A timer knows nothing of a clock that is set forward while it runs.
    private const long LongestSleepMs = 1_000;

    private sealed class Asked(IReadOnlyList<Event> events, EventHash[] hashes, long bytes) : Offer(events, hashes, bytes)
    {
        public readonly TaskCompletionSource<IReadOnlyList<Verdict>?> Answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed record Saving(PolicyChange Change, TaskCompletionSource<bool> Kept);

    private readonly System.Collections.Concurrent.ConcurrentQueue<Saving> _savings = new();
    private Saving? _saving;
    private readonly LocalHostOptions _options;
    private readonly TimeProvider _clock;
    private readonly Action<string> _announce;
    private readonly FrameJournal? _journal;
    private readonly Channel<Asked> _offers = System.Threading.Channels.Channel.CreateUnbounded<Asked>(new() { SingleReader = true });
    private readonly Lock _gate = new(), _stepping = new(); // the second is held within the first, and never while anything is written
    private readonly CancellationTokenSource _stop = new();
    private readonly Writer _writer;
    private readonly Task _writing;
    private readonly SnapshotStore? _snapshots;
    private readonly HistoryIndexer? _history;
    private readonly ScratchShelf? _shelf;
    private Task _snapshotting = Task.CompletedTask;
    private long _wakeAt = long.MaxValue;
    private int _queued;
    private long _queuedBytes;

    private LocalHost(LocalHostOptions options, TimeProvider clock, Action<string> announce)
    {
        (_options, _clock, _announce) = (options, clock, announce);
        _journal = options.DataFolder is { } folder ? FrameJournal.Open(folder, announce, options.MaxJournalBytes, onlyLook: options.Frozen) : null;
        var leaving = _journal is not null && !options.Frozen ? options.LeaveAfterMs ?? long.MaxValue : long.MaxValue;
        if (_journal is not null && !options.Frozen) _shelf = new(Path.Combine(options.DataFolder!, "scratch"), announce);
        _writer = new(options.Policies, new(options.BackfillUntil is not null, _journal is not null, options.Frozen) { LeaveAfterMs = leaving, FilesStayMs = options.FilesStayMs, Shelf = _shelf as IShelf ?? MemoryShelf.One }) { Outbox = new() { Channels = options.Channels } };
        _snapshots = options.DataFolder is { } beside ? new(beside, ShardSnapshot.FoldVersion) : null;
        if (_journal is not null && !options.Frozen) Outbox = new(_journal, _writer, _stepping, clock, Wake);
        Live(options.Past);
        if (_journal is not null && !options.Frozen) _history = new(options.DataFolder!, _journal, announce);
        if (_history is not null) Kept = new(options.DataFolder!);
        Recover();
        _history?.Start();
        if (_journal is not null && !options.Frozen && options.Rollups is { } rollups) KeepRollups(rollups, _journal);
        Tell(new WriterInput.Recovered(Now)); // last: it may take a snapshot, which relies on what is kept beside the journal
        if (_journal is not null && !options.Frozen && options.ArchiveAfterMs is not null) _archiver = clock.CreateTimer(_ => ArchiveOld(), null, ArchiveEvery, ArchiveEvery);
        _writing = Task.Factory.StartNew(Write, _stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
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
        lock (_gate) return read(_writer.Shard);
    }

    /// <summary>Offers a batch; returns when every accepted event is durable.</summary>
    public async ValueTask<(Refusal Refusal, IReadOnlyList<Verdict> Verdicts)> OfferAsync(IReadOnlyList<Event> events, CancellationToken stop)
    {
        if (ReadOnly) return (Refusal.ReadOnly, []);
        var bytes = 0L;
        foreach (var e in events) bytes += e.Raw.Length;
        if (!Admit(events.Count, bytes)) return (Refusal.Full, []);
        var offer = new Asked(events, EventHash.Of(events), bytes);
        if (!_offers.Writer.TryWrite(offer)) { Leave(events.Count, bytes); return (Refusal.ReadOnly, []); }
        return await offer.Answer.Task.WaitAsync(stop) is { } verdicts ? (Refusal.None, verdicts) : (Refusal.ReadOnly, []);
    }

    /// <summary>Saves a policy or calendar: durable, and judged by from that turn on, when this returns. Open subjects follow in the next turns.</summary>
    /// <returns>false where somebody else saved first, or nothing can be made durable</returns>
    public async ValueTask<bool> ChangeAsync(PolicyChange change, CancellationToken stop)
    {
        if (ReadOnly) return false;
        var saving = new Saving(change, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _savings.Enqueue(saving);
        if (!_offers.Writer.TryWrite(new([], [], 0))) return false; // the writer has stopped; nobody would take it
        return await saving.Kept.Task.WaitAsync(stop);
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
        try { await _writing; } catch (OperationCanceledException) { }
        await _snapshotting;
        await _leaving;
        Tell(new WriterInput.SnapshotDone());
        while (Tell(new WriterInput.Stop())) { }
        await _snapshotting;
        await StopArchiving();
        Rollups?.Dispose();
        Kept?.Dispose();
        _history?.Dispose();
        _shelf?.Dispose();
        Outbox?.Dispose();
        _journal?.Dispose();
        _stop.Dispose();
    }

    private void Recover()
    {
        var frames = _journal is null ? 0 : Replay(_journal);
        if (_journal is not null && _writer.Shard.EventCount > 0) _announce($"recovered {_writer.Shard.EventCount} events ({frames} turns after the newest snapshot)");
    }

    private void Live(IEnumerable<TurnInput> past)
    {
        var shard = _writer.Shard;
        foreach (var turn in past)
        {
            while (shard.NextWake <= turn.Now) shard.Step(new(shard.NextWake, []));
            shard.Step(turn);
        }
    }

    private async Task Write()
    {
        var batch = new List<Asked>();
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                await WaitForWork();
                while (_savings.TryDequeue(out _saving)) Tell(new WriterInput.Change(Math.Max(Now, _saving.Change.Edit.At), _saving.Change));
                Gather(batch);
                if (_snapshotting.IsCompleted) Tell(new WriterInput.SnapshotDone());
                Tell(new WriterInput.Turn(Now, batch) { Recalled = Recall(batch) });
                batch.Clear();
                LetGo();
            }
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            Tell(new WriterInput.CommitFailed($"a turn failed: {fault}")); // a fault of this program; half a turn may be in the state, nothing of it in the journal
        }
        finally
        {
            _offers.Writer.TryComplete(); // whoever offers from now on is told, instead of waiting for ever
            foreach (var asked in batch) Answer(asked, null);
            while (_offers.Reader.TryRead(out var late)) Answer(late, null);
            _saving?.Kept.TrySetResult(false);
            while (_savings.TryDequeue(out var left)) left.Kept.TrySetResult(false);
        }
    }

    private void Gather(List<Asked> batch)
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
        var wait = _wakeAt == long.MaxValue ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(Math.Clamp(_wakeAt - Now, 0, LongestSleepMs));
        if (wait == TimeSpan.Zero || _offers.Reader.TryPeek(out _)) return; // under load there is nothing to wait for, and no timer to make
        using var wakeUp = new CancellationTokenSource(wait, _clock);
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, wakeUp.Token);
        try { await _offers.Reader.WaitToReadAsync(timer.Token); }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested) { }
    }

    /// <summary>Lets the writer decide and does what it wants.</summary>
    /// <returns>whether it wanted anything</returns>
    private bool Tell(WriterInput input)
    {
        List<WriterEffect> left = [];
        lock (_gate) // nobody may read, and show, what is not durable yet
        {
            for (WriterInput? next = input; next is not null;)
            {
                var effects = Step(next);
                next = null;
                foreach (var effect in effects)
                {
                    if (effect is WriterEffect.Commit or WriterEffect.Mark) next = Durably(effect);
                    else left.Add(effect);
                    if (effect is WriterEffect.FailStop stop) FailStop(stop.Why);
                }
            }
        }
        foreach (var effect in left) Do(effect);
        return left.Count > 0;
    }

    private IReadOnlyList<WriterEffect> Step(WriterInput input)
    {
        lock (_stepping) return _writer.Step(input);
    }

    private void Do(WriterEffect effect)
    {
        switch (effect)
        {
            case WriterEffect.Ack ack: Answer((Asked)ack.Offer, ack.Verdicts); break;
            case WriterEffect.Refuse refuse: Answer((Asked)refuse.Offer, null); break;
            case WriterEffect.Changed changed: _saving?.Kept.TrySetResult(changed.Kept); break;
            case WriterEffect.Push push:
                foreach (var alert in push.Alerts)
                    if (alert.State == AlertState.Raised && alert.ChangedAt == alert.NoticedAt) Lateness.Add(alert); // raised anew by late data, it was noticed before
                Changed?.Invoke();
                break;
            case WriterEffect.Arm arm: _wakeAt = arm.WakeAt; break;
            case WriterEffect.ArmReports arm: Outbox?.Arm(arm.WaitMs); break;
            case WriterEffect.Snapshot snapshot: Keep(snapshot.Image); break;
        }
    }

    private WriterInput Durably(WriterEffect effect)
    {
        try
        {
            if (effect is WriterEffect.Mark mark) _journal!.Report(mark.Reports);
            else if (effect is WriterEffect.Commit commit)
            {
                var sequence = _journal!.Append(TurnFrame.Write(commit.Now, commit.Events, commit.Edit), commit.Rows, commit.Reports);
                _history?.Committed(sequence, commit.Events);
            }
            return new WriterInput.CommitOk();
        }
        catch (JournalFailedException failure)
        {
            return new WriterInput.CommitFailed($"journal failed: {failure.Message}");
        }
    }

    // An offer of nothing: the writer looks at what is due.
    private void Wake() => _offers.Writer.TryWrite(new([], [], 0));

    private void FailStop(string why)
    {
        ReadOnly = true;
        _announce($"read-only from now on: {why}");
        if (_journal is not null) Replay(_journal);
        _wakeAt = 0; // at once: it was of the state that was dropped; the next turn says anew
    }

    private void Answer(Asked offer, IReadOnlyList<Verdict>? verdicts)
    {
        if (offer.Answer.Task.IsCompleted) return;
        Leave(offer.Events.Count, offer.Bytes);
        offer.Answer.TrySetResult(verdicts);
    }
}
