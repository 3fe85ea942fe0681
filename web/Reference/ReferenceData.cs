using NodaTime;

namespace OpsMonitor.Web.Reference;

/// <summary>A name in the languages of the wall; any of them may be missing, not all.</summary>
public sealed record Title(string? En, string? ZhHans, string? ZhHant);

/// <summary>A calendar that a file names, and where: the calendars themselves are read elsewhere.</summary>
public sealed record CalendarName(string Id, string File, long Line);

/// <summary>A department. Its day begins at <see cref="DayAnchor"/> in <see cref="TimeZone"/>; its promises count in <see cref="Calendar"/>.</summary>
public sealed record Department(string Id, Title? Title, DateTimeZone TimeZone, LocalTime DayAnchor, CalendarName? Calendar = null)
{
    /// <summary>The day of the month on which its months begin, 1 to 28.</summary>
    public int MonthAnchor { get; init; } = 1;
}

/// <summary>A queue. Thresholds ascend; thresholds, short abandon and longest silence are in seconds.</summary>
public sealed record ContactQueue(string Id, string? DepartmentId, Title? Title, IReadOnlyList<int> ThresholdsS, int ShortAbandonS, int MaxSilenceS)
{
    public const int DefaultThresholdS = 20, DefaultShortAbandonS = 5, DefaultMaxSilenceS = 4 * 60 * 60;

    /// <summary>What holds for a queue that no file describes.</summary>
    public static ContactQueue Unlisted(string id) => new(id, null, null, [DefaultThresholdS], DefaultShortAbandonS, DefaultMaxSilenceS);
}

/// <summary>The departments and queues of an installation, by id in ordinal order. Both files are optional.</summary>
public sealed record ReferenceData(IReadOnlyDictionary<string, Department> Departments, IReadOnlyDictionary<string, ContactQueue> Queues)
{
    public const string DepartmentsFile = "departments.yaml", QueuesFile = "queues.yaml";

    public static readonly ReferenceData Empty = new(
        new SortedDictionary<string, Department>(StringComparer.Ordinal), new SortedDictionary<string, ContactQueue>(StringComparer.Ordinal));

    /// <summary>Reads <c>departments.yaml</c> and <c>queues.yaml</c> of a folder; no folder given, or a file missing, is no data.</summary>
    /// <exception cref="ReferenceDataException">The folder does not exist, or a file breaks a rule. Nothing is half loaded.</exception>
    public static ReferenceData Load(string? folder)
    {
        if (folder is null) return Empty;
        if (!Directory.Exists(folder)) throw new ReferenceDataException(folder, 0, "the folder does not exist");
        var departments = ReadDepartments(Path.Combine(folder, DepartmentsFile));
        return new(departments, ReadQueues(Path.Combine(folder, QueuesFile), departments));
    }

    /// <summary>These entries, and those of <paramref name="other"/>, which win where both have an id.</summary>
    public ReferenceData With(ReferenceData other) => new(Merge(Departments, other.Departments), Merge(Queues, other.Queues));

    private static SortedDictionary<string, T> Merge<T>(IReadOnlyDictionary<string, T> below, IReadOnlyDictionary<string, T> above)
    {
        var all = new SortedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var (id, entry) in below.Concat(above)) all[id] = entry;
        return all;
    }

    private static SortedDictionary<string, Department> ReadDepartments(string file)
    {
        var all = new SortedDictionary<string, Department>(StringComparer.Ordinal);
        foreach (var entry in YamlEntries.Read(file, ["id", "title", "time_zone", "day_anchor", "month_anchor", "calendar"]))
        {
            var department = new Department(
                entry.Id(),
                entry.Title("title"),
                entry.TimeZone("time_zone") ?? DateTimeZone.Utc,
                entry.TimeOfDay("day_anchor") ?? LocalTime.Midnight,
                entry.Calendar("calendar"))
            {
                MonthAnchor = entry.Number("month_anchor", 1, 28) ?? 1,
            };
            if (!all.TryAdd(department.Id, department)) throw entry.Error("id", $"department '{department.Id}' stands twice");
        }
        return all;
    }

    private static SortedDictionary<string, ContactQueue> ReadQueues(string file, SortedDictionary<string, Department> departments)
    {
        var all = new SortedDictionary<string, ContactQueue>(StringComparer.Ordinal);
        foreach (var entry in YamlEntries.Read(file, ["id", "department_id", "title", "thresholds_s", "short_abandon_s", "max_silence_s"]))
        {
            var queue = new ContactQueue(
                entry.Id(),
                entry.Text("department_id"),
                entry.Title("title"),
                entry.Ascending("thresholds_s") ?? [ContactQueue.DefaultThresholdS],
                entry.Whole("short_abandon_s", least: 0) ?? ContactQueue.DefaultShortAbandonS,
                entry.Whole("max_silence_s", least: 1) ?? ContactQueue.DefaultMaxSilenceS);
            // Without a list of departments every name is as good as another.
            if (queue.DepartmentId is { } id && departments.Count > 0 && !departments.ContainsKey(id))
            {
                throw entry.Error("department_id", $"department '{id}' is not in {DepartmentsFile}");
            }
            if (!all.TryAdd(queue.Id, queue)) throw entry.Error("id", $"queue '{queue.Id}' stands twice");
        }
        return all;
    }
}
