using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Silo.Orleans.Grains;

/// <summary>All policies as they stand after some savings.</summary>
public sealed record Standing(IReadOnlyList<PolicyEdit> Edits, PolicySet Set);

/// <summary>
/// What a silo judges by: the files that the cluster shares, and what was saved since, which every silo reads for itself in the same order. It looks for
/// new savings every second; a grain that is told of one waits until it is known. Subjects that are awake here are then judged anew; those that sleep are
/// woken by the installation.
/// </summary>
public sealed class ClusterPolicies(IGrainFactory grains, ILogger<ClusterPolicies> log) : BackgroundService
{
    private const int JudgedAtOnce = 64, Tries = 5;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _reading = new(1);
    private readonly ConcurrentDictionary<Subject, bool> _awake = [];
    private Func<IReadOnlyList<PolicyEdit>, PolicySet>? _reread;
    private volatile Standing? _standing;

    /// <summary>After something was saved, here or on another node. Must not block.</summary>
    public event Action<Standing>? Changed;

    /// <exception cref="InvalidOperationException">asked before the cluster's files were read</exception>
    public Standing Standing => _standing ?? throw new InvalidOperationException("policies are not known yet");

    /// <param name="reread">all policies with these savings</param>
    public async Task<Standing> UseAsync(Func<IReadOnlyList<PolicyEdit>, PolicySet> reread)
    {
        _reread = reread;
        await Know(0);
        if (_standing is null) _standing = new([], reread([]));
        _known.TrySetResult();
        return Standing;
    }

    public async Task<Standing> Get(CancellationToken stop)
    {
        await _known.Task.WaitAsync(stop);
        return Standing;
    }

    /// <summary>Ends when at least so many savings are judged by here; 0 looks whether there are more.</summary>
    public async Task Know(int edits)
    {
        if (edits > 0 && _standing?.Edits.Count >= edits) return;
        await _reading.WaitAsync();
        try
        {
            var before = _standing?.Edits ?? [];
            var more = Wire.Unpack<PolicyEdit[]>(await grains.Installation().Edits(before.Count));
            if (more.Length == 0) return;
            IReadOnlyList<PolicyEdit> all = [.. before, .. more];
            _standing = new(all, await Task.Run(() => _reread!(all)));
        }
        finally { _reading.Release(); }
        Changed?.Invoke(Standing);
        _ = Task.Run(JudgeAwake); // not waited for: the caller may be one of them
    }

    /// <summary>A subject is awake here from before it reads the policies until it sleeps: it misses no saving.</summary>
    public void Wake(Subject subject) => _awake[subject] = true;

    public void Sleep(Subject subject) => _awake.TryRemove(subject, out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await _known.Task.WaitAsync(stoppingToken);
            for (; ; await Task.Delay(Look, stoppingToken))
            {
                try { await Know(0); }
                catch (Exception fault) when (fault is not (OperationCanceledException or OutOfMemoryException))
                {
                    log.LogInformation(fault, "savings of policies cannot be looked for; tried again"); // the host warns of a cluster that it cannot reach
                }
            }
        }
        catch (OperationCanceledException) { }
    }

    private async Task JudgeAwake()
    {
        var edits = Standing.Edits.Count;
        List<Subject> left = [.. _awake.Keys.Where(s => s.Kind is SubjectKind.Ticket or SubjectKind.Callback).Order()];
        for (var round = 0; left.Count > 0 && round < Tries; round++)
        {
            var done = new HashSet<Subject>();
            foreach (var some in left.Chunk(JudgedAtOnce)) done.UnionWith((await Task.WhenAll(some.Select(s => Judged(s, edits)))).OfType<Subject>());
            left.RemoveAll(done.Contains);
        }
        if (left.Count > 0) log.LogWarning("{Count} subjects were not judged by what was saved; they are when they change or wake next", left.Count);
    }

    private async Task<Subject?> Judged(Subject subject, int edits)
    {
        try
        {
            await grains.Keeper(subject).Adopt(edits);
            return subject;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException) { return null; }
    }

    public override void Dispose()
    {
        _reading.Dispose();
        base.Dispose();
    }
}
