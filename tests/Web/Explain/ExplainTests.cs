using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Tickets;
using OpsMonitor.Tests.Web.Policies;
using OpsMonitor.Web.Explain;
using OpsMonitor.Web.Policies;
using Xunit;

namespace OpsMonitor.Tests.Web.Explain;

public sealed class ExplainTests : IDisposable
{
    private static readonly Subject T = Subject.Parse("ticket/T-1");

    private readonly PolicyDesk _desk = new();

    public void Dispose() => _desk.Dispose();

    private ExplainedClock X(string now) => TicketExplanation.Of(_desk.Judge(now).HistoryOf(T), _desk.Policies, PolicyDesk.Ms(now)).Last(c => c.Id == "x");

    [Fact]
    public void Each_stretch_from_start_to_due_can_be_checked_by_hand()
    {
        _desk.Clock("start: created, stop: [ticket.replied], limit: {value: 4, unit: business_hour}, pause_on: [awaiting_customer]").Created("2026-03-06T15:00:00Z")
            .At("2026-03-06T16:00:00Z", "ticket.clock_paused", """{"reason":"awaiting_customer"}""")
            .At("2026-03-09T10:00:00Z", "ticket.clock_resumed", """{"reason":"awaiting_customer"}""");

        static string Hour(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("ddd HH:mm", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(
            ["Running Fri 15:00-Fri 16:00", "Paused Fri 16:00-Mon 10:00", "Running Mon 10:00-Mon 13:00"],
            X("2026-03-09T12:00:00Z").Stretches.Select(s => $"{s.Kind} {Hour(s.From)}-{Hour(s.To)}"));
    }

    [Fact]
    public void The_running_stretches_of_a_limit_in_hours_are_exactly_the_limit()
    {
        var random = new Random(7);
        var policies = _desk.Clock("start: created, stop: [ticket.replied], limit: {value: 25, unit: business_hour}, pause_on: [legal_hold, court]").Policies;
        for (var i = 0; i < 200; i++)
        {
            using var desk = new PolicyDesk().Under(policies);
            var at = PolicyDesk.Ms("2026-03-20T00:00:00Z") + random.NextInt64(10 * 86_400_000L);
            desk.Created(Iso(at));
            foreach (var reason in new[] { "legal_hold", "court" })
            {
                var from = at + random.NextInt64(5 * 86_400_000L);
                desk.At(Iso(from), "ticket.clock_paused", $$"""{"reason":"{{reason}}"}""").At(Iso(from + random.NextInt64(86_400_000L)), "ticket.clock_resumed", $$"""{"reason":"{{reason}}"}""");
            }
            var now = PolicyDesk.Ms("2026-06-01T00:00:00Z");
            var clock = TicketExplanation.Of(desk.Judge("2026-06-01T00:00:00Z").HistoryOf(T), desk.Policies, now).Last(c => c.Id == "x");
            Assert.Equal(25 * 3_600_000L, clock.Stretches.Where(s => s.Kind == StretchKind.Running).Sum(s => s.To - s.From));
            Assert.Equal(clock.StartedAt, clock.Stretches[0].From);
            Assert.Equal(clock.DueAt, clock.Stretches[^1].To);
            for (var s = 1; s < clock.Stretches.Count; s++) Assert.Equal(clock.Stretches[s - 1].To, clock.Stretches[s].From);
        }
    }

    [Fact]
    public void Every_second_of_a_ticket_has_one_holder_and_the_parts_sum_to_the_whole()
    {
        string[] reasons = ["awaiting_customer", "awaiting_third_party", "system_outage", "agreed_date"];
        var policies = _desk.File("calendars/office.yaml", PolicyDesk.Office).File("departments.yaml", "- {id: network, calendar: office}\n- {id: legal, calendar: 24x7}\n").Policies;
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            using var desk = new PolicyDesk().Under(policies);
            var (start, at) = (PolicyDesk.Ms("2026-03-20T09:00:00Z"), PolicyDesk.Ms("2026-03-20T09:00:00Z"));
            desk.Created(Iso(start), "\"department_id\":\"network\"");
            for (var i = random.Next(12); i > 0; i--)
            {
                at += random.NextInt64(40 * 3_600_000L);
                var (id, reason) = ($"D-{random.Next(3)}", reasons[random.Next(4)]);
                _ = random.Next(6) switch
                {
                    0 => desk.At(Iso(at), "ticket.dispatched", $$"""{"dispatch_id":"{{id}}","department_id":"{{(random.Next(2) == 0 ? "network" : "legal")}}","role":"assist"}"""),
                    1 => desk.At(Iso(at), "ticket.dispatch_answered", $$"""{"dispatch_id":"{{id}}"}"""),
                    2 => desk.At(Iso(at), "ticket.clock_paused", $$"""{"reason":"{{reason}}"}"""),
                    3 => desk.At(Iso(at), "ticket.clock_resumed", $$"""{"reason":"{{reason}}"}"""),
                    4 => desk.At(Iso(at), "ticket.resolved", """{"resolution_code":"x"}"""),
                    _ => desk.At(Iso(at), "ticket.reopened", """{"reason":"x"}"""),
                };
            }
            var now = at + random.NextInt64(86_400_000L);
            var parts = TimeLedger.Of(desk.Judge().HistoryOf(T), desk.Policies, now);
            Assert.Equal(now - start, TimeLedger.Sum(parts).Values.Sum());
            for (var i = 1; i < parts.Count; i++) Assert.Equal(parts[i - 1].To, parts[i].From);
        }
    }

    [Fact]
    public void The_ledger_knows_the_customer_the_department_the_desk_and_closed_hours()
    {
        _desk.File("calendars/office.yaml", PolicyDesk.Office).File("departments.yaml", "- {id: network, calendar: office}\n")
            .Created("2026-03-02T15:00:00Z")
            .At("2026-03-02T16:00:00Z", "ticket.dispatched", """{"dispatch_id":"D-1","department_id":"network","role":"assist"}""")
            .At("2026-03-03T10:00:00Z", "ticket.dispatch_answered", """{"dispatch_id":"D-1"}""")
            .At("2026-03-03T11:00:00Z", "ticket.clock_paused", """{"reason":"awaiting_customer"}""")
            .At("2026-03-03T12:00:00Z", "ticket.clock_resumed", """{"reason":"awaiting_customer"}""")
            .At("2026-03-03T13:00:00Z", "ticket.closed", """{"closure_code":"x"}""");
        var sums = TimeLedger.Sum(TimeLedger.Of(_desk.Judge().HistoryOf(T), _desk.Policies, PolicyDesk.Ms("2026-03-09T00:00:00Z")));
        Assert.Equal(["Department network 2", "ServiceDesk  3", "Customer  1", "ClosedHours network 16"], sums.Select(s => $"{s.Key.Holder} {s.Key.Department} {s.Value / 3_600_000}"));
    }

    [Fact]
    public void The_ledgers_of_ended_tickets_are_summed_in_the_report_of_each_department()
    {
        _desk.File("calendars/office.yaml", PolicyDesk.Office).File("departments.yaml", "- {id: network, calendar: office}\n")
            .Created("2026-03-02T15:00:00Z", "\"department_id\":\"desk\"")
            .At("2026-03-02T16:00:00Z", "ticket.dispatched", """{"dispatch_id":"D-1","department_id":"network","role":"assist"}""")
            .At("2026-03-03T10:00:00Z", "ticket.dispatch_answered", """{"dispatch_id":"D-1"}""")
            .At("2026-03-03T11:00:00Z", "ticket.closed", """{"closure_code":"x"}""");
        var shard = _desk.Judge();
        string Of(string scope) => JsonSerializer.Serialize(OpsMonitor.Grains.Metrics.Report.Of(shard, scope, OpsMonitor.Grains.Metrics.Window.Always, live: true)["time_ledger"]);
        Assert.Equal("""{"closed_hours_s":57600,"department_s":7200,"service_desk_s":7200}""", Of("all"));
        Assert.Equal("""{"closed_hours_s":57600,"department_s":7200}""", Of("department/network"));
        Assert.Equal("""{"service_desk_s":7200}""", Of("department/desk"));
    }

    [Fact]
    public void The_text_for_a_terminal_and_the_dry_run_say_what_would_change()
    {
        _desk.Clock("start: created, stop: [ticket.replied], limit: {value: 4, unit: business_hour}").Created("2026-03-06T15:00:00Z");
        var (shard, before) = (_desk.Judge("2026-03-09T10:00:00Z"), _desk.Policies);
        var text = new StringWriter();
        using (var document = JsonDocument.Parse(Json(json => ExplainJson.Write(json, "T-1", shard.HistoryOf(T), before, shard.Now)))) ExplainText.Write(text, document.RootElement);
        Assert.Contains("clock x: running, due 2026-03-09T11:00:00Z", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("closed (closed hours)", text.ToString(), StringComparison.Ordinal);

        _desk.Clock("start: created, stop: [ticket.replied], limit: {value: 2, unit: business_hour}");
        using var run = JsonDocument.Parse(Json(json => DryRunJson.Write(json, DryRunJson.Open(shard), before, _desk.Policies, shard.Now)));
        Assert.Equal((1, 1), (run.RootElement.GetProperty("tickets_changed").GetInt32(), run.RootElement.GetProperty("alerts_raised").GetInt32()));
        var change = run.RootElement.GetProperty("clocks")[0];
        Assert.Equal(("running", "breached", "2026-03-06T17:00:00Z"), (
            change.GetProperty("before").GetProperty("state").GetString(), change.GetProperty("after").GetProperty("state").GetString(), change.GetProperty("after").GetProperty("due_at").GetString()));
        Assert.Equal("running", shard.Find(T)!.Clocks.Single(c => c.Id == "x").State); // a dry run changes nothing
    }

    [Fact]
    public void A_million_open_tickets_are_judged_anew_in_a_time_that_is_printed()
    {
        _desk.Clock("start: created, stop: [ticket.replied], limit: {value: 4, unit: business_hour}").Created("2026-03-06T15:00:00Z");
        var (history, policies, now) = (_desk.Judge().HistoryOf(T), _desk.Policies, PolicyDesk.Ms("2026-03-06T15:00:00Z"));
        const int Sample = 20_000;
        for (var i = 0; i < Sample; i++) TicketRules.Evaluate(T, history, policies, now); // until the compiler has done its best
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < Sample; i++) TicketRules.Evaluate(T, history, policies, now);
        TestContext.Current.TestOutputHelper!.WriteLine($"{watch.Elapsed.TotalMicroseconds / Sample:F1} us a ticket of five clocks: {watch.Elapsed.TotalSeconds * 1_000_000 / Sample:F0} s for 1 M on one core");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Holidays_of_an_iCalendar_file_become_lines_of_a_calendar_file()
    {
        var ics = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260703\r\nDTEND;VALUE=DATE:20260706\r\nSUMMARY:Summer\\, a\r\n  break\r\nEND:VEVENT\r\n"
            + "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20251225\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Christmas\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        Assert.Equal(
            "holidays:\n  - {every: \"12-25\", name: {en: \"Christmas\"}}\n  - {from: 2026-07-03, to: 2026-07-05, name: {en: \"Summer, a break\"}}\n", IcsHolidays.ToYaml(IcsHolidays.Read(ics)));
        var weekly = ics.Replace("FREQ=YEARLY", "FREQ=WEEKLY", StringComparison.Ordinal);
        Assert.Contains("line 8", Assert.Throws<FormatException>(() => IcsHolidays.Read(weekly)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_reports_are_compared_number_by_number()
    {
        var text = new StringWriter();
        ReportComparison.Write(text, """{"scopes":{"all":{"total":{"a":1,"r":{"value":0.5,"num":1,"n":2}}}}}""", """{"scopes":{"all":{"total":{"a":1,"b":2,"r":{"value":1,"num":2,"n":2}}}}}""");
        Assert.Equal("all\tb\t-\t2\nall\tr\t0.5 (1/2)\t1 (2/2)\n", text.ToString().ReplaceLineEndings("\n"));
    }

    private static byte[] Json(Action<Utf8JsonWriter> content)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) { json.WriteStartObject(); content(json); json.WriteEndObject(); }
        return buffer.ToArray();
    }

    private static string Iso(long ms) => OpsMonitor.Tests.Grains.Story.Iso(ms);
}
