using System.Diagnostics;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Alerts;

namespace OpsMonitor.Web.Board;

/// <summary>
/// The picture of one board out of a tally. Numbers come from the formulas, as everywhere; here they only get a target and a state.
/// Called while the writer waits, so what is dear is taken from <see cref="BoardMemory"/> for up to a second.
/// </summary>
public static class BoardView
{
    /// <summary>A source is late that has not said a word for so long, in ms.</summary>
    internal const long SourceLateMs = 60_000;

    private const long Minute = 60_000, Day = 86_400_000, TrendStep = 900_000, HeardOfMs = Day;
    private const int MatureEnough = 20, TrendSteps = 32, DueShown = 8, AlarmsShown = 100;

    /// <param name="scope"><c>all</c> or <c>department/ID</c></param>
    public static BoardCells Build(Tally tally, BoardDirectory directory, long now, string scope, BoardMemory memory)
    {
        var ledger = tally.Books.Find(scope) ?? new Ledger();
        memory.Census.Refresh(tally, now);
        var dear = Dear(tally, directory, now, scope, memory, ledger);
        var targets = tally.Policies.Policy.Targets;
        var day = Today(directory, scope, now);
        var today = ledger.Over(day);
        var due = MetricTable.DueWithin(ledger, now, 30 * Minute);
        var first = dear.Provisional ? "fcr.provisional" : "fcr.mature";
        object[] cells =
        [
            memory.Publish(0, memory.Marked(Rate(Formulas.AttainmentOfAll(today), targets.SlaPercent, targets, "sla.due_cohort"), scope, day, day, "sla."), now),
            memory.Publish(1, memory.Marked(Rate(dear.Fcr, targets.FcrPercent, targets, first) with { Provisional = dear.Provisional }, scope, FcrWindow(now, dear.Provisional), day, first), now),
            memory.Publish(2, memory.Marked(Rate(Formulas.CallbacksPunctual(today), targets.CallbacksPercent, targets, "callbacks.punctual"), scope, day, day, "callbacks.punctual"), now),
            memory.Publish(3, DueSoon(due, targets), now),
            memory.Order([.. DepartmentsOf(tally, directory, scope).Select(id => Department(tally, directory, id, dear, memory, targets))], now),
            DueNext(tally, ledger, now),
            dear.Trend,
            Queues(ledger, today),
            Alarms(tally, scope, now),
            new SourceCell([.. LateSources(tally, now)], DepartmentsOf(tally, directory, "all").ToDictionary(id => id, directory.Department, StringComparer.Ordinal),
                memory.Census.Unannounced),
        ];
        return new(cells, tally.Alerts.Revision);
    }

    /// <summary>What would have been published at an earlier minute, as far as the sums still tell: the first three figures.</summary>
    public static void BackFill(Tally tally, BoardDirectory directory, long minuteStart, string scope, BoardMemory memory)
    {
        if (tally.Books.Find(scope) is not { } ledger) return;
        var minute = minuteStart / Minute;
        var today = ledger.Over(Today(directory, scope, minuteStart));
        memory.Series[0].Put(minute, Formulas.AttainmentOfAll(today).Value);
        memory.Series[1].Put(minute, Fcr(ledger, minuteStart).Ratio.Value);
        memory.Series[2].Put(minute, Formulas.CallbacksPunctual(today).Value);
    }

    // Up to the end of the running minute: windows have whole minutes, and what has just happened belongs to today.
    private static Window Today(BoardDirectory directory, string scope, long now) => new(directory.Today(scope, now).From, End(now));

    private static long End(long now) => now - (now % Minute) + Minute;

    private static SlowFigures Dear(Tally tally, BoardDirectory directory, long now, string scope, BoardMemory memory, Ledger ledger)
    {
        if (memory.Dear is { } kept && !memory.Slow.Due(now)) return kept;
        var watch = Stopwatch.StartNew();
        var (fcr, provisional) = Fcr(ledger, now);
        var sla = new SortedDictionary<string, Ratio>(StringComparer.Ordinal);
        foreach (var id in DepartmentsOf(tally, directory, scope))
            sla[id] = tally.Books.Find("department/" + id) is { } own ? Formulas.AttainmentOfAll(own.Over(Today(directory, "department/" + id, now))) : default;
        memory.Dear = new(fcr, provisional, Trend(tally, ledger, now, scope), sla);
        memory.Slow.Done(now, watch.ElapsedMilliseconds);
        return memory.Dear;
    }

