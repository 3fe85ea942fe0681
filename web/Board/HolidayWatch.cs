using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Web.Board;

/// <summary>Calendars in use whose next holidays nobody has announced yet: due times beyond are guesses, and the wall says so.</summary>
public static class HolidayWatch
{
    /// <summary>Long enough to get the new year's list.</summary>
    public const int DaysAhead = 90;

    /// <param name="inUse">ids of policies by which clocks run now: one that only tickets ask for counts when one does</param>
    public static IReadOnlyList<UnannouncedCalendar> Of(PolicySet policies, IReadOnlySet<string> inUse, long now)
    {
        var (soon, found) = (Instant.FromUnixTimeMilliseconds(now).InUtc().Date.PlusDays(DaysAhead), new SortedDictionary<string, UnannouncedCalendar>(StringComparer.Ordinal));
        foreach (var calendar in policies.DepartmentCalendars.Values) Look(calendar);
        foreach (var policy in policies.Book.Policies)
        {
            if (!inUse.Contains(policy.Id) && policy.AppliesWhen.AsksForPolicies) continue;
            Look(policy.Calendar);
            foreach (var clock in policy.Clocks)
                if (inUse.Contains(policy.Id) || !clock.When.AsksForPolicies) Look(clock.Calendar);
        }
        return [.. found.Values];

        void Look(BusinessCalendar? calendar)
        {
            if (calendar?.AnnouncedUntil is { } until && until < soon) found[calendar.Id] = new(calendar.Id, LocalDatePattern.Iso.Format(until));
        }
    }
}
