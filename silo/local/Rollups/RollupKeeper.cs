using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Past;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Local.Rollups;

/// <summary>What the keeper asks of its host.</summary>
/// <param name="Read">between two turns, as short as it can be</param>
/// <param name="Sequence">the last durable frame; asked within <paramref name="Read"/></param>
/// <param name="JudgedBy">tells the policies from others</param>
/// <param name="Began">from when on numbers were shown at all, Unix ms: the first turn ever</param>
/// <param name="Clock">Unix ms as the host judges</param>
/// <param name="IsLive">false in back-fill: nothing is shown, so nothing is corrected</param>
internal sealed record RollupHost(
    Func<Func<Shard, object?>, object?> Read, Func<long> Sequence, string JudgedBy, Func<long> Began, Func<long> Clock, Func<string, long, Window> DayOf,
    Func<SortedDictionary<string, object?>, byte[]> TextOf, bool IsLive)
{
    public T Of<T>(Func<Shard, T> read) => (T)Read(shard => read(shard))!;
}

/// <summary>
/// Follows the sums in the background: minutes that changed are copied between two turns, a few at a time, and written while turns go on. A reader
/// first has written what changed since, so that it is told what the host would say. A file that does not fit the host is written anew from the sums.
/// </summary>
public sealed partial class RollupKeeper : IDisposable
{
    private const int MinutesAtOnce = 256, AddedUpAtOnce = 64, RetryMs = 60_000;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly RollupFile _file;
    private readonly RollupHost _host;
    private readonly Action<string> _announce;
    private readonly Lock _work = new();
    private readonly ITimer? _timer;
    private Shard? _followed; // whose changes the file has; null where it has to be written anew
    private readonly List<LateTurn> _late = [];
    private long _retryAt;
    private int _following;
    private volatile bool _stopped;

    /// <param name="clock">null for one that is called, and follows nobody by itself</param>
    /// <param name="resumed">the snapshot that the start went on from: frame and instant; null where all turns were taken again</param>
    internal RollupKeeper(RollupFile file, RollupHost host, (long Sequence, long Now)? resumed, TimeProvider? clock, Action<string> announce)
    {
        (_file, _host, _announce) = (file, host, announce);
        var last = host.Of(_ => host.Sequence());
        // The turns after the snapshot were taken with somebody watching: what the file lacks is among what they touched.
        if (resumed is { } from && file.Mark is { } mark && mark.Sequence >= from.Sequence && mark.Now >= from.Now && mark.Sequence <= last && mark.JudgedBy == host.JudgedBy)
            _followed = host.Of(shard => shard);
        Remember();
        _timer = clock?.CreateTimer(_ => Follow(), null, TimeSpan.Zero, Every);
    }

    /// <summary>Why the file could not be written the last time, or null.</summary>
    public string? Fault { get; private set; }

    /// <summary>A scope's sums from the file, together with the instant and the policies that they fit. Null where the file cannot be written: ask the host.</summary>
    public T? Read<T>(string scope, Func<ISumSource, long, PolicySet, T> read) where T : class
    {
        lock (_work)
        {
            if (!Caught()) return null;
            var (now, policies) = _host.Of(shard => (shard.Now, shard.Policies));
            return read(SourceOf(scope), now, policies);
        }
    }

    /// <summary>Writes what has changed, and makes it survive a power cut: a snapshot is about to let the turns so far go.</summary>
    public void Sync()
    {
        lock (_work)
            if (Caught()) _file.Sync();
    }

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_work)
        {
            if (_stopped) return;
            Caught();
            _stopped = true;
            _file.Dispose();
        }
    }

    private ISumSource SourceOf(string scope) => scope.StartsWith(Report.GroupPrefix, StringComparison.Ordinal)
        ? new SumGroup([.. scope[Report.GroupPrefix.Length..].Split(',').Distinct(StringComparer.Ordinal).Select(id => _file.Of("department/" + id))])
        : _file.Of(scope);

    private void Follow()
    {
        if (_stopped || Interlocked.Exchange(ref _following, 1) == 1) return; // still busy with the last time
        try
        {
            lock (_work)
                if (!_stopped && Caught() && _host.IsLive) RecordNow();
            while (!_stopped && AddedUp()) { } // a few at a time: a reader need not wait for all
        }
        catch (Exception failure) when (failure is not OutOfMemoryException) { lock (_work) Fail(failure); } // whatever it is, the server goes on without
        finally { Volatile.Write(ref _following, 0); }
    }

    private bool AddedUp()
    {
        lock (_work) return !_stopped && _followed is not null && _file.AddUp(_host.Of(shard => shard.Now), AddedUpAtOnce);
    }

    /// <returns>false where the file could not be written</returns>
    private bool Caught()
    {
        if (Fault is not null && Environment.TickCount64 < _retryAt) return false;
        try
        {
            if (_followed is null || !ReferenceEquals(_followed, _host.Of(shard => shard))) Rewrite();
            _late.AddRange(_host.Of(shard => shard.TakeLate()));
            Correct(_late); // before the sums: after a crash in between the late turns are taken again
            _late.Clear();
            var mark = Now();
            List<(string, long, Sums)> changed = [];
            foreach (var scope in _host.Of(shard => shard.Books.All.Select(b => b.Key).ToList()))
                changed.AddRange(_host.Of(shard => shard.Books.Find(scope) is { } ledger ? ledger.TakeTouched().Select(m => (scope, m, Sorted(ledger.At(m)))).ToList() : []));
            if (changed.Count > 0 || _file.Mark != mark) _file.Put(changed, mark, whole: false);
            Fault = null;
            return true;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Fail(failure);
            return false;
        }
    }

    // What was taken off the list of changes and not written would be missing for good.
    private void Fail(Exception failure)
    {
        _followed = null;
        if (Fault is null) _announce($"no rollups for now: {failure.Message}");
        (Fault, _retryAt) = (failure.Message, Environment.TickCount64 + RetryMs);
    }

    private RollupMark Now() => _host.Of(shard => new RollupMark(_host.Sequence(), shard.Now, _host.JudgedBy));

    private void Rewrite()
    {
        var shard = _host.Of(s => { s.Books.Watch(); if (_host.IsLive) s.WatchLate(); return s; });
        var mark = Now();
        _file.Begin();
        foreach (var scope in _host.Of(s => s.Books.All.Select(b => b.Key).ToList()))
        {
            var minutes = _host.Of(s =>
            {
                if (s.Books.Find(scope) is not { } ledger) return [];
                ledger.TakeTouched();
                return (IReadOnlyList<long>)[.. ledger.Minutes()];
            });
            foreach (var some in minutes.Chunk(MinutesAtOnce))
                _file.Put([.. _host.Of(s => some.Select(m => (scope, m, s.Books.Find(scope) is { } ledger ? Sorted(ledger.At(m)) : new([], []))).ToList())], mark, whole: false);
        }
        _file.Put([], mark, whole: true);
        _followed = shard;
    }

    private static Sums Sorted(Sums sums)
    {
        foreach (var values in sums.Samples.Values) values.Sort();
        return sums;
    }
}
