using System.Globalization;
using System.Text.Json;
using OpsMonitor.Tests.Web.Policies;
using OpsMonitor.Web.Cli;
using Xunit;

namespace OpsMonitor.Tests.Web.Replay;

/// <summary><c>replay --policy DIR --rows FILE</c>: any folder of the specified form, and events that a sender was not careful with.</summary>
public sealed class PolicyReplayTests : IDisposable
{
    private readonly ReplayRun _run = new();
    private readonly PolicyDesk _desk = new();

    public void Dispose()
    {
        _run.Dispose();
        _desk.Dispose();
    }

    [Fact]
    public async Task Nights_moved_days_seconds_and_months_end_in_rows_with_their_due_times()
    {
        _desk
            .File("calendars/night.yaml", "id: night\ntime_zone: Asia/Shanghai\nweek: {mon: [\"22:00-06:00\"], tue: [\"22:00-06:00\"], wed: [\"22:00-06:00\"]}\nworking_days:\n- {date: 2026-03-08, like: mon}\n")
            .File("policies/odd.yaml", """
                id: odd
                calendar: night
                clocks:
                - {id: flash, start: created, stop: [ticket.acknowledged], limit: {value: 42, unit: second}}
                - {id: watch, start: created, stop: [ticket.resolved], limit: {value: 9, unit: business_hour}}
                - {id: quarter, start: created, stop: [ticket.closed], limit: {value: 3, unit: month}}
                """);
        var rows = await Rows(
            Event(1, "2026-03-02T15:00:00Z", "created", """{"kind":"complaint","channel":"phone"}"""), // Monday 23:00 in Shanghai
            Event(2, "2026-03-02T15:00:41.999Z", "acknowledged", """{"method":"phone"}"""),
            Event(3, "2026-03-03T15:00:00Z", "resolved", """{"resolution_code":"done"}"""));

        Assert.Equal(
            ["flash met 2026-03-02T15:00:42Z", "quarter running 2026-06-02T15:00:00Z", "watch met 2026-03-03T16:00:00Z"],
            Clocks(rows, "ticket/T-1", "odd"));
    }

    [Fact]
    public async Task Events_out_of_order_doubled_or_without_a_beginning_have_rows_all_the_same()
    {
        _desk.Clock("start: created, stop: [ticket.resolved], limit: {value: 8, unit: business_hour}, pause_on: [legal_hold]");
        string[] lines =
        [
            Event(5, "2026-03-03T10:00:00Z", "clock_resumed", """{"reason":"legal_hold"}"""),
            Event(1, "2026-03-02T10:00:00Z", "created", """{"kind":"complaint","channel":"phone","policy_id":"nobody-knows-it"}"""),
            Event(1, "2026-03-02T10:00:00Z", "created", """{"kind":"complaint","channel":"phone","policy_id":"nobody-knows-it"}"""),
            Event(4, "2026-03-02T11:00:00Z", "clock_paused", """{"reason":"legal_hold"}"""),
            Event(6, "2026-03-02T09:00:00Z", "resolved", """{"resolution_code":"done"}""", "T-0"), // of a ticket that nobody created
            Event(7, "2026-03-02T09:30:00Z", "clock_resumed", """{"reason":"legal_hold"}""", "T-0"),
        ];
        var rows = await Rows(lines);

        // One hour before the pause, seven after it: Tuesday 10:00 to 17:00.
        Assert.Contains("x breached 2026-03-03T17:00:00Z", Clocks(rows, "ticket/T-1", "p"));
        Assert.Equal("unknown", rows["ticket/T-0"].GetProperty("state").GetString());
        Assert.Equal(Text(rows), Text(await Rows([.. lines.Reverse()])));
    }

    [Theory]
    [InlineData("policies/p.yaml", "id: p\nclocks:\n- {id: x, start: created, stop: [ticket.resolved], limit: {value: 8, unit: hours}}\n", 3)]
    [InlineData("policies/p.yaml", "id: p\ncalendar: nowhere\nclocks:\n- {id: x, start: created, stop: [ticket.resolved], limit: {value: 8, unit: hour}}\n", 2)]
    [InlineData("calendars/c.yaml", "id: c\ntime_zone: Mars/Olympus\nweek: {mon: [\"09:00-17:00\"]}\n", 2)]
    [InlineData("policies/p.yaml", "id: p\nclocks: [", 3)]
    public async Task A_folder_that_breaks_a_rule_ends_the_command_and_writes_nothing(string file, string text, int line)
    {
        _desk.File(file, text);
        var (code, report) = await Run([Event(1, "2026-03-02T10:00:00Z", "created", """{"kind":"complaint","channel":"phone"}""")]);
        Assert.Equal(2, code);
        Assert.False(File.Exists(report), "a report was written");
        var refused = Assert.Throws<OpsMonitor.Web.Reference.ReferenceDataException>(() => _desk.Policies);
        Assert.Contains($"{file}:{line.ToString(CultureInfo.InvariantCulture)}", refused.Message.Replace('\\', '/'), StringComparison.Ordinal);
    }

    private async Task<SortedDictionary<string, JsonElement>> Rows(params string[] lines)
    {
        var (code, report) = await Run(lines);
        Assert.Equal(0, code);
        return new(File.ReadLines(report + ".rows").Select(l => JsonElement.Parse(l)).ToDictionary(r => r.GetProperty("subject").GetString()!), StringComparer.Ordinal);
    }

    private async Task<(int Code, string Report)> Run(string[] lines)
    {
        var (input, report) = (_run.PathOf(Guid.NewGuid().ToString("N")), _run.PathOf(Guid.NewGuid().ToString("N")));
        await File.WriteAllLinesAsync(input, lines, TestContext.Current.CancellationToken);
        return (await CommandLine.RunAsync(["replay", "--policy", _desk.Folder, "--rows", report + ".rows", "--report", report, "--until", "2026-04-01T00:00:00Z", "--input", input]), report);
    }

    private static IEnumerable<string> Clocks(SortedDictionary<string, JsonElement> rows, string subject, string policy) =>
        rows[subject].GetProperty("clocks").EnumerateArray().Where(c => c.GetProperty("policy").GetString() == policy)
            .Select(c => $"{c.GetProperty("id").GetString()} {c.GetProperty("state").GetString()} {c.GetProperty("due_at").GetString()}").Order(StringComparer.Ordinal);

    private static string Text(SortedDictionary<string, JsonElement> rows) => string.Join('\n', rows.Values.Select(r => r.GetRawText()));

    private static string Event(int id, string time, string type, string data, string ticket = "T-1") =>
        $$"""{"specversion":"1.0","id":"{{id}}","source":"/crm","type":"ticket.{{type}}","subject":"ticket/{{ticket}}","time":"{{time}}","data":{{data}}}""";
}