    private static (Ratio Ratio, bool Provisional) Fcr(Ledger ledger, long now)
    {
        var mature = Formulas.FcrMature(ledger.Over(FcrWindow(now, provisional: false)));
        return mature.N >= MatureEnough ? (mature, false) : (Formulas.FcrProvisional(ledger.Over(FcrWindow(now, provisional: true))), true);
    }

    private static Window FcrWindow(long now, bool provisional) => new(End(now) - ((provisional ? 7 : 30) * Day), End(now));

    private static FigureCell Rate(Ratio ratio, int targetPercent, Targets targets, string formula) =>
        new(ratio.Value, ratio.Num, ratio.N, targetPercent / 100m, StateOf(ratio.Value, targetPercent, targets), null, false, [], formula, 0, false);

    private static string StateOf(decimal? value, int targetPercent, Targets targets) => value switch
    {
        null => "none",
        { } v when v * 100 < targetPercent - targets.RiskBandPoints => "breach",
        { } v when v * 100 < targetPercent => "risk",
        _ => "normal",
    };

    private static FigureCell DueSoon(int due, Targets targets)
    {
        var state = due * 2 > targets.DueWithin30 * 3 ? "breach" : due > targets.DueWithin30 ? "risk" : "normal";
        return new(due, due, due, targets.DueWithin30, state, null, false, [], "tickets.due_30m", 0, false);
    }

    private static IEnumerable<string> DepartmentsOf(Tally tally, BoardDirectory directory, string scope) => scope == "all"
        ? directory.Departments.Concat(tally.Books.All.Where(b => b.Key.StartsWith("department/", StringComparison.Ordinal)).Select(b => b.Key["department/".Length..]))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
        : [scope["department/".Length..]];

    private static DepartmentCell Department(Tally tally, BoardDirectory directory, string id, SlowFigures dear, BoardMemory memory, Targets targets)
    {
        var ledger = tally.Books.Find("department/" + id) ?? new Ledger();
        var (tickets, earliest) = memory.Census.Of(id);
        var contacts = ledger.Members(new(Measure.Waiting));
        long? since = contacts.Count > 0 ? Math.Min(contacts.First().At, earliest ?? long.MaxValue) : earliest;
        var breached = ledger.MemberKeys.Where(k => k.Measure == Measure.ClockBreachedOpen).Sum(k => (long)ledger.Members(k).Count);
        var sla = dear.Sla.GetValueOrDefault(id);
        var state = StateOf(sla.Value, targets.SlaPercent, targets);
        return new(id, directory.Department(id), tickets + contacts.Count, since, breached, RatioCell.Of(sla), state == "none" ? "normal" : state);
    }

    private static List<DueCell> DueNext(Tally tally, Ledger ledger, long now)
    {
        var nearest = ledger.MemberKeys.Where(k => k.Measure == Measure.ClockRunning)
            .SelectMany(k => ledger.Members(k).SkipWhile(m => m.At < now).Take(DueShown).Select(m => (m.At, m.Who, k.Param)))
            .OrderBy(d => d.At).ThenBy(d => d.Who).ThenBy(d => d.Param, StringComparer.Ordinal).Take(DueShown).ToList();
        if (nearest.Count == 0) return [];
        var horizon = nearest[^1].At;
        var atRisk = ledger.MemberKeys.Where(k => k.Measure == Measure.ClockAtRisk)
            .SelectMany(k => ledger.Members(k).TakeWhile(m => m.At <= horizon).Select(m => (m.At, m.Who, k.Param))).ToHashSet();
        return [.. nearest.Select(d => Due(tally.Find(d.Who), d.At, d.Who, d.Param, atRisk.Contains(d)))];
    }

