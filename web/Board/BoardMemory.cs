using System.Diagnostics;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local.Rollups;

namespace OpsMonitor.Web.Board;

/// <summary>The last 61 values that were published, one a minute: 60 for the spark, and the one of an hour ago.</summary>
public sealed class MinuteSeries
{
    private const int Kept = 61;

    private readonly decimal?[] _values = new decimal?[Kept];
    private long _newest = long.MinValue;

    /// <summary>The newest value of a minute stands; a minute that is older than the newest is left alone.</summary>
    public void Put(long minute, decimal? value)
    {
        if (minute < _newest) return;
        var skipped = _newest == long.MinValue ? Kept : Math.Min(Kept, minute - _newest);
        for (var i = 0; i < skipped; i++) _values[Slot(minute - i)] = null;
        (_newest, _values[Slot(minute)]) = (minute, value);
    }

    /// <summary>Sixty values, oldest first; null where nothing was published or there was no data.</summary>
    public decimal?[] Spark()
    {
        var spark = new decimal?[60];
        for (var i = 0; i < 60; i++) spark[i] = At(_newest - 59 + i);
        return spark;
    }

    /// <summary>The newest value less that of an hour before; null where either is missing.</summary>
    public decimal? Delta() => At(_newest) - At(_newest - 60);

    private decimal? At(long minute) => _newest == long.MinValue ? null : _values[Slot(minute)];

    private static int Slot(long minute) => (int)(((minute % Kept) + Kept) % Kept);
}

/// <summary>Unresolved tickets by department. A walk over all tickets, so it is shared by the boards and taken at most once a second.</summary>
public sealed class TicketCensus
{
    private readonly Dictionary<string, (long Count, long Earliest)> _departments = new(StringComparer.Ordinal);
    private readonly Cadence _cadence = new(1_000);

    /// <summary>Calendars in use without the next holidays; as of the same walk.</summary>
    public IReadOnlyList<UnannouncedCalendar> Unannounced { get; private set; } = [];

    /// <summary>A walk that takes long is taken less often: it may cost a twentieth of the time, no more.</summary>
    public void Refresh(Tally tally, long now)
    {
        if (!_cadence.Due(now)) return;
        var watch = Stopwatch.StartNew();
        _departments.Clear();
        var policies = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in tally.Rows(SubjectKind.Ticket))
        {
            if (row.EndedAt is null)
                foreach (var clock in row.Clocks)
                    if (clock.State is "running" or "paused" or "breached") policies.Add(clock.Policy);
            if (!IsUnresolved(row) || row.DepartmentId is not { } id) continue;
            var (count, earliest) = _departments.GetValueOrDefault(id, (0, long.MaxValue));
            _departments[id] = (count + 1, Math.Min(earliest, row.CreatedAt!.Value));
        }
        Unannounced = HolidayWatch.Of(tally.Policies, policies, now);
        _cadence.Done(now, watch.ElapsedMilliseconds);
    }

    public (long Count, long? Earliest) Of(string department) =>
        _departments.TryGetValue(department, out var found) ? (found.Count, found.Earliest) : (0, null);

    /// <summary>Agrees with the level of unresolved tickets in the sums.</summary>
    public static bool IsUnresolved(Row row) => row.CreatedAt is not null && row.EndedAt is null && row.State != "resolved";
}

/// <summary>How often something dear is done: after its interval, and after twenty times what it took.</summary>
internal sealed class Cadence(long everyMs)
{
    private long _last = long.MinValue, _pause;

    public bool Due(long now) => _last == long.MinValue || now - _last >= _pause || now < _last;

    public void Done(long now, long costMs) => (_last, _pause) = (now, Math.Max(everyMs, 20 * costMs));
}

/// <summary>What a board remembers between rebuilds: published values, the order of the departments, and figures that are dear to compute.</summary>
public sealed class BoardMemory(TicketCensus census)
{
    internal const int Figures = 4;
    private const long SortEveryMs = 15_000;
    private const decimal SortMargin = 0.01m;

