using NodaTime;

namespace OpsMonitor.Grains.Alerts;

/// <summary>Somebody works on these days of the week; a shift that ends at or before it begins ends on the next day.</summary>
/// <param name="People">they take turns, a week each</param>
public sealed record Shift(IReadOnlyList<IsoDayOfWeek> Days, LocalTime From, LocalTime To, IReadOnlyList<string> People);

/// <summary>Somebody stands in for whoever would be on duty in [<see cref="From"/>, <see cref="To"/>), Unix ms.</summary>
public sealed record StandIn(long From, long To, string Person, string? Reason);

/// <summary>Somebody is on duty in [<see cref="From"/>, <see cref="To"/>), Unix ms.</summary>
/// <param name="Reason">of a stand-in; null for the plan's own</param>
public sealed record OnDuty(string Person, long From, long To, bool StandsIn, string? Reason);

/// <summary>
/// Who is on duty: a weekly plan in which people take turns, and stand-ins. At most one at any instant; where several stand-ins hold, the last
/// of the list. Pure: the same plan says the same of the same instant, for ever.
/// </summary>
/// <param name="From">weeks are counted from this date, so its day of the week is the day on which turns change</param>
public sealed record Rota(string Id, DateTimeZone Zone, LocalDate From, IReadOnlyList<Shift> Shifts, IReadOnlyList<StandIn> StandIns)
{
    private const long DayMs = 86_400_000;

    // The longest shift is a day, and turns last a week: whoever is on duty at an instant is known from so far around it.
    private const int LookDays = 15;

    /// <summary>Null where nobody is.</summary>
    public OnDuty? At(long at)
    {
        foreach (var duty in Between(at - (LookDays * DayMs), at + (LookDays * DayMs)))
            if (duty.From <= at && at < duty.To) return duty;
        return null;
    }

    /// <summary>Who comes after an instant and is not on duty at it already; null where nobody does within a month.</summary>
    public OnDuty? After(long at)
    {
        foreach (var duty in Between(at - (LookDays * DayMs), at + (31 * DayMs)))
            if (duty.From > at) return duty;
        return null;
    }

    /// <summary>All who are on duty in [from, to), cut at its ends, in their order and without overlap.</summary>
    public IReadOnlyList<OnDuty> Between(long from, long to)
    {
        var planned = Planned(from, to);
        var edges = new SortedSet<long> { from, to };
        foreach (var (start, end, _) in planned) { Edge(start); Edge(end); }
        foreach (var one in StandIns) { Edge(one.From); Edge(one.To); }
        var found = new List<OnDuty>();
        var begin = long.MinValue;
        foreach (var edge in edges)
        {
            if (begin != long.MinValue && Of(begin, edge, planned) is { } duty)
            {
                if (found.Count > 0 && found[^1] is var last && last.To == begin && last with { From = begin, To = edge } == duty) found[^1] = last with { To = edge };
                else found.Add(duty);
            }
            begin = edge;
        }
        return found;

        void Edge(long at)
        {
            if (at > from && at < to) edges.Add(at);
        }
    }

    // Between two neighbouring edges nothing changes.
    private OnDuty? Of(long from, long to, List<(long From, long To, string Person)> planned)
    {
        for (var i = StandIns.Count - 1; i >= 0; i--)
            if (StandIns[i].From <= from && to <= StandIns[i].To) return new(StandIns[i].Person, from, to, true, StandIns[i].Reason);
        foreach (var (start, end, person) in planned)
            if (start <= from && to <= end) return new(person, from, to, false, null);
        return null;
    }

    private List<(long From, long To, string Person)> Planned(long from, long to)
    {
        var found = new List<(long, long, string)>();
        var date = Instant.FromUnixTimeMilliseconds(from).InZone(Zone).Date.PlusDays(-2);
        for (var end = Instant.FromUnixTimeMilliseconds(to).InZone(Zone).Date; date <= end; date = date.PlusDays(1))
            foreach (var shift in Shifts)
            {
                if (!Works(shift, date.DayOfWeek)) continue;
                var (start, stop) = (Ms(date + shift.From), Ms((shift.To <= shift.From ? date.PlusDays(1) : date) + shift.To));
                if (stop > from && start < to && start < stop) found.Add((start, stop, shift.People[Turn(date, shift.People.Count)]));
            }
        return found;
    }

    private static bool Works(Shift shift, IsoDayOfWeek day)
    {
        foreach (var one in shift.Days)
            if (one == day) return true;
        return false;
    }

    private int Turn(LocalDate date, int people)
    {
        var days = Period.DaysBetween(From, date);
        var week = days >= 0 ? days / 7 : -((6 - days) / 7);
        return ((week % people) + people) % people;
    }

    // A time that the clocks skip is the instant after the gap; one that comes twice is the first.
    private long Ms(LocalDateTime local) => Zone.AtLeniently(local).ToInstant().ToUnixTimeMilliseconds();

    /// <summary>Two shifts that would have two people on duty at once; null where there are none.</summary>
    public static (Shift, Shift)? Overlap(IReadOnlyList<Shift> shifts)
    {
        const int day = 24 * 60, week = 7 * day;
        var taken = new List<(int From, int To, Shift Shift)>();
        foreach (var shift in shifts)
            foreach (var on in shift.Days)
            {
                var from = (((int)on - 1) * day) + (shift.From.Hour * 60) + shift.From.Minute;
                var minutes = ((shift.To.Hour - shift.From.Hour) * 60) + shift.To.Minute - shift.From.Minute;
                taken.Add((from, from + (minutes <= 0 ? minutes + day : minutes), shift));
            }
        for (var i = 0; i < taken.Count; i++)
            for (var j = 0; j < i; j++)
                foreach (var shift in (int[])[-week, 0, week])
                    if (taken[i].From + shift < taken[j].To && taken[j].From < taken[i].To + shift) return (taken[j].Shift, taken[i].Shift);
        return null;
    }
}
