using Microsoft.Extensions.Logging;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using Orleans.Concurrency;

namespace OpsMonitor.Silo.Orleans.Grains;

public sealed class InstallationState
{
    public SortedSet<string> Days { get; set; } = new(StringComparer.Ordinal);

    public SortedSet<string> Departments { get; set; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, string> Files { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Policies and calendars saved since, in order; and how many of them every subject is known to have been judged by.</summary>
    public List<PolicyEdit> Edits { get; set; } = [];

    public int Swept { get; set; }
}

/// <summary>How far one integration can be trusted, as one node saw it.</summary>
public sealed record SourceReport(string Source, long LastSeen, long LastEventAt, long Accepted, long Duplicates, long Unknown, long Refused, long Reordered)
{
    public static SourceReport Of(string source, SourceStats s) => new(source, s.LastSeen, s.LastEventAt, s.Accepted, s.Duplicates, s.Unknown, s.Refused, s.Reordered);

    public SourceStats Stats() => new(LastSeen, LastEventAt, Accepted, Duplicates, Unknown, Refused, Reordered);

    /// <summary>Counts add up; of times the newest stands.</summary>
    public SourceReport With(SourceReport other) => new(
        Source, Math.Max(LastSeen, other.LastSeen), Math.Max(LastEventAt, other.LastEventAt), Accepted + other.Accepted,
        Duplicates + other.Duplicates, Unknown + other.Unknown, Refused + other.Refused, Reordered + other.Reordered);
}

[Reentrant]
public sealed class InstallationGrain(
    [PersistentState("installation", Storage.Store.Name)] IPersistentState<InstallationState> stored, ILogger<InstallationGrain> log) : Grain, IInstallationGrain
{
    private const int BucketsAtOnce = 8;
    private static readonly TimeSpan SweepAgain = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<string, SourceReport[]> _sources = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _writing = new(1);
    private readonly HashSet<(SortedSet<string> Set, string One)> _kept = [];
    private readonly Dictionary<bool, Task<int>> _next = [];
    private Task<int> _repairing = Task.FromResult(0);
    private Task _sweeping = Task.CompletedTask;
    private bool _gone;
    private int _durable; // of the edits: one whose write is under way must not be judged by yet

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _durable = stored.State.Edits.Count;
        if (stored.State.Swept < _durable) _sweeping = Sweep(); // where the activation before this one was lost
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _gone = true;
        return Task.CompletedTask;
    }

    public Task AddDay(string day) => Add(stored.State.Days, day);

    public Task AddDepartment(string department) => Add(stored.State.Departments, department);

    public Task<string[]> Days() => Task.FromResult(stored.State.Days.ToArray());

    public Task<string[]> Departments() => Task.FromResult(stored.State.Departments.ToArray());

    // Who asks while one pass is under way may have missed its beginning: all of them share the one after it.
    public Task<int> Repair(bool again)
    {
        if (!again && _next.TryGetValue(true, out var more)) return more;
        return _next.TryGetValue(again, out var next) ? next : _next[again] = _repairing = After(_repairing, again);
    }

    public Task<byte[]> Sources(string node, byte[] known)
    {
        _sources[node] = Wire.Unpack<SourceReport[]>(known);
        var all = _sources.Values.SelectMany(s => s).GroupBy(s => s.Source, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => g.Aggregate((a, b) => a.With(b)));
        return Task.FromResult(Wire.Pack(all.ToArray()));
    }

    public Task Publish(byte[] files)
    {
        stored.State.Files = new(Wire.Unpack<Dictionary<string, string>>(files), StringComparer.Ordinal);
        return Write();
    }

    public async Task<bool> Change(byte[] edit)
    {
        var next = Wire.Unpack<PolicyEdit>(edit);
        if (next.Number != stored.State.Edits.Count + 1) return false;
        stored.State.Edits.Add(next);
        await Write();
        _durable = Math.Max(_durable, next.Number);
        if (_sweeping.IsCompleted) _sweeping = Sweep();
        return true;
    }

    public Task<byte[]> Edits(int after) => Task.FromResult(Wire.Pack(stored.State.Edits.Take(_durable).Skip(after).ToArray()));

    public Task<byte[]> Files() => Task.FromResult(Wire.Pack(stored.State.Files));

    // Who asks is told that it is kept only when it is, also while somebody else's write of it is under way or has failed.
    private async Task Add(SortedSet<string> set, string one)
    {
        set.Add(one);
        if (_kept.Contains((set, one))) return;
        await Write();
        _kept.Add((set, one));
    }

    private async Task Write()
    {
        await _writing.WaitAsync(); // two writes at once would guard against each other
        try { await this.Keep(stored); }
        finally { _writing.Release(); }
    }

    // A subject that comes up by itself takes the newest by itself; this is for those that would sleep on under the old ones.
    private async Task Sweep()
    {
        await Task.Yield();
        while (stored.State.Swept < _durable)
        {
            var edits = _durable;
            try { await EachBucket(bucket => bucket.Adopt(edits)); }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                if (_gone) return; // the next activation begins again
                log.LogWarning(fault, "not every subject is judged by what was saved; tried again");
                await Task.Delay(SweepAgain);
                continue;
            }
            stored.State.Swept = edits;
            await Write();
        }
    }

    private async Task EachBucket(Func<IBucketGrain, Task> what)
    {
        foreach (var day in stored.State.Days.ToArray())
            foreach (var some in Buckets.Of(day).Chunk(BucketsAtOnce)) await Task.WhenAll(some.Select(key => what(GrainFactory.GetGrain<IBucketGrain>(key))));
    }

    private async Task<int> After(Task<int> before, bool again)
    {
        try { await before; } catch (Exception fault) when (fault is not OutOfMemoryException) { } // told to those who waited for it
        await Task.Yield();
        _next.Remove(again);
        var told = 0;
        await EachBucket(async bucket =>
        {
            var some = await bucket.Retell(again);
            told += some;
        });
        return told;
    }
}
