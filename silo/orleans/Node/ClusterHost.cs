using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Orleans.Grains;
using OpsMonitor.Web.Serve;
using Told = OpsMonitor.Grains.Turns.Told;

namespace OpsMonitor.Silo.Orleans.Node;

/// <summary>
/// A node as the web sees it. Events go to their subjects' grains, wherever they live; pages are read from a replica that the departments feed,
/// so a node reads the same whichever silo judged, and goes on showing what it knows while a department moves.
/// </summary>
public sealed class ClusterHost(IGrainFactory grains, ClusterServices cluster, ILogger log, int queueLimit = 20_000)
    : IOpsHost, IRowWatcher, IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly string _name = Guid.NewGuid().ToString("N")[..12];
    private readonly Lock _gate = new();
    private readonly Replica _replica = Knowing(cluster.Policies.Standing);
    private readonly SortedDictionary<string, SourceStats> _own = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Progress> _progress = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Mark> _looked = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly long _startedAt = cluster.Time.WallMs;
    private Task _watching = Task.CompletedTask;
    private int _queued;

    public string Epoch => _name;

    public long Now => cluster.Time.Now;

    public bool ReadOnly { get; private set; }

    public int Queued => Volatile.Read(ref _queued);

    public LatenessLog Lateness { get; } = new();

    public event Action? Changed;

    /// <summary>Starts to watch; returns when every department known now is whole and has told what it knows: no board begins with half the truth.</summary>
    public async Task StartAsync()
    {
        cluster.Policies.Changed += Adopt;
        Adopt(cluster.Policies.Standing);
        var self = grains.CreateObjectReference<IRowWatcher>(this);
        while (!await Attempt.Until(() => Follow(self), _stop.Token)) await Task.Delay(Look / 4, _stop.Token);
        _watching = Task.Run(() => Watch(self));
    }

    public T Read<T>(Func<Tally, T> read)
    {
        lock (_gate)
        {
            _replica.Advance(Now);
            return read(_replica);
        }
    }

    public async ValueTask<(Refusal Refusal, IReadOnlyList<Verdict> Verdicts)> OfferAsync(IReadOnlyList<Event> events, CancellationToken stop)
    {
        if (Interlocked.Add(ref _queued, events.Count) > queueLimit && Queued > events.Count)
        {
            Interlocked.Add(ref _queued, -events.Count);
            return (Refusal.Full, []);
        }
        try
        {
            var verdicts = new Verdict[events.Count];
            await Task.WhenAll(Enumerable.Range(0, events.Count).GroupBy(i => events[i].Subject).Select(g => Take(g.Key, [.. g], events, verdicts))).WaitAsync(stop);
            lock (_gate)
                for (var i = 0; i < verdicts.Length; i++) Count(events[i], verdicts[i]);
            return (Refusal.None, verdicts);
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or OutOfMemoryException))
        {
            log.LogWarning(fault, "a batch could not be kept whole; its sender is asked to send it again");
            return (Refusal.ReadOnly, []);
        }
        finally { Interlocked.Add(ref _queued, -events.Count); }
    }

    public async ValueTask<IReadOnlyList<Event>?> HistoryAsync(Subject subject, CancellationToken stop) =>
        TurnFrame.Read(await grains.Keeper(subject).History().WaitAsync(stop)).Events;

    Task IRowWatcher.Rows(string department, Mark mark, byte[][] rows)
    {
        Hear(rows);
        lock (_gate) ProgressOf(department).Heard(mark);
        return Task.CompletedTask;
    }

    /// <summary>Kept by the installation, judged by on this node when it returns; the other nodes follow within about a second.</summary>
    public async ValueTask<bool?> ChangeAsync(PolicyChange change, CancellationToken stop)
    {
        var kept = false;
        try { kept = await grains.Installation().Change(Wire.Pack(change.Edit)).WaitAsync(stop); }
        catch (Exception fault) when (fault is OrleansException or TimeoutException)
        {
            log.LogWarning(fault, "whether a saving was kept is not known; looked up"); // its answer may have been lost, not the saving
        }
        try { await cluster.Policies.Know(0).WaitAsync(stop); }
        catch (Exception fault) when (fault is OrleansException or TimeoutException) { return kept; }
        return kept || cluster.Policies.Standing.Edits.ElementAtOrDefault(change.Edit.Number - 1) == change.Edit;
    }

    public async ValueTask DisposeAsync()
    {
        cluster.Policies.Changed -= Adopt;
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private static Replica Knowing(Standing standing)
    {
        var replica = new Replica(standing.Set);
        replica.Adopt(standing.Edits, standing.Set);
        return replica;
    }

    private void Adopt(Standing standing)
    {
        lock (_gate)
        {
            if (standing.Edits.Count <= _replica.Edits.Count) return;
            _replica.Adopt(standing.Edits, standing.Set);
        }
        Changed?.Invoke();
    }

    private async Task Take(Subject subject, int[] at, IReadOnlyList<Event> events, Verdict[] verdicts)
    {
        var frame = TurnFrame.Write(0, Array.ConvertAll(at, i => events[i]));
        var answers = await Tried(() => grains.Keeper(subject).Take(frame));
        for (var i = 0; i < at.Length; i++) verdicts[at[i]] = (Verdict)answers[i];
    }

    // A silo that is going takes calls with it. Asking twice is safe: what was kept at the first time answers "duplicate" at the second.
    private static async Task<byte[]> Tried(Func<Task<byte[]>> take)
    {
        try { return await take(); }
        catch (Exception fault) when (fault is OrleansException or TimeoutException) { return await take(); }
    }

    private void Count(Event e, Verdict verdict)
    {
        if (!_own.TryGetValue(e.Source, out var stats)) _own[e.Source] = stats = new();
        stats.Count(e, verdict, Now);
    }

    private void Hear(byte[][] rows)
    {
        var told = Wire.Rows(rows);
        var changed = false;
        lock (_gate)
        {
            foreach (var one in told)
            {
                foreach (var alert in one.Alerts) Note(alert);
                changed |= _replica.Hear(one);
            }
        }
        if (changed) Changed?.Invoke();
    }

    private void Note(Alert alert)
    {
        if (alert.State == AlertState.Raised && alert.NoticedAt >= _startedAt && _replica.Alerts.Find(alert.Key) is null) Lateness.Add(alert);
    }

    private async Task Watch(IRowWatcher self)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Look, _stop.Token);
                await Follow(self);
                await Sources();
                ReadOnly = false;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested) { }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                ReadOnly = true; // not ready: a balancer sends to another node meanwhile
                log.LogWarning(fault, "the cluster cannot be reached; tried again");
            }
        }
    }

    /// <summary>
    /// Watches all departments. Of one that began anew everything is read again; so it is where what a look ago had been told has not been
    /// heard by now (what is on its way at this moment will be).
    /// </summary>
    private async Task<bool> Follow(IRowWatcher self)
    {
        var whole = true;
        foreach (var id in await grains.Installation().Departments())
        {
            try { whole &= await Follow(id, self); }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                log.LogWarning(fault, "department {Department} cannot be reached; tried again", id);
                whole = false;
                lock (_gate) _progress.Remove(id); // it may have been read in part: all of it, then
            }
        }
        return whole;
    }

    private async Task<bool> Follow(string id, IRowWatcher self)
    {
        var department = grains.GetGrain<IDepartmentGrain>(id);
        var mark = await department.Watch(self);
        _looked.TryGetValue(id, out var before);
        _looked[id] = mark;
        lock (_gate)
        {
            var progress = ProgressOf(id);
            if (progress.IsOf(mark.Epoch) && (before.Epoch != mark.Epoch || progress.Reaches(before))) return mark.Whole;
            progress.Begin(mark); // before reading: what comes meanwhile goes on from here
        }
        string? after = null;
        for (byte[][] page; (page = await department.Page(after)).Length > 0; after = Wire.Unpack<Told>(page[^1]).Subject.ToString()) Hear(page);
        return mark.Whole;
    }

    private Progress ProgressOf(string department)
    {
        if (!_progress.TryGetValue(department, out var progress)) _progress[department] = progress = new();
        return progress;
    }

    private async Task Sources()
    {
        SourceReport[] own;
        lock (_gate) own = [.. _own.Select(s => SourceReport.Of(s.Key, s.Value))];
        var all = Wire.Unpack<SourceReport[]>(await grains.Installation().Sources(_name, Wire.Pack(own)));
        lock (_gate)
            foreach (var source in all) _replica.Know(source.Source, source.Stats());
    }
}
