using OpsMonitor.Grains.Calendars;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>All calendars by id, 24x7 among them. Several files of one id are one calendar at different times.</summary>
internal sealed record CalendarShelf(IReadOnlyList<CalendarFile> Files, IReadOnlyDictionary<string, BusinessCalendar> ById)
{
    public static CalendarShelf Join(IReadOnlyList<CalendarFile> files)
    {
        var all = new SortedDictionary<string, BusinessCalendar>(StringComparer.Ordinal) { [BusinessCalendar.Always.Id] = BusinessCalendar.Always };
        foreach (var group in files.GroupBy(f => f.Id, StringComparer.Ordinal))
        {
            all[group.Key] = JoinOne(group);
        }
        return new(files, all);
    }

    /// <summary>All files of one id as one calendar.</summary>
    public static BusinessCalendar JoinOne(IEnumerable<CalendarFile> files)
    {
        var parts = files.OrderBy(f => f.Days.From ?? NodaTime.LocalDate.MinIsoValue).ToList();
        for (var i = 1; i < parts.Count; i++)
        {
            var (before, next) = (parts[i - 1], parts[i]);
            if (before.Days.To is not { } to || next.Days.From is not { } from || to >= from)
                throw new ReferenceDataException(next.File, next.Line, $"calendar '{next.Id}' stands in {Path.GetFileName(before.File)} as well, and both are in effect at the same time");
            if (!before.Zone.Equals(next.Zone)) throw new ReferenceDataException(next.File, next.Line, $"calendar '{next.Id}' has another time zone in {Path.GetFileName(before.File)}");
        }
        return new(parts[0].Id, parts[0].Zone, [.. parts.Select(p => p.Days)]) { AnnouncedUntil = parts[^1].AnnouncedUntil };
    }
}
