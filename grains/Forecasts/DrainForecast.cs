namespace OpsMonitor.Grains.Forecasts;

/// <summary>An open ticket as a forecast sees it. <see cref="DueAt"/> in Unix ms; null where nothing is due.</summary>
public readonly record struct OpenWork(string Ticket, long? DueAt);

/// <summary>When a ticket will probably be done, and whether that is too late.</summary>
/// <param name="FinishAt">Unix ms; <see cref="long.MaxValue"/> where nothing is being done at all</param>
public readonly record struct Foreseen(string Ticket, long? DueAt, long FinishAt)
{
    public bool Breaches => DueAt is { } due && FinishAt > due;
}

/// <summary>
/// Which open tickets of a department will be late at its present pace. The model, in full: all open tickets are one queue, taken by due time,
/// those without one last; the department ends so many in a window as it did in the last one, evenly. So the n-th is done at now + n * window /
/// done. It knows nothing of who works on what, of pauses to come, or of new tickets that go before. Whole numbers only.
/// </summary>
public static class DrainForecast
{
    /// <param name="done">tickets resolved in the last <paramref name="windowMs"/></param>
    public static List<Foreseen> Of(IReadOnlyList<OpenWork> open, long done, long windowMs, long now)
    {
        var order = new List<OpenWork>(open);
        order.Sort(static (a, b) => (a.DueAt ?? long.MaxValue) is var x && (b.DueAt ?? long.MaxValue) is var y && x != y ? x.CompareTo(y) : string.CompareOrdinal(a.Ticket, b.Ticket));
        var all = new List<Foreseen>(order.Count);
        for (var n = 0; n < order.Count; n++) all.Add(new(order[n].Ticket, order[n].DueAt, FinishOf(n + 1, done, windowMs, now)));
        return all;
    }

    /// <summary>When the n-th of a queue is done.</summary>
    public static long FinishOf(long n, long done, long windowMs, long now) => done <= 0 ? long.MaxValue : now + (n * windowMs / done);
}
