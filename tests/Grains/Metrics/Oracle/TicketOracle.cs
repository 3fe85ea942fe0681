using System.Globalization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Tests.Grains.Metrics.Oracle;

/// <summary>One ticket's life, read off its events.</summary>
internal sealed class Life
{
    public required Subject Who { get; init; }
    public required TicketCreated Made { get; init; }
    public required long At { get; init; }
    public required List<Event> Events { get; init; } // its own, up to its leaving
    public string? Department { get; private set; }
    public long? Left { get; private set; }
    public List<(long From, long To)> Solved { get; } = [];
    public List<(long From, long To)> Shut { get; } = [];
    public List<string> Visits { get; } = [];
    public long? BackAt { get; private set; }
    public int Hops { get; private set; }
    public string? Issue { get; private set; }
    public bool Complaint => Made.Kind == TicketKind.Complaint;

    public static List<Life> All(Question q) => [.. q.Stories(SubjectKind.Ticket).Select(Of)];

    private static Life Of(List<Event> story)
    {
        var life = new Life { Who = story[0].Subject, Made = (TicketCreated)story[0].Data!, At = story[0].At, Events = story };
        life.Department = story[0].DepartmentId;
        if (life.Department is { } first) life.Visits.Add(first);
        long? solved = null, shut = null;
        foreach (var e in story)
            switch (e.Data)
            {
                case TicketCreated d: life.Issue = d.IssueKey; break;
                case TicketClassified d:
                    life.Issue = d.IssueKey ?? life.Issue;
                    if (e.DepartmentId is not { } moved) break;
                    if (life.Visits.Count > 0 && life.Visits[^1] != moved) life.Hops++;
                    life.Go(moved, e.At);
                    break;
                case TicketDispatched d:
                    life.Hops++;
                    if (d.Role == DispatchRole.Lead) life.Go(d.DepartmentId, e.At);
                    break;
                case TicketResolved: solved ??= e.At; break;
                case TicketClosed: solved ??= e.At; shut = e.At; break;
                case TicketReopened:
                    life.Solved.Add((solved!.Value, e.At));
                    if (shut is { } s) life.Shut.Add((s, e.At));
                    (solved, shut) = (null, null);
                    break;
                case TicketWithdrawn: life.Left = e.At; break;
            }
        if (solved is { } open) life.Solved.Add((open, long.MaxValue));
        if (shut is { } closed) life.Shut.Add((closed, long.MaxValue));
        return life;
    }

    private void Go(string department, long at)
    {
        Department = department;
        if (Visits.Count > 0 && Visits[^1] == department) return;
        if (Visits.Contains(department)) BackAt ??= at;
        Visits.Add(department);
    }

    public bool IsOpen(long at) => At <= at && !(Left <= at) && !Shut.Exists(s => s.From <= at && at < s.To);

    public bool IsUnresolved(long at) => At <= at && !(Left <= at) && !Solved.Exists(s => s.From <= at && at < s.To);

    public long? ClosedForGood => Shut.Count > 0 && Shut[^1].To == long.MaxValue ? Shut[^1].From : null;
}

/// <summary>Tickets: counts, levels, how long they took and who had them.</summary>
internal static class TicketOracle
{
    private const long Soon = 30 * Story.Day;

