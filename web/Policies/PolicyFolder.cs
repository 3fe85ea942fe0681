using NodaTime;
using NodaTime.Extensions;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>The policies, calendars, departments and queues of a folder, as the rules want them. (docs: policies)</summary>
public static class PolicyFolder
{
    public const string Policies = "policies", Calendars = "calendars";

    /// <summary>
    /// Reads <c>policies/*.yaml</c>, <c>calendars/*.yaml</c>, <c>departments.yaml</c> and <c>queues.yaml</c> of a folder, all of them optional;
    /// its departments and queues win over those of <paramref name="reference"/>. No folder is the built-in sla-default.
    /// </summary>
    /// <param name="time">tells whether a policy is in effect today (UTC); the system's clock unless given</param>
    /// <exception cref="ReferenceDataException">The folder does not exist, or a file breaks a rule. Nothing is half loaded.</exception>
    public static PolicySet Load(string? folder, ReferenceData reference, TimeProvider? time = null)
    {
        var data = reference.With(ReferenceData.Load(folder));
        var calendars = ReadCalendars(Files(folder, Calendars));
        var departments = DepartmentCalendars(data, calendars);
        var today = Instant.FromDateTimeOffset((time ?? TimeProvider.System).GetUtcNow()).InUtc().Date;
        var files = ReadPolicies(Files(folder, Policies), new(calendars, today));
        var queues = new SortedDictionary<string, QueuePolicy>(StringComparer.Ordinal);
        foreach (var (id, q) in data.Queues) queues[id] = new(id, q.DepartmentId, q.ThresholdsS, q.ShortAbandonS, q.MaxSilenceS * 1000L);
        var set = PolicySet.Default with { Policy = Merge(files), Queues = queues, DepartmentCalendars = departments };
        RefuseUnreachable(set, files);
        return set;
    }

    private static IReadOnlyList<string> Files(string? folder, string part)
    {
        if (folder is null || !Directory.Exists(Path.Combine(folder, part))) return [];
        var files = Directory.GetFiles(Path.Combine(folder, part)).Order(StringComparer.Ordinal).ToList();
        // A file that is overlooked would be a promise that nobody watches.
        if (files.Find(f => f.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)) is { } other) throw new ReferenceDataException(other, 0, "must be named *.yaml to be read");
        return files.FindAll(f => f.EndsWith(".yaml", StringComparison.Ordinal));
    }

    private static SortedDictionary<string, BusinessCalendar> ReadCalendars(IReadOnlyList<string> files)
    {
        var all = new SortedDictionary<string, BusinessCalendar>(StringComparer.Ordinal) { [BusinessCalendar.Always.Id] = BusinessCalendar.Always };
        foreach (var file in files)
        {
            var calendar = CalendarReader.Read(file);
            if (!all.TryAdd(calendar.Id, calendar)) throw new ReferenceDataException(file, 1, $"calendar '{calendar.Id}' stands in another file as well");
        }
        return all;
    }

    private static SortedDictionary<string, BusinessCalendar> DepartmentCalendars(ReferenceData data, SortedDictionary<string, BusinessCalendar> calendars)
    {
        var all = new SortedDictionary<string, BusinessCalendar>(StringComparer.Ordinal);
        foreach (var department in data.Departments.Values)
        {
            if (department.Calendar is not { } name) continue;
            all[department.Id] = calendars.TryGetValue(name.Id, out var calendar) ? calendar
                : throw new ReferenceDataException(name.File, name.Line, $"calendar '{name.Id}' is not in {Calendars}/ of the policy folder");
        }
        return all;
    }

    private static SortedDictionary<string, PolicyEntry> ReadPolicies(IReadOnlyList<string> files, PolicyReader reader)
    {
        var (all, clocks) = (new SortedDictionary<string, PolicyEntry>(StringComparer.Ordinal), new Dictionary<string, ClockEntry>(StringComparer.Ordinal));
        foreach (var file in files)
        {
            var policy = reader.Read(file);
            if (!all.TryAdd(policy.Id, policy)) throw new ReferenceDataException(file, 1, $"policy '{policy.Id}' stands in another file as well");
            foreach (var entry in policy.Clocks)
            {
                if (clocks.TryAdd(entry.Clock.Id, entry)) continue;
                var other = clocks[entry.Clock.Id];
                throw new ReferenceDataException(
                    file, entry.Line, $"clock '{entry.Clock.Id}' stands in {Path.GetFileName(other.File)}:{other.Line} as well; a choice between the two is not supported yet");
            }
        }
        return all;
    }

    // The rules know one policy. Clocks of other files join it, with their own policy's id, version and calendar; of a clock that
    // sla-default has built in, the file's stands.
    private static Policy Merge(SortedDictionary<string, PolicyEntry> files)
    {
        var builtIn = Policy.SlaDefault;
        var policy = files.TryGetValue(builtIn.Id, out var own)
            ? builtIn with { Version = own.Version, Calendar = own.Calendar ?? builtIn.Calendar, Clocks = [.. own.Clocks.Select(c => c.Clock)] }
            : builtIn;
        var added = files.Values.Where(f => f.Id != builtIn.Id)
            .SelectMany(f => f.Clocks.Select(c => c.Clock with { Calendar = c.Clock.Calendar ?? f.Calendar })).ToList();
        var replaced = added.Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
        return policy with { Clocks = [.. policy.Clocks.Where(c => !replaced.Contains(c.Id)), .. added] };
    }

    private const long TenYearsMs = 3_650 * 86_400_000L;

    // A calendar is searched for ten years only: a limit that is not used up by then would never be due.
    private static void RefuseUnreachable(PolicySet set, SortedDictionary<string, PolicyEntry> files)
    {
        var places = files.Values.SelectMany(f => f.Clocks).ToDictionary(c => c.Clock.Id, c => c, StringComparer.Ordinal);
        foreach (var clock in set.Policy.Clocks)
        {
            var calendars = clock.Calendar is { } own ? [own] : set.DepartmentCalendars.Values.Append(set.Policy.Calendar).Distinct();
            foreach (var calendar in calendars)
            {
                if (!clock.LimitByPriority.Any(limit => limit.InBusinessTime && limit.DueFrom(0, calendar) > TenYearsMs)) continue;
                if (places.TryGetValue(clock.Id, out var place)) throw new ReferenceDataException(place.File, place.Line, $"in calendar '{calendar.Id}' the limit is not used up within ten years");
            }
        }
    }
}
