namespace OpsMonitor.Web.Demo;

/// <summary>What is still to happen, in time order; equal times in the order in which they were planned. Times are Unix milliseconds.</summary>
internal sealed class Agenda(long start)
{
    private readonly PriorityQueue<Action, (long At, long Order)> _steps = new();
    private long _order;

    /// <summary>The time of the step that runs, or of the last one that ran.</summary>
    public long Now { get; private set; } = start;

    /// <summary>A step planned for the past runs now: time never goes back.</summary>
    public void At(long at, Action step) => _steps.Enqueue(step, (Math.Max(at, Now), _order++));

    public void In(long delay, Action step) => At(Now + delay, step);

    /// <summary>Runs the next step that lies before <paramref name="to"/>; false when there is none.</summary>
    public bool RunNext(long to)
    {
        if (!_steps.TryPeek(out _, out var due) || due.At >= to) return false;
        var step = _steps.Dequeue();
        Now = due.At;
        step();
        return true;
    }
}
