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

    /// <summary>The department that it is part of.</summary>
    public string? Parent { get; init; }

    /// <summary>Who answers for it.</summary>
    public string? Head { get; init; }

    /// <summary>Only the past knows it.</summary>
    public bool Retired { get; init; }
}

/// <summary>A queue. Thresholds ascend; thresholds, short abandon and longest silence are in seconds.</summary>
public sealed record ContactQueue(string Id, string? DepartmentId, Title? Title, IReadOnlyList<int> ThresholdsS, int ShortAbandonS, int MaxSilenceS)
{
    public bool Retired { get; init; }

    public const int DefaultThresholdS = 20, DefaultShortAbandonS = 5, DefaultMaxSilenceS = 4 * 60 * 60;

    /// <summary>What holds for a queue that no file describes.</summary>
    public static ContactQueue Unlisted(string id) => new(id, null, null, [DefaultThresholdS], DefaultShortAbandonS, DefaultMaxSilenceS);
}

/// <summary>The lists of an installation, by id in ordinal order. Every file is optional.</summary>
public sealed record ReferenceData(IReadOnlyDictionary<string, Department> Departments, IReadOnlyDictionary<string, ContactQueue> Queues)
{
    public const string DepartmentsFile = "departments.yaml", QueuesFile = "queues.yaml";

    public static readonly ReferenceData Empty = new(
        new SortedDictionary<string, Department>(StringComparer.Ordinal), new SortedDictionary<string, ContactQueue>(StringComparer.Ordinal));

    public IReadOnlyDictionary<string, Agent> Agents { get; init; } = new SortedDictionary<string, Agent>(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Category> Categories { get; init; } = new SortedDictionary<string, Category>(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, CustomerTier> Customers { get; init; } = new SortedDictionary<string, CustomerTier>(StringComparer.Ordinal);

    /// <summary>Reads <c>departments.yaml</c>, <c>queues.yaml</c> and the others of a folder; no folder given, or a file missing, is no data.</summary>
    /// <exception cref="ReferenceDataException">The folder does not exist, or a file breaks a rule. Nothing is half loaded.</exception>
    public static ReferenceData Load(string? folder)
    {
        if (folder is null) return Empty;
        if (!Directory.Exists(folder)) throw new ReferenceDataException(folder, 0, "the folder does not exist");
        var texts = new SortedDictionary<string, (string File, string Text)>(StringComparer.Ordinal);
        foreach (var kind in ReferenceKinds.All)
            if (Path.Combine(folder, ReferenceKinds.FileOf(kind)) is var file && File.Exists(file)) texts[kind] = (file, File.ReadAllText(file));
        return Read(texts);
    }

    /// <summary>All lists together, each by its text; what one says of another is checked as well.</summary>
    /// <param name="texts">by kind; the file's name stands in complaints</param>
    /// <exception cref="ReferenceDataException">One of them breaks a rule.</exception>
    internal static ReferenceData Read(IReadOnlyDictionary<string, (string File, string Text)> texts)
    {
        (string File, string Text) Of(string kind) => texts.TryGetValue(kind, out var found) ? found : (ReferenceKinds.FileOf(kind), "");
        var (departments, queues, agents, categories, customers) =
            (Of(ReferenceKinds.Departments), Of(ReferenceKinds.Queues), Of(ReferenceKinds.Agents), Of(ReferenceKinds.Categories), Of(ReferenceKinds.Customers));
        var listed = ReferenceKinds.ReadDepartments(departments.File, departments.Text);
        return new(listed, ReferenceKinds.ReadQueues(queues.File, queues.Text, listed))
        {
            Agents = ReferenceKinds.ReadAgents(agents.File, agents.Text, listed),
            Categories = ReferenceKinds.ReadCategories(categories.File, categories.Text),
            Customers = ReferenceKinds.ReadCustomers(customers.File, customers.Text),
        };
    }

    /// <summary>These entries, and those of <paramref name="other"/>, which win where both have an id.</summary>
    public ReferenceData With(ReferenceData other) => new(Merge(Departments, other.Departments), Merge(Queues, other.Queues))
    {
        Agents = Merge(Agents, other.Agents), Categories = Merge(Categories, other.Categories), Customers = Merge(Customers, other.Customers),
    };

    private static SortedDictionary<string, T> Merge<T>(IReadOnlyDictionary<string, T> below, IReadOnlyDictionary<string, T> above)
    {
        var all = new SortedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var (id, entry) in below.Concat(above)) all[id] = entry;
        return all;
    }
}
