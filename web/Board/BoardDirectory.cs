using System.Text.Json.Serialization;
using NodaTime;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Board;

/// <summary>A name in the languages of the wall, as it goes over the wire.</summary>
public sealed record Titles(
    [property: JsonPropertyName("en")] string? En,
    [property: JsonPropertyName("zh-Hans")] string? ZhHans,
    [property: JsonPropertyName("zh-Hant")] string? ZhHant);

/// <summary>What the wall asks of the reference data: names, and when the day of a scope begins.</summary>
/// <param name="store">where the lists change while the server runs; null for those of the start for good</param>
/// <param name="house">the zone where no department has one; null for UTC</param>
public sealed class BoardDirectory(ReferenceData atStart, ReferenceStore? store = null, DateTimeZone? house = null)
{
    private static readonly Titles Everything = new("All departments", "全部部门", "全部部門");

    public ReferenceData Reference => store?.Current ?? atStart;

    public IEnumerable<string> Departments => Reference.Departments.Values.Where(d => !d.Retired).Select(d => d.Id);

    /// <returns>null for a department without a name, or one that no file lists</returns>
    public Titles? Department(string id) => Reference.Departments.TryGetValue(id, out var found) ? Wire(found.Title) : null;

    /// <returns>null for a queue without a name, or one that no file lists</returns>
    public Titles? Queue(string id) => Reference.Queues.TryGetValue(id, out var found) ? Wire(found.Title) : null;

    /// <summary>The name that it had at an instant, Unix ms.</summary>
    public Titles? DepartmentAt(string id, long at) => store is null ? Department(id) : Wire(store.TitleAt(ReferenceKinds.Departments, id, at));

    /// <param name="board"><c>all</c> or a department</param>
    public Titles Board(string board) => board == "all" ? Everything : Department(board) ?? new(board, board, board);

    /// <summary>The zone of a scope. "All" has the zone that most departments have; without any, the house's.</summary>
    public string Zone(string scope) => Day(scope).Zone.Id;

    /// <summary>The day of the scope that holds <paramref name="at"/>, from its anchor in the morning to the next one.</summary>
    public Window Today(string scope, long at)
    {
        var (zone, anchor) = Day(scope);
        var local = Instant.FromUnixTimeMilliseconds(at).InZone(zone).LocalDateTime;
        var date = local.TimeOfDay < anchor ? local.Date.PlusDays(-1) : local.Date;
        return new(Start(date), Start(date.PlusDays(1)));

        long Start(LocalDate day) => zone.AtLeniently(day + anchor).ToInstant().ToUnixTimeMilliseconds();
    }

    /// <summary>The month of the scope that holds <paramref name="at"/>, from the day and time at which the department's months begin.</summary>
    public Window Month(string scope, long at)
    {
        var (zone, anchor) = Day(scope);
        var first = scope.StartsWith("department/", StringComparison.Ordinal) && Reference.Departments.TryGetValue(scope["department/".Length..], out var own) ? own.MonthAnchor : 1;
        var local = Instant.FromUnixTimeMilliseconds(at).InZone(zone).LocalDateTime;
        var date = local.TimeOfDay < anchor ? local.Date.PlusDays(-1) : local.Date;
        var month = new LocalDate(date.Year, date.Month, 1).PlusMonths(date.Day < first ? -1 : 0);
        return new(Start(month), Start(month.PlusMonths(1)));

        long Start(LocalDate begin) => zone.AtLeniently(begin.PlusDays(first - 1) + anchor).ToInstant().ToUnixTimeMilliseconds();
    }

    private (DateTimeZone Zone, LocalTime Anchor) Day(string scope)
    {
        var id = scope.StartsWith("department/", StringComparison.Ordinal) ? scope["department/".Length..]
            : scope.StartsWith("queue/", StringComparison.Ordinal) && Reference.Queues.TryGetValue(scope["queue/".Length..], out var queue) ? queue.DepartmentId
            : null;
        if (id is not null && Reference.Departments.TryGetValue(id, out var own)) return (own.TimeZone, own.DayAnchor);
        var common = Reference.Departments.Values
            .GroupBy(d => (d.TimeZone.Id, d.DayAnchor))
            .OrderByDescending(g => g.Count()).ThenBy(g => g.Key.Id, StringComparer.Ordinal).ThenBy(g => g.Key.DayAnchor)
            .FirstOrDefault()?.First();
        return common is null ? (house ?? DateTimeZone.Utc, LocalTime.Midnight) : (common.TimeZone, common.DayAnchor);
    }

    private static Titles? Wire(Title? title) => title is null ? null : new(title.En, title.ZhHans, title.ZhHant);
}
