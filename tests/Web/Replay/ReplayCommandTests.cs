using System.IO.Compression;
using System.Text;
using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Replay;
using Xunit;

namespace OpsMonitor.Tests.Web.Replay;

public sealed class ReplayCommandTests : IDisposable
{
    private readonly ReplayRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void The_report_has_the_documented_shape()
    {
        var root = Replay([Created("T-1", "09:00:00"), Resolved("T-1", "09:59:30.5")], interval: "hour").Root;

        Assert.Equal("2026-03-02T09:59:30.5Z", root.GetProperty("until").GetString());
        Assert.Equal(["until", "scopes"], Names(root));
        Assert.Equal(["all", "department/billing"], Names(root.GetProperty("scopes")));
        var all = root.GetProperty("scopes").GetProperty("all");
        Assert.Equal(["total", "intervals"], Names(all));
        Assert.Equal(Names(all.GetProperty("total")).Order(StringComparer.Ordinal), Names(all.GetProperty("total")));
        Assert.Equal("""{"value":null,"num":0,"n":0}""", all.GetProperty("total").GetProperty("abandon_rate").GetRawText());
        Assert.Equal("3570.5", all.GetProperty("total").GetProperty("resolution.wall.mean_s").GetRawText());
        Assert.Equal(["2026-03-02T09"], Names(all.GetProperty("intervals")));
        Assert.Equal("1", all.GetProperty("intervals").GetProperty("2026-03-02T09").GetProperty("tickets.resolved").GetRawText());
    }

    [Fact]
    public void A_row_tells_a_subject_and_its_clocks()
    {
        var replayed = Replay([Created("T-2", "09:00:00"), Created("T-1", "09:00:00"), Resolved("T-1", "10:00:00")]);
        var rows = File.ReadLines(replayed.Rows).Select(l => JsonElement.Parse(l)).ToList();

        Assert.Equal(["ticket/T-1", "ticket/T-2"], rows.Select(r => r.GetProperty("subject").GetString()!));
        Assert.Equal(["subject", "state", "department_id", "reopened", "clocks"], Names(rows[0]));
        Assert.Equal(("resolved", "billing"), (rows[0].GetProperty("state").GetString(), rows[0].GetProperty("department_id").GetString()));
        var clock = rows[0].GetProperty("clocks").EnumerateArray().Single(c => c.GetProperty("id").GetString() == "resolution");
        Assert.Equal(
            """{"id":"resolution","policy":"sla-default","version":1,"started_at":"2026-03-02T09:00:00Z","due_at":"2026-03-05T09:00:00Z","state":"met","stopped_at":"2026-03-02T10:00:00Z","paused_s":0,"late_s":0}""",
            clock.GetRawText());
    }

    [Fact]
    public void Until_is_inclusive_and_what_comes_later_is_left_out()
    {
        string[] lines = [Created("T-1", "09:00:00"), Resolved("T-1", "10:00:30"), Created("T-2", "10:00:31")];

        var replayed = Replay(lines, until: "2026-03-02T10:00:30Z");

        Assert.Equal((1, 1, 0), Tickets(replayed));
        Assert.Equal((2L, 1L), (replayed.Summary.Accepted, replayed.Summary.AfterUntil));
        Assert.Equal((2, 1, 1), Tickets(Replay(lines, until: "2026-04-01T00:00:00Z")));
    }

    [Fact]
    public void A_promise_whose_time_has_come_by_until_is_broken_without_any_event()
    {
        var total = Replay([Created("T-1", "09:00:00")], until: "2026-03-05T09:00:00Z").Total();

        Assert.Equal("""{"value":0,"num":0,"n":1}""", total.GetProperty("sla.resolution.attainment").GetRawText());
        Assert.Equal(1, total.GetProperty("sla.resolution.breached_open").GetInt64());
    }

