using System.Text;
using System.Text.Json;
using OpsMonitor.Tests.Web.Conversion;
using OpsMonitor.Web.Policies;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>
/// The published cases of other systems, asked through the calendar command's own answers. What does not agree is named here with the reason; nothing
/// else may differ, and what is named must differ.
/// </summary>
public sealed class CalendarCaseTests : IDisposable
{
    private static readonly Dictionary<string, string> OtherConventions = new()
    {
        ["zendesk_biz-055"] = "used up exactly at closing: theirs is due at the next opening, ours at closing",
        ["intrepidd_working_hours-071"] = "a reversed interval: theirs is negative, ours zero",
        ["intrepidd_working_hours-079"] = "a Sunday of 25 hours: theirs counts 24 by the clock, ours what really passes",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-cases-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("zendesk_biz", 57)]
    [InlineData("intrepidd_working_hours", 100)]
    [InlineData("bokmann_business_time", 31)]
    public void The_published_cases_agree_but_for_the_named_ones(string suite, int count)
    {
        using var file = JsonDocument.Parse(File.ReadAllText(SharedLogs.Path($"cases/{suite}.json")));
        var cases = file.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.Equal(count, cases.Count);
        var differ = cases.Where(c => !Agrees(file.RootElement.GetProperty("calendars"), c)).Select(c => c.GetProperty("id").GetString()!).ToList();
        Assert.Equal(OtherConventions.Keys.Where(id => id.StartsWith(suite, StringComparison.Ordinal)), differ);
    }

