using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>The policies, calendars, departments and queues of a folder, as the rules want them. (docs: policies)</summary>
public static class PolicyFolder
{
    public const string Policies = "policies", Calendars = "calendars";

    /// <summary>The policies and calendars that come with the program.</summary>
    public static readonly string Shipped = Path.Combine(AppContext.BaseDirectory, "Policies", "packs");

    /// <summary>
    /// Reads <c>policies/*.yaml</c>, <c>calendars/*.yaml</c>, <c>departments.yaml</c> and <c>queues.yaml</c> of a folder, all of them optional;
    /// its departments and queues win over those of <paramref name="reference"/>, its policies and calendars over shipped ones of the same id. No folder
    /// is what is shipped and the built-in sla-default.
    /// </summary>
    /// <exception cref="ReferenceDataException">The folder does not exist, or a file breaks a rule. Nothing is half loaded.</exception>
    public static PolicySet Load(string? folder, ReferenceData reference) => Read(folder, reference).Set;

    /// <summary>The calendars that come with the program, by id.</summary>
    public static IReadOnlyDictionary<string, BusinessCalendar> ShippedCalendars() => CalendarShelf.Join(ReadAll(Calendars, null, CalendarReader.Read, c => c.Id)).ById;

    /// <param name="draft">a policy or a calendar that is not saved yet; it stands for the file of its id and version (of its id)</param>
    internal static PolicyShelf Read(string? folder, ReferenceData reference, PolicyDraft? draft = null)
    {
        var data = reference.With(ReferenceData.Load(folder));
        var newCalendar = draft is { IsCalendar: true } ? CalendarReader.Read(draft.Entry(CalendarReader.Keys), draft.Name) : null;
        var calendars = CalendarShelf.Join(ReadAll(Calendars, folder, CalendarReader.Read, c => c.Id, newCalendar, (a, b) => a.Id == b.Id && a.Days.From == b.Days.From));
        var reader = new PolicyReader(calendars.ById);
        var newPolicy = draft is { IsCalendar: false } ? reader.Read(draft.Entry(PolicyReader.Keys), draft.Name) : null;
        var files = ReadAll(Policies, folder, reader.Read, p => p.Policy.Id, newPolicy, (a, b) => (a.Policy.Id, a.Policy.Version) == (b.Policy.Id, b.Policy.Version));
        RefuseSameVersion(files);
        var queues = new SortedDictionary<string, QueuePolicy>(StringComparer.Ordinal);
        foreach (var (id, q) in data.Queues) queues[id] = new(id, q.DepartmentId, q.ThresholdsS, q.ShortAbandonS, q.MaxSilenceS * 1000L);
        var set = SetOf(files, queues, DepartmentCalendars(data, calendars));
        RefuseUnreachable(set, files);
        return new(set, files, calendars);
    }

    private static PolicySet SetOf(
        IReadOnlyList<PolicyFile> files, SortedDictionary<string, QueuePolicy> queues, SortedDictionary<string, BusinessCalendar> departments)
    {
        var policies = files.Select(f => f.Policy).ToList();
        // The newest of its versions gives calendar and targets to what nothing else decides.
        var own = policies.Where(p => p.Id == Policy.DefaultId).MaxBy(p => p.Version);
        if (own is null) policies.Add(Policy.SlaDefault);
        return new(own ?? Policy.SlaDefault, queues, departments) { Book = PolicyBook.Of(policies) };
    }

    // An id of the folder takes the place of the shipped one, in all its versions.
    private static List<T> ReadAll<T>(string part, string? folder, Func<string, T> read, Func<T, string> id, T? draft = null, Func<T, T, bool>? same = null)
        where T : class
    {
        var own = Files(folder, part).Select(read).ToList();
        if (draft is not null)
        {
            own.RemoveAll(file => same!(file, draft));
            own.Add(draft);
        }
        var taken = own.Select(id).ToHashSet(StringComparer.Ordinal);
        return [.. Files(Shipped, part).Select(read).Where(f => !taken.Contains(id(f))), .. own];
    }

    private static IReadOnlyList<string> Files(string? folder, string part)
    {
        if (folder is null || !Directory.Exists(Path.Combine(folder, part))) return [];
        var files = Directory.GetFiles(Path.Combine(folder, part)).Order(StringComparer.Ordinal).ToList();
        // A file that is overlooked would be a promise that nobody watches.
        if (files.Find(f => f.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)) is { } other) throw new ReferenceDataException(other, 0, "must be named *.yaml to be read");
        return files.FindAll(f => f.EndsWith(".yaml", StringComparison.Ordinal));
    }

    private static SortedDictionary<string, BusinessCalendar> DepartmentCalendars(ReferenceData data, CalendarShelf calendars)
    {
        var all = new SortedDictionary<string, BusinessCalendar>(StringComparer.Ordinal);
        foreach (var department in data.Departments.Values)
        {
            if (department.Calendar is not { } name) continue;
            all[department.Id] = calendars.ById.TryGetValue(name.Id, out var calendar) ? calendar
                : throw new ReferenceDataException(name.File, name.Line, $"calendar '{name.Id}' is not in {Calendars}/ of the policy folder");
        }
        return all;
    }

    private static void RefuseSameVersion(IReadOnlyList<PolicyFile> files)
    {
        var seen = new Dictionary<(string, int), string>();
        foreach (var file in files)
            if (!seen.TryAdd((file.Policy.Id, file.Policy.Version), file.File))
                throw new ReferenceDataException(file.File, 1, $"version {file.Policy.Version} of policy '{file.Policy.Id}' stands in {Path.GetFileName(seen[(file.Policy.Id, file.Policy.Version)])} as well");
    }

    private const long TenYearsMs = 3_650 * 86_400_000L;

    // A limit that is not used up within ten years would never be due. Tried from the start of the policy's or the calendar's effect.
    private static void RefuseUnreachable(PolicySet set, IReadOnlyList<PolicyFile> files)
    {
        foreach (var file in files)
            foreach (var (clock, line) in file.Clocks)
            {
                IEnumerable<BusinessCalendar> calendars = clock.Calendar is { } own ? [own]
                    : file.Policy.Id != Policy.DefaultId && file.Policy.Calendar is { } shared ? [shared]
                    : set.DepartmentCalendars.Values.Append(set.CalendarOf((string?)null)).Distinct();
                foreach (var calendar in calendars)
                    if (clock.LimitByPriority.Any(limit => limit.InBusinessTime && !Reached(limit, calendar)))
                        throw new ReferenceDataException(file.File, line, $"in calendar '{calendar.Id}' the limit is not used up within ten years");
            }
    }

    private static bool Reached(Limit limit, BusinessCalendar calendar)
    {
        var start = calendar.NextOpen(0);
        for (var year = 1980; start == BusinessCalendar.Never && year < 2200; year += 10) start = calendar.NextOpen(NodaTime.Instant.FromUtc(year, 1, 1, 0, 0).ToUnixTimeMilliseconds());
        return start != BusinessCalendar.Never && limit.DueFrom(start, calendar) is var due && due != BusinessCalendar.Never && due - start <= TenYearsMs;
    }
}

/// <summary>A file as somebody is writing it.</summary>
internal sealed record PolicyDraft(bool IsCalendar, string Text)
{
    public string Name => IsCalendar ? "calendar" : "policy";

    public YamlEntry Entry(IReadOnlyList<string> keys) => YamlEntries.OneText(Name, Text, keys);
}

/// <summary>What was read, with what only people need.</summary>
internal sealed record PolicyShelf(PolicySet Set, IReadOnlyList<PolicyFile> Files, CalendarShelf Calendars);
