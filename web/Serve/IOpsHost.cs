using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Silo.Local.Rollups;

namespace OpsMonitor.Web.Serve;

/// <summary>
/// What the web asks of whoever keeps and judges the events: one machine, or a node of a cluster. All pages, lists and numbers are read from
/// its <see cref="Tally"/>, so that both show the same.
/// </summary>
public interface IOpsHost
{
    /// <summary>Changes with every start: a viewer with another epoch needs a whole snapshot.</summary>
    string Epoch { get; }

    /// <summary>Unix ms as this host judges.</summary>
    long Now { get; }

    /// <summary>Nothing can be made durable at the moment. Reading goes on.</summary>
    bool ReadOnly { get; }

    /// <summary>Events offered and not yet durable.</summary>
    int Queued { get; }

    /// <summary>Detection lateness of every alert raised since the start, in ms.</summary>
    LatenessLog Lateness { get; }

    /// <summary>What channels have to tell; null for a host that keeps nothing.</summary>
    Outbox? Outbox => null;

    OutboxCensus OutboxCensus => default;

    /// <summary>The rows of those that left memory, for lists; null for a host that keeps all in memory.</summary>
    KeptRows? Kept => null;

    /// <summary>Rollups, corrections and what was shown; null for a host that keeps none.</summary>
    RollupKeeper? Rollups => null;

    /// <summary>The numbers of a past instant by all that is known now; null for a host that cannot go back. It may take seconds.</summary>
    SortedDictionary<string, object?>? Known(string scope, Window window, long at, bool live) => null;

    /// <summary>After something changed and is durable. Must not block.</summary>
    event Action? Changed;

    /// <summary>Reads one consistent state. Keep it short: changes wait meanwhile.</summary>
    T Read<T>(Func<Tally, T> read);

    /// <summary>Offers a batch; returns when every accepted event is durable.</summary>
    ValueTask<(Refusal Refusal, IReadOnlyList<Verdict> Verdicts)> OfferAsync(IReadOnlyList<Event> events, CancellationToken stop);

    /// <summary>All events of one subject that are durable, in their one order; null where this host keeps none.</summary>
    ValueTask<IReadOnlyList<Event>?> HistoryAsync(Subject subject, CancellationToken stop);

    /// <summary>Of these, those that its row is judged by: dearer to ask for many subjects where a host must read them first.</summary>
    ValueTask<IReadOnlyList<Event>?> JudgedAsync(Subject subject, CancellationToken stop) => HistoryAsync(subject, stop);

    /// <summary>All events that happened in [from, to), Unix ms, as far as this host keeps them, in no order; null for a host that cannot say.</summary>
    IEnumerable<Event>? Recorded(long from, long to) => null;

    /// <summary>Saves a policy or calendar; durable and judged by when it returns.</summary>
    /// <returns>false where somebody else saved first or nothing can be made durable; null for a host that cannot save</returns>
    ValueTask<bool?> ChangeAsync(PolicyChange change, CancellationToken stop) => new((bool?)null);
}

/// <summary>The single-machine host as the web sees it.</summary>
public sealed class OneMachine(LocalHost host) : IOpsHost, IAsyncDisposable
{
    public string Epoch => host.Epoch;

    public long Now => host.Now;

    public bool ReadOnly => host.ReadOnly;

    public int Queued => host.Queued;

    public LatenessLog Lateness => host.Lateness;

    public Outbox? Outbox => host.Outbox;

    public OutboxCensus OutboxCensus => host.OutboxCensus;

    public KeptRows? Kept => host.Kept;

    public RollupKeeper? Rollups => host.Rollups;

    public SortedDictionary<string, object?>? Known(string scope, Window window, long at, bool live) => host.Known(scope, window, at, live);

    public event Action? Changed
    {
        add => host.Changed += value;
        remove => host.Changed -= value;
    }

    public T Read<T>(Func<Tally, T> read) => host.Read<T>(read);

    public ValueTask<(Refusal Refusal, IReadOnlyList<Verdict> Verdicts)> OfferAsync(IReadOnlyList<Event> events, CancellationToken stop) => host.OfferAsync(events, stop);

    public ValueTask<IReadOnlyList<Event>?> HistoryAsync(Subject subject, CancellationToken stop) =>
        new(host.History(subject) ?? host.Read<IReadOnlyList<Event>>(shard => shard.HistoryOf(subject))); // the demo keeps no journal

    public ValueTask<IReadOnlyList<Event>?> JudgedAsync(Subject subject, CancellationToken stop) => new(host.Read(shard => shard.HistoryOf(subject)));

    public IEnumerable<Event>? Recorded(long from, long to) => host.Recorded(from, to);

    public async ValueTask<bool?> ChangeAsync(PolicyChange change, CancellationToken stop) => await host.ChangeAsync(change, stop);

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
