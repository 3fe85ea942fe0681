using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Tickets;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Policies;

/// <summary>A clock that other policies would judge otherwise; a side is null where the clock is not there.</summary>
public sealed record ClockChange(Subject Ticket, string Clock, int Round, ClockRow? Before, ClockRow? After);

/// <summary>An alert that would be raised, or one that stands and would be withdrawn.</summary>
public sealed record AlertChange(DueAlert Alert, bool Raised);

/// <summary>What would become of one open ticket.</summary>
public sealed record TicketChange(IReadOnlyList<ClockChange> Clocks, IReadOnlyList<AlertChange> Alerts);

/// <summary>Judges tickets under two sets of policies at one instant and tells the difference. Nothing is changed by it.</summary>
public static class DryRun
{
    public static TicketChange? Of(Subject ticket, IReadOnlyList<Event> history, PolicySet before, PolicySet after, long now)
    {
        var (old, next) = (TicketRules.Evaluate(ticket, history, before, now), TicketRules.Evaluate(ticket, history, after, now));
        var (clocks, alerts) = (new List<ClockChange>(), new List<AlertChange>());
        var (was, will) = (ByRound(old.Row), ByRound(next.Row));
        foreach (var (key, row) in was)
        {
            var now_ = will.GetValueOrDefault(key);
            if (now_ is null || (row.State, row.DueAt, row.Policy, row.Version) != (now_.State, now_.DueAt, now_.Policy, now_.Version)) clocks.Add(new(ticket, key.Clock, key.Round, row, now_));
        }
        foreach (var (key, row) in will)
            if (!was.ContainsKey(key)) clocks.Add(new(ticket, key.Clock, key.Round, null, row));
        Compare(old.Alerts, next.Alerts, raised: false, alerts);
        Compare(next.Alerts, old.Alerts, raised: true, alerts);
        return clocks.Count + alerts.Count == 0 ? null : new(clocks, alerts);
    }

    // What is broken under the one and the other goes on as the alert that it is.
    private static void Compare(IReadOnlyList<DueAlert> those, IReadOnlyList<DueAlert> others, bool raised, List<AlertChange> into)
    {
        foreach (var alert in those)
        {
            if (!alert.Active) continue;
            var known = false;
            foreach (var other in others) known |= other.Active && other.Rule == alert.Rule && other.Clock == alert.Clock;
            if (!known) into.Add(new(alert, raised));
        }
    }

    private static SortedDictionary<(string Clock, int Round), ClockRow> ByRound(Row? row)
    {
        var all = new SortedDictionary<(string, int), ClockRow>();
        foreach (var clock in row?.Clocks ?? [])
        {
            var round = 1;
            while (all.ContainsKey((clock.Id, round))) round++;
            all[(clock.Id, round)] = clock;
        }
        return all;
    }
}