    [Fact]
    public void The_first_responses_and_due_times_of_erpnext_agree_but_for_its_one_second()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(SharedLogs.Path("cases/erpnext_issue_sla.json")));
        var (root, calendars) = (file.RootElement, file.RootElement.GetProperty("calendars"));
        var first = Questions(calendars.GetProperty("first_response"), default);
        var differ = new List<string>();
        foreach (var c in root.GetProperty("first_response_time").EnumerateArray())
        {
            var answer = Ask(first, new { op = "between", from = Text(c, "created"), to = Text(c, "first_response") }).GetProperty("seconds").GetInt64();
            if (answer == c.GetProperty("expected_first_response_seconds").GetInt64()) continue;
            Assert.Equal(0, answer); // they store one second where no working time has passed
            differ.Add(Text(c, "id"));
        }
        Assert.Equal(["erpnext-frt-04", "erpnext-frt-05", "erpnext-frt-14", "erpnext-frt-17", "erpnext-frt-29"], differ);
        var due = Questions(calendars.GetProperty("due_dates"), default);
        foreach (var c in root.GetProperty("due_dates").EnumerateArray())
            foreach (var (hours, expected) in new[] { ("response_hours", "expected_response_by"), ("resolution_hours", "expected_resolution_by") })
                Assert.Equal(Text(c, expected), Ask(due, new { op = "add", from = Text(c, "created"), seconds = c.GetProperty(hours).GetInt32() * 3600 }).GetProperty("at").GetString());
        // The sixth clash is erpnext-hold: a hold outside working hours moves their due time by 45 minutes, ours by none, since no working time passed.
        Assert.Equal(0, Ask(due, new { op = "between", from = "2020-03-04T04:15:00", to = "2020-03-04T05:00:00" }).GetProperty("seconds").GetInt64());
    }

    private bool Agrees(JsonElement calendars, JsonElement c)
    {
        var q = Questions(calendars.GetProperty(Text(c, "calendar")), c);
        var (from, to) = (Maybe(c, "start"), Maybe(c, "end"));
        switch (Text(c, "op"))
        {
            case "between":
                return Ask(q, new { op = "between", from, to }).GetProperty("seconds").GetInt64() == c.GetProperty("expected_seconds").GetDecimal();
            case "add":
                return Ask(q, new { op = "add", from, seconds = c.GetProperty("seconds").GetInt64() }).GetProperty("at").GetString() == Text(c, "expected");
            case "add_days":
                return Ask(q, new { op = "add_days", from, days = c.GetProperty("days").GetInt32() }).GetProperty("at").GetString() == Text(c, "expected");
            case "is_open":
                return Ask(q, new { op = "is_open", at = Text(c, "at") }).GetProperty("open").GetBoolean() == c.GetProperty("expected").GetBoolean();
            case "days_between":
                var inclusive = Maybe(c, "note")?.StartsWith("inclusive", StringComparison.Ordinal) ?? false;
                return Ask(q, new { op = "days_between", from, to, inclusive }).GetProperty("days").GetInt32() == c.GetProperty("expected").GetInt32();
            case "periods":
                return Stretches(q, Text(c, "after"), c.GetProperty("expected"));
            case var op:
                return Ask(q, new { op, at = Text(c, "at") }).GetProperty("at").GetString()!.TrimEnd('Z') == Text(c, "expected"); // some ask with an offset and expect local time
        }
    }

    // The working stretches after an instant, one after the other.
    private static bool Stretches(CalendarQuestions q, string after, JsonElement expected)
    {
        foreach (var stretch in expected.EnumerateArray())
        {
            var (open, close) = (Ask(q, new { op = "next_open", at = after }).GetProperty("at").GetString(), Ask(q, new { op = "closing_after", at = after }).GetProperty("at").GetString()!);
            if (open != stretch[0].GetString() || close != stretch[1].GetString()) return false;
            after = close;
        }
        return true;
    }

    private static JsonElement Ask(CalendarQuestions questions, object question)
    {
        var answer = questions.Answer(JsonSerializer.Serialize(question), out var good);
        Assert.True(good, answer);
        return JsonDocument.Parse(answer).RootElement;
    }

    private CalendarQuestions Questions(JsonElement calendar, JsonElement c)
    {
        var breaks = Periods(calendar, "breaks");
        var dates = Periods(calendar, "date_overrides");
        var week = Periods(calendar, "week");
        foreach (var date in breaks.Keys.Where(d => !dates.ContainsKey(d)))
            dates[date] = week.GetValueOrDefault(DateOnly.Parse(date, null).DayOfWeek.ToString()[..3].ToLowerInvariant(), []);
        foreach (var closed in Texts(calendar, "holidays").Concat(c.ValueKind == JsonValueKind.Object ? Texts(c, "holidays") : [])) dates[closed] = [];
        var yaml = new StringBuilder($"id: c\ntime_zone: {Text(calendar, "tz")}\nweek: {{").AppendJoin(", ", week.Select(d => $"{d.Key}: [{List(d.Value)}]")).Append("}\nholidays:");
        foreach (var (date, periods) in dates) yaml.Append($"\n  - {{date: {date}, periods: [{List(Without(periods, breaks.GetValueOrDefault(date, [])))}]}}");
        if (dates.Count == 0) yaml.Append(" []");
        var file = Path.Combine(_folder, "c.yaml");
        File.WriteAllText(file, yaml.Append('\n').ToString());
        return CalendarQuestions.OfFile(file);
    }

    private static List<(int From, int To)> Without(List<(int From, int To)> periods, List<(int From, int To)> breaks)
    {
        foreach (var (from, to) in breaks)
            periods = [.. periods.SelectMany(p => new[] { (p.From, To: Math.Min(p.To, from)), (From: Math.Max(p.From, to), p.To) }).Where(p => p.From < p.To)];
        return periods;
    }

    private static SortedDictionary<string, List<(int From, int To)>> Periods(JsonElement calendar, string name)
    {
        var all = new SortedDictionary<string, List<(int, int)>>(StringComparer.Ordinal);
        if (calendar.TryGetProperty(name, out var days))
            foreach (var day in days.EnumerateObject()) all[day.Name] = [.. day.Value.EnumerateArray().Select(p => (Minute(p[0]), Minute(p[1])))];
        return all;
    }

    private static int Minute(JsonElement time) => time.GetString()!.Split(':') is [var h, var m, ..] ? (int.Parse(h, null) * 60) + int.Parse(m, null) : 0;

    private static string List(IEnumerable<(int From, int To)> periods) => string.Join(", ", periods.Select(p => $"\"{p.From / 60:00}:{p.From % 60:00}-{p.To / 60:00}:{p.To % 60:00}\""));

    private static IEnumerable<string> Texts(JsonElement element, string name) =>
        element.TryGetProperty(name, out var list) ? list.EnumerateArray().Select(t => t.GetString()!) : [];

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string? Maybe(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
