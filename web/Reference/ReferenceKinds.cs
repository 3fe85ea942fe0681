using NodaTime;
using OpsMonitor.Web.Policies;

namespace OpsMonitor.Web.Reference;

/// <summary>Somebody who answers customers.</summary>
public sealed record Agent(string Id, Title? Title, string? DepartmentId, string? Role)
{
    public bool Retired { get; init; }
}

/// <summary>What a ticket can be about; a tree by <see cref="Parent"/>.</summary>
public sealed record Category(string Id, Title? Title, string? Parent)
{
    public bool Retired { get; init; }
}

/// <summary>What a customer is worth special care for. The id is the sender's opaque reference, never a name or a number.</summary>
public sealed record CustomerTier(string Id, string Tier);

/// <summary>One entry as people see it, of whatever kind: what stands in lists and in the history of names.</summary>
/// <param name="Judged">what clocks, service levels and FCR are judged by, as one text: where it differs, the next start judges anew</param>
public sealed record ReferenceEntry(string Id, Title? Title, IReadOnlyList<KeyValuePair<string, string>> Fields, string Judged);

/// <summary>The lists of an installation: what each is called, and how its YAML is read. (docs: reference)</summary>
internal static class ReferenceKinds
{
    public const string Departments = "departments", Queues = "queues", Agents = "agents", Categories = "categories", Customers = "customers";

    public static readonly IReadOnlyList<string> All = [Agents, Categories, Customers, Departments, Queues];

    public static string FileOf(string kind) => kind + ".yaml";

    private static readonly string[] DepartmentKeys = ["id", "title", "time_zone", "day_anchor", "month_anchor", "calendar", "parent", "head", "retired"];
    private static readonly string[] QueueKeys = ["id", "department_id", "title", "thresholds_s", "short_abandon_s", "max_silence_s", "retired"];

    public static SortedDictionary<string, Department> ReadDepartments(string file, string text)
    {
        var entries = YamlEntries.ListText(file, text, DepartmentKeys).ToList();
        var all = Each(entries, entry => new Department(
            entry.Id(), entry.Title("title"), entry.TimeZone("time_zone") ?? DateTimeZone.Utc, entry.TimeOfDay("day_anchor") ?? LocalTime.Midnight, entry.Calendar("calendar"))
        {
            MonthAnchor = entry.Number("month_anchor", 1, 28) ?? 1, Parent = entry.Text("parent"), Head = entry.Text("head"), Retired = entry.Flag("retired") ?? false,
        }, d => d.Id, "department");
        RefuseCycles(entries, id => all.TryGetValue(id, out var d) ? d.Parent : null, all.ContainsKey);
        return all;
    }

    /// <param name="departments">null where no list of them is kept: then every name is as good as another</param>
    public static SortedDictionary<string, ContactQueue> ReadQueues(string file, string text, IReadOnlyDictionary<string, Department>? departments) =>
        Each(YamlEntries.ListText(file, text, QueueKeys), entry =>
        {
            RefuseUnknown(entry, departments);
            return new ContactQueue(
                entry.Id(), entry.Text("department_id"), entry.Title("title"), entry.Ascending("thresholds_s") ?? [ContactQueue.DefaultThresholdS],
                entry.Whole("short_abandon_s", least: 0) ?? ContactQueue.DefaultShortAbandonS, entry.Whole("max_silence_s", least: 1) ?? ContactQueue.DefaultMaxSilenceS) { Retired = entry.Flag("retired") ?? false };
        }, q => q.Id, "queue");

    public static SortedDictionary<string, Agent> ReadAgents(string file, string text, IReadOnlyDictionary<string, Department>? departments) =>
        Each(YamlEntries.ListText(file, text, ["id", "title", "department_id", "role", "retired"]), entry =>
        {
            RefuseUnknown(entry, departments);
            return new Agent(entry.Id(), entry.Title("title"), entry.Text("department_id"), entry.Text("role")) { Retired = entry.Flag("retired") ?? false };
        }, a => a.Id, "agent");

