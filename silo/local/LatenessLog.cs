using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Silo.Local;

/// <summary>The newest 20,000 detection latenesses, in ms: alert raised minus true due time. Late data is counted apart.</summary>
public sealed class LatenessLog
{
    private const int Kept = 20_000;

    private readonly Queue<long> _values = new();
    private readonly Lock _gate = new();

    /// <summary>Alerts since the start; those of late data are not among them, nor what we find about ourselves: sources that are silent, alerts that were late.</summary>
    public long Total { get; private set; }

    /// <summary>The worst since the start, in ms.</summary>
    public long Max { get; private set; }

    /// <summary>Alerts that were due before the event arrived that caused them.</summary>
    public long LateData { get; private set; }

    public void Add(Alert alert)
    {
        if (alert.Due.Subject.Kind == SubjectKind.Source) return;
        lock (_gate)
        {
            if (alert.FromLateData) { LateData++; return; }
            var ms = alert.LatenessMs;
            Total++;
            Max = Math.Max(Max, ms);
            _values.Enqueue(ms);
            if (_values.Count > Kept) _values.Dequeue();
        }
    }

    /// <summary>Of those that are kept, in ms.</summary>
    /// <param name="percent">1 to 100</param>
    /// <returns>null where nothing has been raised yet</returns>
    public long? Percentile(int percent)
    {
        long[] sorted;
        lock (_gate) sorted = [.. _values];
        if (sorted.Length == 0) return null;
        Array.Sort(sorted);
        return sorted[Math.Max(1, ((sorted.Length * percent) + 99) / 100) - 1];
    }
}
