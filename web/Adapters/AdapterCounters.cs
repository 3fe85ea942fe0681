using System.Collections.Concurrent;

namespace OpsMonitor.Web.Adapters;

/// <summary>What became of all that senders told through adapters, since the start.</summary>
public sealed class AdapterCounters
{
    private readonly ConcurrentDictionary<(string Adapter, string Outcome), long> _counts = new();

    public void Add(string adapter, string outcome, long n)
    {
        if (n > 0) _counts.AddOrUpdate((adapter, outcome), n, (_, before) => before + n);
    }

    public long Count(string adapter, string outcome) => _counts.GetValueOrDefault((adapter, outcome));

    /// <summary>For Prometheus. Names of adapters are names of files that exist, so they need no escaping.</summary>
    internal void Write(Action<string, string, string> head, Action<string, long> line)
    {
        head("opsmonitor_adapter_total", "counter", "Through adapters: events accepted, duplicate or rejected; rows ignored or unmapped; signatures refused; unmapped rows that could not be kept (unkept).");
        // Its own copy first: what orders a collection takes its size and then its items, and in between another adapter may be heard for the first time.
        foreach (var ((adapter, outcome), n) in _counts.ToArray().OrderBy(static c => c.Key)) line($"opsmonitor_adapter_total{{adapter=\"{adapter}\",outcome=\"{outcome}\"}}", n);
    }
}