    [Fact]
    public void A_line_that_is_no_event_is_told_by_place_and_code_and_nothing_else()
    {
        string[] lines = ["{\"secret\":", "", "[]", Created("T-1", "09:00:00"), $"{{\"x\":\"{new string('y', 200_000)}\"}}", "\u0000\u0001", Created("T-1", "09:00:00")];
        var replayed = Replay(lines);
        var trust = replayed.TrustRoot;

        Assert.Equal((6L, 1L, 1L, 4L), (replayed.Summary.Lines, replayed.Summary.Accepted, replayed.Summary.Duplicates, replayed.Summary.Unreadable));
        Assert.Equal(
            [(1, "malformed_json"), (3, "not_an_object"), (5, "too_large"), (6, "malformed_json")],
            trust.GetProperty("unreadable").GetProperty("lines").EnumerateArray().Select(l => (l.GetProperty("line").GetInt32(), l.GetProperty("code").GetString()!)));
        Assert.DoesNotContain("secret", trust.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("""{"accepted":1,"duplicates":1,"reordered":0,"late":0,"unknown":0,"refused":0,"codes":{}}""", trust.GetProperty("sources").GetProperty("desk").GetRawText());
    }

    [Fact]
    public void An_id_used_for_two_events_gives_one_report_whichever_came_first()
    {
        string[] lines = [Created("T-1", "09:00:00", id: "1"), Created("T-2", "09:30:00", id: "1"), Created("T-3", "09:00:00", id: "1")];

        var replays = new[] { lines, [lines[1], lines[2], lines[0]], [lines[2], lines[1], lines[0]] }.Select(l => Replay(l)).ToList();

        Assert.Single(replays.Select(r => File.ReadAllText(r.Report) + File.ReadAllText(r.Rows)).Distinct());
        Assert.All(replays, r => Assert.Equal((1L, 2L), (r.Summary.Accepted, r.Summary.Refused)));
        Assert.Equal(2, replays[0].TrustRoot.GetProperty("sources").GetProperty("desk").GetProperty("codes").GetProperty("id_reused").GetInt64());
    }

    [Fact]
    public void What_arrives_out_of_order_shows_in_the_trust_and_not_in_the_report()
    {
        string[] lines = [Created("T-1", "09:00:00"), Created("T-2", "09:10:00"), Resolved("T-1", "10:00:00")];

        var (straight, back) = (Replay(lines), Replay([lines[2], lines[1], lines[0]]));

        Assert.Equal(File.ReadAllText(straight.Report), File.ReadAllText(back.Report));
        Assert.Equal(2, back.TrustRoot.GetProperty("sources").GetProperty("desk").GetProperty("reordered").GetInt64());
    }

    [Fact]
    public void Packed_files_marks_and_carriage_returns_read_like_plain_lines()
    {
        string[] lines = [Created("T-1", "09:00:00"), Resolved("T-1", "10:00:00")];
        var packed = _run.PathOf("in.ndjson.gz");
        using (var gzip = new GZipStream(File.Create(packed), CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes("\uFEFF" + string.Join("\r\n", lines)));

        Assert.Equal(File.ReadAllText(Replay(lines).Report), File.ReadAllText(_run.Replay(PolicySet.Default, packed).Report));
    }

    [Fact]
    public void No_events_give_a_report_of_no_data()
    {
        var replayed = Replay([], interval: "day");

        Assert.Equal(JsonValueKind.Null, replayed.Root.GetProperty("until").ValueKind);
        Assert.Equal((0, 0, 0), Tickets(replayed));
    }

    [Fact]
    public void An_interval_that_is_neither_hour_nor_day_is_refused_before_anything_is_written()
    {
        Assert.Throws<ArgumentException>(() => Replay([], interval: "week"));
        Assert.False(File.Exists(_run.PathOf("run-1.json")));
    }

    [Theory]
    [InlineData("2026-03-29", 23, "2026-03-29T01,2026-03-29T03")]
    [InlineData("2026-10-25", 24, "2026-10-25T01,2026-10-25T02")]
    public void A_day_on_which_the_clock_moves_has_every_hour_of_the_clock_once(string day, int hours, string inARow)
    {
        var zone = DateTimeZoneProviders.Tzdb["Europe/Berlin"];
        var date = NodaTime.Text.LocalDatePattern.Iso.Parse(day).Value;
        var first = zone.AtStartOfDay(date).ToInstant().ToUnixTimeMilliseconds();
        var last = zone.AtStartOfDay(date.PlusDays(1)).ToInstant().ToUnixTimeMilliseconds() - 1;

        var (start, parts) = Intervals.Between(first, last, "hour", zone);

        Assert.Equal((first, hours, last + 1), (start, parts.Count, parts[^1].End));
        Assert.Contains(inARow, string.Join(',', parts.Select(p => p.Key)), StringComparison.Ordinal);
        Assert.Equal([(day, last + 1)], Intervals.Between(first, last, "day", zone).Parts);
    }

    [Fact]
    public void A_day_is_the_zones_day()
    {
        var replayed = _run.Replay(
            PolicySet.Default, Input([Created("T-1", "15:59:59"), Created("T-2", "16:00:00")]), interval: "day", zone: DateTimeZoneProviders.Tzdb["Asia/Shanghai"]);

        Assert.Equal(["2026-03-02", "2026-03-03"], Names(replayed.Scope("all").GetProperty("intervals")));
        Assert.Equal([1L, 2], replayed.Scope("all").GetProperty("intervals").EnumerateObject().Select(d => d.Value.GetProperty("tickets.open").GetInt64()));
    }

    private Replayed Replay(string[] lines, string? until = null, string? interval = null) => _run.Replay(PolicySet.Default, Input(lines), until, interval);

    private string Input(string[] lines)
    {
        var path = _run.PathOf("in.ndjson");
        File.WriteAllLines(path, lines);
        return path;
    }

    private static (long Created, long Resolved, long Unresolved) Tickets(Replayed replayed)
    {
        var total = replayed.Total();
        return (total.GetProperty("tickets.created").GetInt64(), total.GetProperty("tickets.resolved").GetInt64(), total.GetProperty("tickets.unresolved").GetInt64());
    }

    private static string[] Names(JsonElement table) => [.. table.EnumerateObject().Select(p => p.Name)];

    private static string Created(string ticket, string time, string? id = null) =>
        Line(id ?? ticket + "-c", "ticket.created", ticket, time, """{"kind":"complaint","channel":"phone","department_id":"billing"}""");

    private static string Resolved(string ticket, string time) => Line(ticket + "-r", "ticket.resolved", ticket, time, """{"resolution_code":"done"}""");

    private static string Line(string id, string type, string ticket, string time, string data) =>
        $$"""{"specversion":"1.0","id":"{{id}}","source":"desk","type":"{{type}}","time":"2026-03-02T{{time}}Z","subject":"ticket/{{ticket}}","data":{{data}}}""";
}
