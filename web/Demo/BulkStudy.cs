using System.Globalization;
using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Demo;

/// <summary>How well bulk complaints are found: so many complaints of one issue hidden in each of so many generated days.</summary>
/// <param name="Complaints">hidden in each day, within 45 minutes; 0 for days as they are</param>
/// <param name="Found">hidden ones for which an alert was raised before the last of their complaints was an hour old</param>
/// <param name="MedianS">from the first hidden complaint to the alert, in seconds; null where none was found</param>
/// <param name="MostLateMs">from the complaint that completed one to its notice</param>
/// <param name="Others">alerts for anything that was not hidden</param>
public sealed record BulkFigures(int Complaints, int Days, int Hidden, int Found, long? MedianS, long MostLateMs, int Others);

/// <summary>Generated days with and without a bulk complaint in them, judged by the rule as it is delivered, after as many weeks as its baseline needs.</summary>
public static partial class BulkStudy
{
    private const int Weeks = 4;
    private const long SpanMs = 45 * 60_000;

    private static readonly Policy NoClocks = new("none", 1, BusinessCalendar.Always, [], new());

    /// <param name="complaints">the days are judged once for each; 0 for days as they are</param>
    /// <param name="calm">without the half hours in which a department of the generator has three times its calls</param>
    public static IReadOnlyList<BulkFigures> Run(int seed, int days, IReadOnlyList<int> complaints, bool calm, Rule? rule = null)
    {
        var (created, from) = Days(seed, days, calm);
        return [.. complaints.Select(n => Run(created, n == 0 ? [] : Hide(seed, days, n, from), n, days, from, rule))];
    }

    private static (List<Event> Created, Instant From) Days(int seed, int days, bool calm)
    {
        var start = Instant.FromUtc(2026, 3, 2, 0, 0);
        var from = start + Duration.FromDays((7 * Weeks) + 1);
        return ([.. new CallCentre(seed, start, calm).Until(from + Duration.FromDays(days)).Where(e => e.Data is TicketCreated)], from);
    }

    private static BulkFigures Run(List<Event> created, List<Hidden> hidden, int complaints, int days, Instant from, Rule? rule)
    {
        var rules = rule is null ? RuleSet.Standard.Only(RuleId.BulkComplaint) : RuleSet.Off.With([rule]);
        var shard = new Shard(PolicySet.Default with { Policy = NoClocks, Book = PolicyBook.Of([NoClocks]), Rules = rules }, new());
        foreach (var e in created.Concat(hidden.SelectMany(h => h.Events)).Order())
        {
            while (shard.NextWake <= e.At) shard.Step(new(shard.NextWake, []));
            shard.Step(new(e.At, [e], Replayed: true));
        }
        return Figures(shard, hidden, complaints, days, from);
    }

    private sealed record Hidden(string Department, string Issue, long From, IReadOnlyList<Event> Events);

    // One a day at any hour; the VIP desk has too few customers for one.
    private static List<Hidden> Hide(int seed, int days, int complaints, Instant from)
    {
        var (dice, all) = (new Dice(seed + 7_919), new List<Hidden>());
        for (var day = 0; day < days; day++)
        {
            var department = Scenario.Departments[dice.Below(Scenario.Departments.Count - 1)];
            var (category, issue, product) = dice.Pick(department.Issues);
            var first = (from + Duration.FromDays(day)).ToUnixTimeMilliseconds() + dice.Minutes(30, 1_300);
            var instants = new List<long> { first, first + SpanMs };
            while (instants.Count < complaints) instants.Add(first + (long)(SpanMs * dice.Between(0, 1)));
            instants.Sort();
            all.Add(new(department.Id, issue, first, [.. instants.Select((at, n) => Complaint(day, n, at, department.Id, category, issue, product))]));
        }
        return all;
    }

    private static Event Complaint(int day, int n, long at, string department, string category, string issue, string product)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"hidden-{day}-{n}");
        var json = JsonSerializer.SerializeToUtf8Bytes(new SortedDictionary<string, object>(StringComparer.Ordinal)
        {
            ["specversion"] = "1.0", ["id"] = id, ["source"] = "study", ["type"] = "ticket.created", ["time"] = EventLog.Rfc3339(at), ["subject"] = "ticket/" + id,
            ["data"] = new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["kind"] = "complaint", ["channel"] = "phone", ["department_id"] = department, ["category"] = category, ["issue_key"] = issue, ["product"] = product,
            },
        });
        return EventReader.Read(json).Event!;
    }

    private static BulkFigures Figures(Shard shard, List<Hidden> hidden, int complaints, int days, Instant from)
    {
        var alerts = shard.Alerts.All.Where(a => a.Due.Rule == "bulk_complaint" && a.State != AlertState.Retracted && a.Due.RaisedAt >= from.ToUnixTimeMilliseconds()).ToList();
        var (found, late) = (new List<long>(), 0L);
        foreach (var h in hidden)
        {
            var mine = alerts.FindAll(a => a.Due.DepartmentId == h.Department && a.Due.Clock == h.Issue && a.Due.RaisedAt >= h.From && a.Due.RaisedAt <= h.From + SpanMs + (60 * 60_000));
            alerts.RemoveAll(mine.Contains);
            if (mine.Count == 0) continue;
            found.Add(mine[0].Due.RaisedAt - h.From);
            late = Math.Max(late, mine.Max(a => a.NoticedAt - a.Due.RaisedAt));
        }
        found.Sort();
        return new(complaints, days, hidden.Count, found.Count, found.Count == 0 ? null : found[found.Count / 2] / 1000, late, alerts.Count);
    }
}
