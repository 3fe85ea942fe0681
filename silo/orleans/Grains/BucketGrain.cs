using OpsMonitor.Grains.Events;
using Orleans.Concurrency;

namespace OpsMonitor.Silo.Orleans.Grains;

public sealed class BucketState
{
    public List<string> Subjects { get; set; } = [];
}

/// <summary>
/// Re-entrant, so that all who register while one write is under way share the next: the cost of a new subject falls as the load grows.
/// </summary>
[Reentrant]
public sealed class BucketGrain([PersistentState("bucket", Storage.Store.Name)] IPersistentState<BucketState> stored) : Grain, IBucketGrain
{
    private const int ToldAtOnce = 64, Rounds = 5;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private Task _writing = Task.CompletedTask, _next = Task.CompletedTask;
    private bool _nextWaits;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _known.UnionWith(stored.State.Subjects);
        if (!stored.RecordExists) await GrainFactory.Installation().AddDay(this.GetPrimaryKeyString().Split('/')[0]);
    }

    public Task Register(string subject)
    {
        if (_known.Add(subject)) stored.State.Subjects.Add(subject);
        return Write(); // also for one that is known: its write may not have ended well
    }

    public Task<int> Retell(bool again) => Each(stored.State.Subjects, subject => subject.Retell(again));

    public Task Adopt(int edits) =>
        Each(stored.State.Subjects.Where(s => Subject.Parse(s).Kind is SubjectKind.Ticket or SubjectKind.Callback), subject => subject.Adopt(edits));

    private async Task<int> Each(IEnumerable<string> subjects, Func<ISubjectGrain, Task> what)
    {
        List<string> left = [.. subjects];
        var all = left.Count;
        // Who could not answer is asked again, not all the others with it.
        for (var round = 0; left.Count > 0 && round < Rounds; round++)
        {
            var done = new HashSet<string>(StringComparer.Ordinal);
            foreach (var some in left.Chunk(ToldAtOnce))
                foreach (var subject in (await Task.WhenAll(some.Select(s => Done(s, what)))).OfType<string>()) done.Add(subject);
            left.RemoveAll(done.Contains);
        }
        return left.Count == 0 ? all : throw new OrleansException($"{left.Count} of {all} subjects could not be reached");
    }

    public Task<string[]> Subjects() => Task.FromResult(stored.State.Subjects.ToArray());

    private async Task<string?> Done(string subject, Func<ISubjectGrain, Task> what)
    {
        try
        {
            await what(GrainFactory.Keeper(Subject.Parse(subject)));
            return subject;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException) { return null; }
    }

    private Task Write()
    {
        if (_nextWaits) return _next;
        _nextWaits = true;
        return _next = After(_writing);
    }

    private async Task After(Task before)
    {
        try { await before; } catch (Exception fault) when (fault is not OutOfMemoryException) { } // told to those who waited for it
        _nextWaits = false;
        _writing = this.Keep(stored);
        await _writing;
    }
}