    public static SortedDictionary<string, Category> ReadCategories(string file, string text)
    {
        var entries = YamlEntries.ListText(file, text, ["id", "title", "parent", "retired"]).ToList();
        var all = Each(entries, entry => new Category(entry.Id(), entry.Title("title"), entry.Text("parent")) { Retired = entry.Flag("retired") ?? false }, c => c.Id, "category");
        RefuseCycles(entries, id => all.TryGetValue(id, out var c) ? c.Parent : null, all.ContainsKey);
        return all;
    }

    public static SortedDictionary<string, CustomerTier> ReadCustomers(string file, string text) =>
        Each(YamlEntries.ListText(file, text, ["id", "tier"]), entry => new CustomerTier(entry.Id(), entry.Text("tier") ?? throw entry.Error("tier", "'tier' is required")), c => c.Id, "customer");

    /// <summary>The entries of a kind as they stand in reference data.</summary>
    public static IReadOnlyList<ReferenceEntry> Entries(string kind, ReferenceData data) => kind switch
    {
        Departments => [.. data.Departments.Values.Select(d => Entry(d.Id, d.Title, d.Calendar?.Id ?? "",
            ("time_zone", d.TimeZone.Id), ("day_anchor", d.DayAnchor.ToString("HH':'mm", null)), ("month_anchor", Text(d.MonthAnchor)), ("calendar", d.Calendar?.Id), ("parent", d.Parent), ("head", d.Head), Gone(d.Retired)))],
        Queues => [.. data.Queues.Values.Select(q => Entry(q.Id, q.Title, $"{q.DepartmentId} {string.Join(',', q.ThresholdsS)} {Text(q.ShortAbandonS)} {Text(q.MaxSilenceS)}",
            ("department_id", q.DepartmentId), ("thresholds_s", string.Join(", ", q.ThresholdsS)), ("short_abandon_s", Text(q.ShortAbandonS)), ("max_silence_s", Text(q.MaxSilenceS)), Gone(q.Retired)))],
        Agents => [.. data.Agents.Values.Select(a => Entry(a.Id, a.Title, "", ("department_id", a.DepartmentId), ("role", a.Role), Gone(a.Retired)))],
        Categories => [.. data.Categories.Values.Select(c => Entry(c.Id, c.Title, "", ("parent", c.Parent), Gone(c.Retired)))],
        _ => [.. data.Customers.Values.Select(c => Entry(c.Id, null, "", ("tier", c.Tier)))],
    };

    private static (string, string?) Gone(bool retired) => ("retired", retired ? "true" : null);

    private static string Text(int n) => n.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static ReferenceEntry Entry(string id, Title? title, string judged, params (string Name, string? Value)[] fields) =>
        new(id, title, [.. fields.Where(f => f.Value is not null).Select(f => KeyValuePair.Create(f.Name, f.Value!))], judged);

    private static SortedDictionary<string, T> Each<T>(IEnumerable<YamlEntry> entries, Func<YamlEntry, T> read, Func<T, string> id, string what)
    {
        var all = new SortedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var one = read(entry);
            if (!all.TryAdd(id(one), one)) throw entry.Error("id", $"{what} '{id(one)}' stands twice");
        }
        return all;
    }

    private static void RefuseUnknown(YamlEntry entry, IReadOnlyDictionary<string, Department>? departments)
    {
        // Without a list of departments every name is as good as another.
        if (entry.Text("department_id") is { } id && departments is { Count: > 0 } && !departments.ContainsKey(id))
            throw entry.Error("department_id", $"department '{id}' is not in {ReferenceData.DepartmentsFile}");
    }

    // A tree has no ring, and every branch hangs on something.
    private static void RefuseCycles(IEnumerable<YamlEntry> entries, Func<string, string?> parentOf, Func<string, bool> known)
    {
        foreach (var entry in entries)
        {
            var (id, seen) = (entry.Id(), new HashSet<string>(StringComparer.Ordinal));
            if (parentOf(id) is { } parent && !known(parent)) throw entry.Error("parent", $"parent '{parent}' is not in this list");
            for (string? at = id; at is not null; at = parentOf(at))
                if (!seen.Add(at)) throw entry.Error("parent", $"'{id}' is its own parent, by way of '{at}'");
        }
    }
}