    private static DueCell Due(Row? row, long at, Subject who, string clock, bool atRisk)
    {
        // A dispatch's clock belongs to the department that was asked, not to the ticket's own.
        var own = row?.Clocks.FirstOrDefault(c => c.DueAt == at && (c.Id == clock || c.Id.StartsWith(clock + "/", StringComparison.Ordinal)));
        return new(who.Id, own?.DepartmentId ?? row?.DepartmentId, row?.Owner, clock, at, atRisk ? "risk" : "normal");
    }

    private static TrendCell Trend(Tally tally, Ledger ledger, long now, string scope)
    {
        var from = now - (now % TrendStep) - ((TrendSteps - 1) * TrendStep);
        var (created, resolved) = (new long[TrendSteps], new long[TrendSteps]);
        for (var i = 0; i < TrendSteps; i++)
        {
            var step = ledger.Over(new(from + (i * TrendStep), from + ((i + 1) * TrendStep)));
            (created[i], resolved[i]) = (step[Measure.Created], step[Measure.Resolved]);
        }
        var alarms = tally.Alerts.NewsSince(from).Where(a => a.Due.Level == AlertLevel.Red && a.Due.RaisedAt >= from && Concerns(a, scope)).Select(a => a.Due.RaisedAt).Order();
        return new(from, TrendStep / 1000, created, resolved, [.. alarms.TakeLast(AlarmsShown)]);
    }

    private static QueueCell Queues(Ledger ledger, Sums today)
    {
        var waiting = ledger.Members(new(Measure.Waiting));
        return new(
            waiting.Count, waiting.Count == 0 ? null : waiting.First().At, RatioCell.Of(Formulas.AbandonRate(today)),
            ledger.Members(new(Measure.AgentIn, "available")).Count);
    }

    private static AlarmCell Alarms(Tally tally, string scope, long now)
    {
        var (unacked, acked, shelved, quiet, top, warning) = (0, 0, 0, 0, (Alert?)null, (Alert?)null);
        var lately = new List<Alert>();
        foreach (var alert in tally.Alerts.Standing)
        {
            if (!Concerns(alert, scope)) continue;
            if (alert.Since > now - Flood.WindowMs) lately.Add(alert);
            if (alert.Due.Level != AlertLevel.Red) // not counted: it has the strip where no red one is open
            {
                if (Telling.Quiet(alert.Care.Hold, alert.Care.Mute) is null && (warning is null || alert.Due.RaisedAt >= warning.Due.RaisedAt)) warning = alert;
                continue;
            }
            if (alert.Care.Hold == Hold.Shelved) { shelved++; continue; } // counted, not listed
            if (Telling.Quiet(Hold.Open, alert.Care.Mute) is not null) { quiet++; continue; }
            if (alert.Care.Hold == Hold.Acknowledged) acked++; else unacked++;
            if (top is null || Rank(alert).CompareTo(Rank(top)) >= 0) top = alert;
        }
        if (warning is not null && top?.Care.Hold != Hold.Open) top = warning;
        return new(unacked, acked, shelved, top is null ? null : AlertView.Of(top), quiet, Flood.Of(lately, now), tally.Alerts.Silences.AllOf(scope == "all" ? null : scope["department/".Length..], now));
    }

    // What nobody has stands before what somebody has, the newest before the older.
    private static (bool, bool, long) Rank(Alert alert) => (alert.SuppressedBy is null, alert.Care.Hold == Hold.Open, alert.Due.RaisedAt); // a member's group stands before it

    internal static bool Concerns(Alert alert, string scope) =>
        scope == "all" || alert.Due.DepartmentId is { } id && scope == "department/" + id;

    // Silent for a minute after it has spoken today. What was never heard of, or is long gone, is not late but absent.
    private static IEnumerable<LateSource> LateSources(Tally tally, long now) =>
        from source in tally.Sources
        let silent = now - source.Value.LastSeen
        where source.Key != AlertDesk.Source && source.Value.LastSeen != long.MinValue && silent is >= SourceLateMs and < HeardOfMs
        select new LateSource(source.Key, silent / 10_000 * 10); // in steps of 10 s, so that the cell does not change with every beat
}
