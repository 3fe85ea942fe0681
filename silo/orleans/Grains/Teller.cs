using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Orleans.Grains;

/// <summary>
/// Carries rows from the subjects of one silo to the departments, queues and customers that they concern: gathered on a clock, never by count,
/// and of each subject only the newest. A hot department so hears each silo ten times a second, however many events there are. What could not
/// be told stays and is tried again.
/// </summary>
public sealed class Teller(IGrainFactory grains, ILogger<Teller> log) : BackgroundService
{
    /// <summary>Between two tellings, in ms; the first after quiet goes at once.</summary>
    public const int ClockMs = 100;
    private const int RowsPerCall = 500;

    private readonly Lock _gate = new();
    private readonly System.Threading.Channels.Channel<bool> _work =
        System.Threading.Channels.Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Dictionary<string, Dictionary<Subject, Told>> _scopes = new(StringComparer.Ordinal);
    private Dictionary<(string Customer, Subject Contact), (long Version, ContactFact? Fact)> _facts = [];
    private TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes a row for scopes. Never blocks; the task ends when it has been heard, and fails where it must be told again.</summary>
    public Task Tell(Told told, IEnumerable<string> scopes)
    {
        Task heard;
        lock (_gate)
        {
            foreach (var scope in scopes)
            {
                if (!_scopes.TryGetValue(scope, out var rows)) _scopes[scope] = rows = [];
                if (!rows.TryGetValue(told.Subject, out var known) || known.Version < told.Version) rows[told.Subject] = told;
            }
            heard = _told.Task;
        }
        Nudge();
        return heard;
    }

    /// <summary>Takes a contact's fact for a customer; null where it is not, or no longer, this customer's. Never blocks.</summary>
    public void Tell(string customer, Subject contact, long version, ContactFact? fact)
    {
        lock (_gate)
            if (!_facts.TryGetValue((customer, contact), out var known) || known.Version < version) _facts[(customer, contact)] = (version, fact);
        Nudge();
    }

    private void Nudge() => _work.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            while (await _work.Reader.WaitToReadAsync(stoppingToken))
            {
                _work.Reader.TryRead(out _);
                await Flush();
                await Task.Delay(ClockMs, stoppingToken);
            }
        }
        catch (OperationCanceledException) { }
        await Flush();
    }

    private async Task Flush()
    {
        Dictionary<string, Dictionary<Subject, Told>> scopes;
        Dictionary<(string Customer, Subject Contact), (long Version, ContactFact? Fact)> facts;
        TaskCompletionSource told;
        lock (_gate)
        {
            (told, _told) = (_told, new(TaskCreationOptions.RunContinuationsAsynchronously));
            (scopes, _scopes) = (_scopes, new(StringComparer.Ordinal));
            (facts, _facts) = (_facts, []);
        }
        var packed = new Dictionary<Told, byte[]>(ReferenceEqualityComparer.Instance); // a row that several scopes hear is packed once
        foreach (var rows in scopes.Values)
            foreach (var row in rows.Values) packed.TryAdd(row, []);
        foreach (var row in packed.Keys.ToArray()) packed[row] = Wire.Pack(row);
        var heard = await Task.WhenAll(
            scopes.Select(s => TellScope(s.Key, s.Value, packed)).Concat(facts.Select(f => TellCustomer(f.Key.Customer, f.Key.Contact, f.Value.Version, f.Value.Fact))));
        if (Array.TrueForAll(heard, h => h)) told.SetResult();
        else told.SetException(new InvalidOperationException("some rows were not heard and are told again"));
        _ = told.Task.Exception; // seen, whether or not somebody waits
    }

    private async Task<bool> TellScope(string scope, Dictionary<Subject, Told> rows, Dictionary<Told, byte[]> packed)
    {
        var heard = true;
        foreach (var some in rows.Values.Chunk(RowsPerCall))
        {
            try { await Scope(scope).Hear(Array.ConvertAll(some, told => packed[told])); }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                log.LogWarning(fault, "{Scope} did not hear {Count} rows; told again", scope, some.Length);
                foreach (var told in some) _ = Tell(told, [scope]);
                heard = false;
            }
        }
        return heard;
    }

    private async Task<bool> TellCustomer(string customer, Subject contact, long version, ContactFact? fact)
    {
        try
        {
            await grains.GetGrain<ICustomerGrain>(customer).Hear(contact.ToString(), version, fact is null ? null : Wire.Pack(fact));
            return true;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            log.LogWarning(fault, "a customer did not hear of a contact; told again");
            Tell(customer, contact, version, fact);
            return false;
        }
    }

    private IScopeGrain Scope(string scope)
    {
        var slash = scope.IndexOf('/', StringComparison.Ordinal);
        var (kind, id) = (scope[..slash], scope[(slash + 1)..]);
        return kind == "queue" ? grains.GetGrain<IQueueGrain>(id) : grains.GetGrain<IDepartmentGrain>(id.Length == 0 ? "-" : id);
    }
}
