using OpsMonitor.Grains.Calendars;

namespace OpsMonitor.Grains.Policies;

/// <summary>A calendar was replaced at an instant (Unix ms); with <see cref="Running"/> also for clocks that ran then.</summary>
public sealed record CalendarChange(long At, bool Running, BusinessCalendar Before);

/// <summary>What calendars were before they were saved anew: a clock keeps the one with which it started. (design: rule 5)</summary>
public sealed class CalendarLine(IReadOnlyDictionary<string, IReadOnlyList<CalendarChange>> changes)
{
    public static readonly CalendarLine None = new(new SortedDictionary<string, IReadOnlyList<CalendarChange>>(StringComparer.Ordinal));

    /// <param name="newest">as it stands now</param>
    /// <param name="ended">Unix ms; null for a clock that still runs</param>
    public BusinessCalendar For(BusinessCalendar newest, long start, long? ended)
    {
        if (changes.Count == 0 || !changes.TryGetValue(newest.Id, out var line)) return newest;
        for (var i = line.Count - 1; i >= 0; i--)
        {
            if (start >= line[i].At || (line[i].Running && !(ended <= line[i].At))) break;
            newest = line[i].Before;
        }
        return newest;
    }
}
