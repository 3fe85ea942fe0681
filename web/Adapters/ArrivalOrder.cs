namespace OpsMonitor.Web.Adapters;

/// <summary>
/// Which request of its millisecond one is. What is dated by its arrival has nothing else to be ordered by: without it the ids would decide whether a
/// ticket waits or goes on. (spec: events, order)
/// </summary>
internal sealed class ArrivalOrder
{
    private readonly Lock _lock = new();
    private long _millisecond, _turn;

    /// <returns>from 0</returns>
    public long TurnOf(DateTimeOffset arrival)
    {
        lock (_lock)
        {
            var now = arrival.ToUnixTimeMilliseconds();
            _turn = now == _millisecond ? _turn + 1 : 0;
            _millisecond = now;
            return _turn;
        }
    }
}