    public static void Fill(Question q)
    {
        var lives = Life.All(q);
        long Count(Func<Life, IEnumerable<long>> at) => lives.Sum(l => at(l).Count(t => q.In(null, l.Department, t)));
        var (created, resolved, closed) = (Count(l => [l.At]), Count(l => l.Solved.Select(s => s.From)), Count(l => l.Shut.Select(s => s.From)));
        var (last, complaints) = (Math.Min(q.To, q.Now + 1) - 1, Count(l => l.Complaint ? [l.At] : []));
        q["tickets.created"] = created;
        q["tickets.resolved"] = resolved;
        q["tickets.closed"] = closed;
        q["tickets.reopened"] = Count(l => l.Solved.Where(s => s.To < long.MaxValue).Select(s => s.To));
        q["tickets.net_flow"] = created - resolved;
        q["tickets.open"] = (long)lives.Count(l => q.Scoped(null, l.Department) && l.IsOpen(last));
        q["tickets.unresolved"] = (long)lives.Count(l => q.Scoped(null, l.Department) && l.IsUnresolved(last));
        q["on_the_spot"] = new Ratio(Count(l => OnTheSpot(l) ? [l.At] : []), complaints);
        q["reopen_rate"] = new Ratio(Count(l => l.Shut.Where(s => UndoneSoon(l, s)).Select(s => s.From)), closed);
        var done = lives.Where(l => l.Solved.Count > 0 && l.Solved[^1].To == long.MaxValue && q.In(null, l.Department, l.Solved[^1].From)).ToList();
        q.Distribution("resolution.wall.", done.Select(l => l.Solved[^1].From - Received(l)));
        q.Distribution("resolution.", done.Select(l => Math.Max(0, l.Solved[^1].From - Received(l) - Paused(l).Sum(p => Math.Max(0, Math.Min(p.To, l.Solved[^1].From) - Math.Max(p.From, Received(l)))))));
        (q["resolution.n"], q["resolution.wall.n"]) = ((long)done.Count, (long)done.Count);
        Held(q, lives);
        if (!q.Live) return;
        var open = lives.Where(l => q.Scoped(null, l.Department) && l.IsOpen(q.Now)).Select(l => (q.Now - l.At) / (decimal)Story.Day).ToList();
        q["ageing"] = new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["0-1d"] = (long)open.Count(d => d < 1), ["1-3d"] = (long)open.Count(d => d is >= 1 and < 3), ["3-7d"] = (long)open.Count(d => d is >= 3 and < 7),
            ["7-30d"] = (long)open.Count(d => d is >= 7 and < 30), ["30d+"] = (long)open.Count(d => d >= 30),
        };
    }

    private static bool OnTheSpot(Life l) =>
        l.Complaint && l.Solved.Count > 0 && l.Solved[^1].To == long.MaxValue && !l.Events.Exists(e => e.Data is TicketDispatched)
        && l.Events.LastOrDefault(e => e.At == l.Solved[^1].From)?.Data is TicketResolved { OnTheSpot: true };

    // It, or the solution it ended, or one before that which was undone before it was closed.
    private static bool UndoneSoon(Life l, (long From, long To) shut)
    {
        if (shut.To < long.MaxValue && shut.To - shut.From <= Soon) return true;
        var before = l.Shut.Where(s => s.From < shut.From).Select(s => s.To).DefaultIfEmpty(0).Max();
        return l.Solved.Exists(s => s.To <= shut.From && s.From >= before && !l.Shut.Exists(x => x.To == s.To) && s.To - s.From <= Soon);
    }

    public static long Received(Life l) => l.Made.ReceivedAt is { } r ? DateTimeOffset.Parse(r, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds() : l.At;

    private static List<(long From, long To)> Paused(Life l)
    {
        var pauses = new List<(long, long)>();
        long? since = null;
        foreach (var e in l.Events)
        {
            if (e.Data is TicketClockPaused) since ??= e.At;
            if (e.Data is TicketClockResumed && since is { } from) { pauses.Add((from, e.At)); since = null; }
        }
        if (since is { } open) pauses.Add((open, long.MaxValue));
        return pauses;
    }

    // Of those that are over: every stretch between two events has one holder.
    private static void Held(Question q, List<Life> lives)
    {
        var sums = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var l in lives)
        {
            if ((l.Left ?? l.ClosedForGood) is not { } end) continue;
            long[] marks = [.. l.Events.Select(e => e.At).Append(Math.Min(Received(l), l.At)).Where(t => t <= end).Distinct().Order()];
            for (var i = 1; i < marks.Length; i++)
            {
                var at = marks[i - 1];
                var customer = Paused(l).Exists(p => p.From <= at && at < p.To);
                var sent = l.Events.Where(e => e.Data is TicketDispatched && e.At <= at).GroupBy(e => ((TicketDispatched)e.Data!).DispatchId).Select(g => g.Last())
                    .Where(s => !l.Events.Exists(e => e.At > s.At && e.At <= at && Ends(e, ((TicketDispatched)s.Data!).DispatchId))).OrderBy(e => e.At).LastOrDefault();
                var department = customer || sent is null ? null : ((TicketDispatched)sent.Data!).DepartmentId;
                if (!q.In(null, department ?? l.Department, end)) continue;
                var holder = customer ? "customer_s" : department is null ? "service_desk_s" : "department_s";
                sums[holder] = sums.GetValueOrDefault(holder) + marks[i] - at;
            }
        }
        q["time_ledger"] = sums.Count == 0 ? null : new SortedDictionary<string, object?>(sums.ToDictionary(s => s.Key, s => (object?)Question.Seconds(s.Value)), StringComparer.Ordinal);
    }

    private static bool Ends(Event e, string dispatch) =>
        e.Data is TicketDispatchAnswered a && a.DispatchId == dispatch || e.Data is TicketDispatchReturned r && r.DispatchId == dispatch;
}
