using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Rules;

/// <summary>How busy a queue's agents were, half hour by half hour: time up to t is level * t less the instants, so any step is cut exactly.</summary>
internal sealed class StaffTime
{
    private struct Ends
    {
        public long Level, At;

        public readonly long UpTo(long t) => (Level * t) - At;
    }

    private readonly SortedDictionary<long, (Ends Busy, Ends Free)> _changes = []; // by the step in which they lie

    /// <summary>Somebody is staffed at or after an instant, as far as is told.</summary>
    public bool IsBusyFrom(long from)
    {
        var (busy, free) = (0L, 0L);
        foreach (var (step, change) in _changes)
        {
            if (step >= from) return true;
            (busy, free) = (busy + change.Busy.Level, free + change.Free.Level);
        }
        return busy != 0 || free != 0;
    }

    public void Add(MeasureKey key, long at, long amount)
    {
        var slash = key.Param.IndexOf('/', StringComparison.Ordinal);
        var state = slash < 0 ? key.Param : key.Param[..slash];
        var free = state == "available";
        if (!free && state is not ("busy" or "wrapup")) return; // the rest of the time nobody is staffed for contacts
        var step = QueueFile.StepOf(at);
        var ends = _changes.GetValueOrDefault(step);
        ref var which = ref free ? ref ends.Free : ref ends.Busy;
        if (key.Measure == Measure.QueueAgentDelta) which.Level += amount; else which.At += amount;
        if (ends is { Busy: { Level: 0, At: 0 }, Free: { Level: 0, At: 0 } }) _changes.Remove(step); else _changes[step] = ends; // a sum of nothing leaves no trace
    }

    /// <summary>Busy of staffed time in ms, of each whole step in [from, to).</summary>
    public List<StepRate> Steps(long from, long to)
    {
        var (steps, busy, free, at) = (new List<StepRate>(), default(Ends), default(Ends), long.MinValue);
        foreach (var (step, change) in _changes)
        {
            Fill(Math.Min(step, to));
            if (step >= to) return steps;
            var (before, idle) = (busy.UpTo(step), free.UpTo(step));
            (busy.Level, busy.At, free.Level, free.At) = (busy.Level + change.Busy.Level, busy.At + change.Busy.At, free.Level + change.Free.Level, free.At + change.Free.At);
            Rate(step, busy.UpTo(step + StepRules.StepMs) - before, free.UpTo(step + StepRules.StepMs) - idle);
            at = step + StepRules.StepMs;
        }
        Fill(to);
        return steps;

        void Fill(long until)
        {
            if (at == long.MinValue || (busy.Level == 0 && free.Level == 0)) return;
            for (var step = Math.Max(at, from); step < until; step += StepRules.StepMs) Rate(step, busy.Level * StepRules.StepMs, free.Level * StepRules.StepMs);
        }

        void Rate(long start, long busyMs, long freeMs)
        {
            if (start >= from && busyMs + freeMs > 0) steps.Add(new(start, busyMs, busyMs + freeMs));
        }
    }
}
