using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Rules;

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
    public static PolicySet Load(string? folder, ReferenceData reference) => StartState.Read(folder, reference).With([]).Set;

    /// <summary>The calendars that come with the program, by id.</summary>
    public static IReadOnlyDictionary<string, BusinessCalendar> ShippedCalendars() => CalendarShelf.Join([.. Files(Shipped, Calendars).Select(CalendarReader.Read)]).ById;

    /// <summary>The start state with what was saved since, in its order, checked as a whole. (docs: policies, Saving)</summary>
    /// <exception cref="ReferenceDataException">A text breaks a rule, or what it says does not go with the rest.</exception>
    internal static PolicyShelf Put(StartState start, IReadOnlyList<PolicyEdit> edits)
    {
        var (data, line) = (start.Data, new SavedCalendars(start.Calendars));
        foreach (var edit in edits)
            if (edit.Kind == EditKind.Calendar) line.Add(edit);
        var calendars = CalendarShelf.Join(line.Files);
        var reader = new PolicyReader(calendars.ById);
        List<PolicyFile> files = [.. start.Policies.Select(p => reader.Read(p.Entry, p.File))];
        foreach (var edit in edits)
            if (edit.Kind == EditKind.Policy) files.Add(Saved(reader, edit));
        RefuseSameVersion(files);
        var rules = start.Rules;
        foreach (var edit in edits)
            if (edit.Kind == EditKind.Rules) rules = RuleFile.Draft(edit.Text, rules, NameOf(edit)).SavedOver(rules, edit.At);
        var queues = new SortedDictionary<string, QueuePolicy>(StringComparer.Ordinal);
        foreach (var (id, q) in data.Queues) queues[id] = new(id, q.DepartmentId, q.ThresholdsS, q.ShortAbandonS, q.MaxSilenceS * 1000L);
        var set = SetOf(files, queues, DepartmentCalendars(data, calendars)) with
        {
            Line = line.Line, Metrics = start.Metrics.Settings, FcrWindowMs = start.Metrics.FcrWindowMs, FcrPerIssue = start.Metrics.FcrPerIssue, Rules = rules,
        };
        RefuseUnreachable(set, files);
        return new(set, files, calendars);
    }

    // Whatever its effective date says: nothing that began before it was saved is judged by it, unless it asks for running clocks.
    private static PolicyFile Saved(PolicyReader reader, PolicyEdit edit)
    {
        var file = reader.Read(YamlEntries.OneText(NameOf(edit), edit.Text, PolicyReader.Keys), NameOf(edit));
        var policy = file.Policy with { Version = edit.Version, FromMs = Math.Max(file.Policy.FromMs, edit.At) };
        return policy.ToMs > policy.FromMs ? file with { Policy = policy, Edit = edit }
            : throw new ReferenceDataException(NameOf(edit), 1, "'effective' is over before this can begin: a saved version begins when it is saved, at the earliest");
    }

    internal static string NameOf(PolicyEdit edit) => $"saved-{edit.Number}.yaml";

    private static PolicySet SetOf(
        IReadOnlyList<PolicyFile> files, SortedDictionary<string, QueuePolicy> queues, SortedDictionary<string, BusinessCalendar> departments)
    {
        var policies = files.Select(f => f.Policy).ToList();
        // The newest of its versions gives calendar and targets to what nothing else decides.
        var own = policies.Where(p => p.Id == Policy.DefaultId).MaxBy(p => p.Version);
        if (!files.Any(f => f.Policy.Id == Policy.DefaultId && f.Edit is null)) policies.Add(Policy.SlaDefault); // a saved version follows the built-in one
        return new(own ?? Policy.SlaDefault, queues, departments) { Book = PolicyBook.Of(policies) };
    }

    internal static IReadOnlyList<string> Files(string? folder, string part)
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

/// <summary>What was read, with what only people need.</summary>
internal sealed record PolicyShelf(PolicySet Set, IReadOnlyList<PolicyFile> Files, CalendarShelf Calendars)
{
    /// <summary>The highest version of a policy that there is; 0 where there is none.</summary>
    public int NewestOf(string id) => Set.Book.Policies.Where(p => p.Id == id).Select(p => p.Version).DefaultIfEmpty(0).Max();
}