    private readonly (FigureCell Cell, long Minute)?[] _published = new (FigureCell, long)?[Figures];
    private List<string> _order = [];
    private long _sortedAt = long.MinValue;

    internal TicketCensus Census => census;

    /// <summary>Tells what late data has revised; null where nobody keeps it.</summary>
    public RollupKeeper? Rollups { get; init; }

    /// <summary>Marks a figure that holds a completed hour which was revised today.</summary>
    internal FigureCell Marked(FigureCell cell, string scope, Window window, Window today, string prefix)
    {
        if (Rollups?.Newest(scope, window, today.From, prefix) is not { } c) return cell;
        using var causes = JsonDocument.Parse(c.Causes);
        return cell with { Revised = true, Revision = new(c.Metric, c.Start, c.Until, c.Turn, causes.RootElement.Clone()) };
    }

    internal MinuteSeries[] Series { get; } = [new(), new(), new(), new()];

    internal Cadence Slow { get; } = new(1_000);

    internal SlowFigures? Dear { get; set; }

    /// <summary>Puts the value into the minute's place and gives the cell its spark, its delta and the instant since when it says this.</summary>
    internal FigureCell Publish(int index, FigureCell cell, long now)
    {
        var minute = Math.DivRem(now, 60_000).Quotient;
        Series[index].Put(minute, cell.Value);
        var published = cell with { Spark = Series[index].Spark(), Delta = Series[index].Delta(), AsOf = now };
        if (_published[index] is { } last && last.Minute == minute && last.Cell with { Spark = published.Spark, AsOf = now, Revision = published.Revision } == published && last.Cell.Revision?.At == published.Revision?.At) return last.Cell;
        _published[index] = (published, minute);
        return published;
    }

    /// <summary>Worst first. Rows that jump cannot be read: they move at most every 15 s, and for more than a point of difference.</summary>
    public IReadOnlyList<DepartmentCell> Order(IReadOnlyList<DepartmentCell> cells, long now)
    {
        var byId = cells.ToDictionary(c => c.Id, StringComparer.Ordinal);
        var known = _order.Where(byId.ContainsKey).ToList();
        var added = cells.Select(c => c.Id).Except(known, StringComparer.Ordinal).ToList();
        if (known.Count == 0 || added.Count > 0 || _sortedAt == long.MinValue || now - _sortedAt >= SortEveryMs || now < _sortedAt)
        {
            if (known.Count == 0) known = [.. cells.OrderByDescending(c => c.Breached).ThenBy(c => c.Sla.Value ?? 2).Select(c => c.Id)];
            else known.AddRange(added);
            Settle(known, byId);
            _sortedAt = now;
        }
        _order = known;
        return [.. known.Select(id => byId[id])];
    }

    // A margin has no transitive order, so a sort could go wrong on it: neighbours swap instead, at most once over per row.
    private static void Settle(List<string> order, Dictionary<string, DepartmentCell> cells)
    {
        for (var pass = 0; pass < order.Count; pass++)
        {
            var moved = false;
            for (var i = order.Count - 1; i > 0; i--)
            {
                if (!IsWorse(cells[order[i]], cells[order[i - 1]])) continue;
                (order[i], order[i - 1], moved) = (order[i - 1], order[i], true);
            }
            if (!moved) return;
        }
    }

    private static bool IsWorse(DepartmentCell a, DepartmentCell b) =>
        a.Breached != b.Breached ? a.Breached > b.Breached : (a.Sla.Value ?? 2) < (b.Sla.Value ?? 2) - SortMargin;
}

/// <summary>What one second may be too old: long windows, and sums by department.</summary>
internal sealed record SlowFigures(Ratio Fcr, bool Provisional, TrendCell Trend, IReadOnlyDictionary<string, Ratio> Sla);
