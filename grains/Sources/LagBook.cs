using System.Numerics;

namespace OpsMonitor.Grains.Sources;

/// <summary>
/// How long after they happened events arrived, in ms: of the hour that runs and the one before it, by the time of arrival. Exact below 64 ms,
/// above it to one part in a hundred. (spec: metrics, Trust in the numbers)
/// </summary>
public sealed class LagBook
{
    private const long Hour = 3_600_000;
    private const int Fine = 64;

    private long _hour = long.MinValue;
    private SortedDictionary<int, long> _now = [], _before = [];

    /// <summary>Of the newest arrival; null for none.</summary>
    public long? Last { get; private set; }

    public void Take(long lagMs, long now)
    {
        var hour = now / Hour;
        if (hour > _hour) (_before, _now, _hour) = (hour == _hour + 1 ? _now : [], [], hour);
        Last = Math.Max(0, lagMs);
        var cell = CellOf(Last.Value);
        _now[cell] = _now.GetValueOrDefault(cell) + 1;
    }

    /// <summary>Nearest rank; null for no arrivals in these two hours.</summary>
    /// <param name="now">Unix ms: what lies further back than two hours is not told</param>
    public long? Percentile(int percent, long now)
    {
        var cells = new SortedDictionary<int, long>();
        var total = 0L;
        foreach (var hour in Recent(now))
            foreach (var (cell, n) in hour) { cells[cell] = cells.GetValueOrDefault(cell) + n; total += n; }
        if (total == 0) return null;
        var rank = Math.Max(1, ((total * percent) + 99) / 100);
        foreach (var (cell, n) in cells)
            if ((rank -= n) <= 0) return ValueOf(cell);
        return null;
    }

    /// <summary>All of it as numbers, to be stored.</summary>
    public (long Hour, long Last, IReadOnlyList<KeyValuePair<int, long>> Now, IReadOnlyList<KeyValuePair<int, long>> Before) Image() => (_hour, Last ?? -1, [.. _now], [.. _before]);

    public static LagBook Of(long hour, long last, IReadOnlyList<KeyValuePair<int, long>> now, IReadOnlyList<KeyValuePair<int, long>> before)
    {
        var book = new LagBook { _hour = hour, Last = last < 0 ? null : last };
        foreach (var (cell, n) in now) book._now[cell] = n;
        foreach (var (cell, n) in before) book._before[cell] = n;
        return book;
    }

    public LagBook Copy()
    {
        var (hour, last, now, before) = Image();
        return Of(hour, last, now, before);
    }

    private IEnumerable<SortedDictionary<int, long>> Recent(long now)
    {
        var hour = now / Hour;
        if (_hour >= hour - 1) yield return _now;
        if (_hour >= hour) yield return _before;
    }

    // 64 cells for each power of two from 64 on.
    private static int CellOf(long ms)
    {
        if (ms < Fine) return (int)ms;
        var power = BitOperations.Log2((ulong)ms);
        return ((power - 5) * Fine) + (int)((ms >> (power - 6)) & (Fine - 1));
    }

    private static long ValueOf(int cell)
    {
        if (cell < Fine) return cell;
        var power = (cell / Fine) + 5;
        var width = 1L << (power - 6);
        return (1L << power) + ((cell % Fine) * width) + (width / 2);
    }
}
