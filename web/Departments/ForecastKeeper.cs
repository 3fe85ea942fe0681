using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Departments;

/// <summary>A forecast as it was made, and once its time is over what came of it.</summary>
/// <param name="At">Unix ms</param>
/// <param name="Late">tickets due within the horizon that it took for late</param>
/// <param name="InTime">those that it took for in time</param>
/// <param name="Hits">late and foreseen; set with the other three when the horizon is over</param>
internal sealed record KeptForecast(long At, string Department, IReadOnlyList<string> Late, IReadOnlyList<string> InTime, int? Hits = null, int False = 0, int Missed = 0, int Right = 0);

/// <summary>
/// Keeps every half hour what was foreseen for the next four hours, and compares it with what came. A file beside the journal, one line each:
/// nothing is judged by it, so losing it loses a statistic.
/// </summary>
public sealed class ForecastKeeper(IOpsHost host, BoardDirectory directory, ServeOptions options, TimeProvider clock, ILogger<ForecastKeeper> log) : BackgroundService
{
    /// <summary>How far ahead a forecast that is scored looks, in ms.</summary>
    public const long HorizonMs = 4 * 3_600_000L;

    private const long StepMs = 30 * 60_000, KeptMs = 14 * 86_400_000L;
    private const string Name = "forecasts.ndjson";

    private readonly Lock _gate = new();
    private readonly SortedDictionary<(long At, string Department), KeptForecast> _kept = new(Comparer<(long At, string Department)>.Create(static (a, b) =>
        a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(a.Department, b.Department)));
    private long _last = long.MinValue;

    private string FilePath => Path.Combine(options.DataFolder, Name);

    /// <summary>Those of a department whose horizon is over, newest first.</summary>
    internal IReadOnlyList<KeptForecast> Judged(string department)
    {
        lock (_gate) return [.. _kept.Values.Where(k => k.Department == department && k.Hits is not null).Reverse()];
    }

    /// <summary>Makes what is due and judges what is over. Called in turns, so not at once by two.</summary>
    internal void Look(long now)
    {
        var step = now - (now % StepMs);
        if (step <= _last) return;
        _last = step;
        var fresh = new List<KeptForecast>();
        foreach (var department in Departments())
        {
            var outlook = host.Read(tally => Outlook.Of(tally, department, now));
            var soon = outlook.Tickets.Where(t => t.DueAt > now && t.DueAt <= now + HorizonMs).ToList();
            if (soon.Count > 0) fresh.Add(new(now, department, [.. soon.Where(t => t.Breaches).Select(t => t.Ticket)], [.. soon.Where(t => !t.Breaches).Select(t => t.Ticket)]));
        }
        List<KeptForecast> over;
        lock (_gate) over = [.. _kept.Values.Where(k => k.Hits is null && k.At + HorizonMs <= now)];
        var judged = over.ConvertAll(Compare);
        lock (_gate)
        {
            foreach (var kept in (IEnumerable<KeptForecast>)[.. fresh, .. judged]) _kept[(kept.At, kept.Department)] = kept;
            while (_kept.Count > 0 && _kept.First().Key.At < now - KeptMs) _kept.Remove(_kept.First().Key);
        }
        Append([.. fresh, .. judged]);
    }

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        Load();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(5), clock);
        try
        {
            do
            {
                try { Look(host.Now); }
                catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { log.LogError(fault, "a forecast could not be kept"); }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { }
    }

    private SortedSet<string> Departments() => host.Read(tally =>
    {
        var all = new SortedSet<string>(directory.Departments, StringComparer.Ordinal);
        foreach (var (scope, _) in tally.Books.All)
            if (scope.StartsWith("department/", StringComparison.Ordinal)) all.Add(scope["department/".Length..]);
        return all;
    });

    // A ticket that was paused or prolonged meanwhile was not late: its promise was another.
    private KeptForecast Compare(KeptForecast kept)
    {
        bool WasLate(string ticket) => Whole.Find(host, new(SubjectKind.Ticket, ticket)) is { } row
            && row.Clocks.Any(c => c.Id == Outlook.Clock && c.State == "breached" && c.DueAt <= kept.At + HorizonMs);
        var (hits, missed) = (kept.Late.Count(WasLate), kept.InTime.Count(WasLate));
        return kept with { Hits = hits, False = kept.Late.Count - hits, Missed = missed, Right = kept.InTime.Count - missed, Late = [], InTime = [] };
    }

    private void Load()
    {
        if (!File.Exists(FilePath)) return;
        var from = host.Now - KeptMs;
        lock (_gate)
        {
            foreach (var line in File.ReadLines(FilePath))
                try
                {
                    if (JsonSerializer.Deserialize<KeptForecast>(line, BoardCells.Wire) is { } kept && kept.At >= from && kept.At <= host.Now) _kept[(kept.At, kept.Department)] = kept;
                }
                catch (JsonException) { } // the last line of a crash
            File.WriteAllLines(FilePath, _kept.Values.Select(k => JsonSerializer.Serialize(k, BoardCells.Wire)));
            if (_kept.Count > 0) _last = _kept.Last().Key.At;
        }
    }

    private void Append(IReadOnlyList<KeptForecast> kept)
    {
        if (kept.Count > 0) File.AppendAllLines(FilePath, kept.Select(k => JsonSerializer.Serialize(k, BoardCells.Wire)));
    }
}
