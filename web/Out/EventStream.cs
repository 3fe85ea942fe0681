using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Out;

/// <summary>One published event with its place in the stream.</summary>
internal sealed record Published(long Seq, string Type, string? Department, byte[] Json);

/// <summary>
/// The newest own events of this server's run, for programs that listen. Listeners hold a place, never a queue: one that is too slow, or comes back too
/// late, is told to read anew. What is durable and told at least once are the webhooks; this is for seeing it at once.
/// </summary>
internal sealed class EventStream : BackgroundService
{
    /// <summary>So many of the newest own events can be read again by a listener that comes back.</summary>
    public const int Kept = 10_000;

    private const int MostTold = 4 * Kept;

    // Changes are dated by the turn, or a little after it where a clock stands still: so far back they are looked at again.
    private const long Overlap = 60_000;

    private readonly IOpsHost _host;
    private readonly Lock _gate = new();
    private readonly Queue<Published> _newest = new();
    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal); // by alert, the instant of the change that was published last
    private readonly SemaphoreSlim _changed = new(0, 1);
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _seq, _revision = -1, _newestChange = long.MinValue + Overlap;
    private int _listeners;

    public EventStream(IOpsHost host)
    {
        _host = host;
        lock (_gate) Look(publish: false); // what stood before is read by the API
        host.Changed += Changed;
    }

    public string Epoch => _host.Epoch;

    public int Listeners => Volatile.Read(ref _listeners);

    /// <summary>The place of the newest event; 0 for none.</summary>
    public long Newest
    {
        get { lock (_gate) return _seq; }
    }

    public void Joined(int by) => Interlocked.Add(ref _listeners, by);

    /// <summary>What came after a place; null where some of it is gone already.</summary>
    public (IReadOnlyList<Published>? Events, Task More) After(long seq)
    {
        lock (_gate)
        {
            var oldest = _newest.TryPeek(out var first) ? first.Seq : _seq + 1;
            return (seq > _seq || seq < oldest - 1 ? null : [.. _newest.Where(p => p.Seq > seq)], _more.Task);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                await _changed.WaitAsync(stoppingToken);
                lock (_gate) Look(publish: true);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the server stops, and the stream with it
        }
    }

    public override void Dispose()
    {
        _host.Changed -= Changed;
        base.Dispose();
        _changed.Dispose();
    }

    private void Changed()
    {
        try { _changed.Release(); }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException) { } // awake already, or for ever asleep
    }

    // Several changes of one alert between two looks are one: a listener sees how it stands.
    private void Look(bool publish)
    {
        var changed = _host.Read(tally =>
        {
            if (tally.Alerts.Revision == _revision) return [];
            _revision = tally.Alerts.Revision;
            var from = _newestChange - Overlap; // the writer waits: what is older is not even named
            return tally.Alerts.NewsSince(from).Where(a => a.ChangedAt >= from && (!_told.TryGetValue(a.Key.Id, out var at) || at != a.ChangedAt)).ToList();
        });
        var before = _seq;
        foreach (var alert in changed.OrderBy(a => a.ChangedAt).ThenBy(a => a.Key))
        {
            var notice = Notice.Of(OutboxRow.Of([alert])[0]);
            _told[notice.Alert] = notice.At;
            _newestChange = Math.Max(_newestChange, notice.At);
            if (!publish) continue;
            foreach (var type in OwnEvents.TypesOf(notice))
            {
                _newest.Enqueue(new(++_seq, type, notice.Department, OwnEvents.Write(notice, type, $"/a/{Uri.EscapeDataString(notice.Code)}")));
                if (_newest.Count > Kept) _newest.Dequeue();
            }
        }
        if (_told.Count > MostTold) // what is older is not looked at again
            foreach (var (alert, at) in _told)
                if (at < _newestChange - Overlap) _told.Remove(alert);
        if (_seq == before) return;
        var waiting = _more;
        _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.SetResult();
    }
}
