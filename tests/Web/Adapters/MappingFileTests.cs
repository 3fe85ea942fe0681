using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Web.Conversion;
using OpsMonitor.Web.Adapters;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Adapters;

public sealed class MappingFileTests
{
    private const string Shop = """
        source: shop
        format: csv
        separator: ";"
        zone: Europe/Berlin
        missing: ["?"]
        defaults: {subject: "ticket/{Nr}", time: {field: When, format: "d.M.uuuu HH:mm"}, id: "{Nr}-{What|lower}"}
        rules:
          - ignore: only a note
            when: {What: NOTE}
          - type: ticket.created
            when: {What: NEW}
            data:
              kind: complaint
              channel: {field: Via, map: {tel: phone, letter: mail}}
              priority: {field: Prio, as: number, default: 3}
              department_id: "{Team|slug}"
              issue_key: {concat: ["{Team|lower}", "/", "{Prio}"]}
              due_at: {time: Due, format: "d.M.uuuu HH:mm"}
          - type: ticket.closed
            when: [{What: DONE}, {What: {starts_with: CLOSE}}]
            data: {closure_code: "{Team}"}
        """;

    [Fact]
    public void Constants_fields_tables_defaults_slugs_and_parts_become_one_event_in_the_zone_of_the_file()
    {
        var (summary, events, _) = Mappings.Run(Mappings.Read(Shop), """
            Nr;When;What;Via;Prio;Team;Due
            7;1.3.2026 09:30;NEW;tel;2;Team Nord;2.3.2026 09:30
            8;1.3.2026 09:31;NEW;letter;?;Team Nord;?
            """);
        Assert.Equal(new MapSummary(2, 2, 0, 0, 0), summary);
        var first = Assert.IsType<TicketCreated>(events[0].Data);
        Assert.Equal(("shop", "7-new", "2026-03-01T08:30:00Z"), (events[0].Source, events[0].Id, DateTimeOffset.FromUnixTimeMilliseconds(events[0].At).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'")));
        Assert.Equal(new("ticket/7"), first.IssueKey is "team nord/2" ? events[0].Subject.ToString() : "");
        Assert.Equal((Channel.Phone, (int?)2, "team-nord", "2026-03-02T08:30:00.000Z"), (first.Channel, first.Priority, first.DepartmentId, first.DueAt));
        var second = Assert.IsType<TicketCreated>(events[1].Data);
        Assert.Equal((Channel.Mail, (int?)3, null, null), (second.Channel, second.Priority, second.IssueKey, second.DueAt));
    }

    [Fact]
    public void What_cannot_be_mapped_is_kept_with_its_line_and_the_reason_and_the_rest_goes_on()
    {
        var (summary, events, unmapped) = Mappings.Run(Mappings.Read(Shop), """
            Nr;When;What;Via;Prio;Team;Due
            1;1.3.2026 09:30;NEW;smoke;2;A;?
            2;yesterday;NEW;tel;2;A;?
            3;1.3.2026 09:30;LOST;tel;2;A;?
            ?;1.3.2026 09:30;NEW;tel;2;A;?
            4;1.3.2026 09:30;NEW;tel;many;A;?
            5;1.3.2026 09:30;DONE;;;?;?
            6;1.3.2026 09:30
            7;1.3.2026 09:30;NOTE;tel;2;A;?
            8;1.3.2026 09:30;CLOSED;tel;2;A;?
            """);
        Assert.Equal(new MapSummary(9, 1, 1, 7, 0), summary);
        Assert.Equal("8-closed", Assert.Single(events).Id);
        Assert.Equal(
        [
            (2, "ticket.created: data.channel is not in the table of words, and there is no default"),
            (3, "ticket.created: When: not a time of the format 'd.M.uuuu HH:mm'"),
            (4, "no rule holds"),
            (5, "ticket.created: subject: no value for Nr"),
            (6, "ticket.created: data.priority is not a number"),
            (7, "ticket.closed: bad_data /data/closure_code: The field is required."),
            (8, "line 8: 2 fields where the header has 7"),
        ], unmapped.Select(u => (u.GetProperty("line").GetInt32(), u.GetProperty("reason").GetString()!)));
        Assert.Contains("smoke", unmapped[0].GetProperty("raw").GetString(), StringComparison.Ordinal);
        Assert.Equal("6;1.3.2026 09:30", unmapped[^1].GetProperty("raw").GetString());
    }

    [Theory]
    [InlineData("sauce: x", 1, "unknown key 'sauce'")]
    [InlineData("source: x", 1, "'rules' is required")]
    [InlineData("source: x\nrules:\n  - type: ticket.made", 3, "'ticket.made' is not an event type")]
    [InlineData("source: x\nrules:\n  - type: ticket.closed\n    subject: contact/{a}", 4, "must begin with 'ticket/'")]
    [InlineData("source: x\nrules:\n  - type: ticket.closed\n    subject: ticket/{a\n    id: b\n    time: t", 4, "does not close it")]
    [InlineData("source: x\nrules:\n  - type: ticket.closed\n    subject: ticket/{a}\n    time: t", 3, "'id' is required")]
    [InlineData("source: x\nrules:\n  - type: ticket.closed\n    subject: ticket/{a}\n    id: b", 3, "'time' is required")]
    [InlineData("source: x\nrules:\n  - type: ticket.closed\n    subject: ticket/{a}\n    id: b\n    time: {field: t, format: QQQ}", 6, "neither iso")]
    [InlineData("source: x\nrules:\n  - type: ticket.closed\n    subject: ticket/{a}\n    id: b\n    time: t\n    data:\n      closure_code: {field: a, map: [1]}", 8, "'map' must be a table")]
    [InlineData("source: x\nrules:\n  - type: ticket.closed\n    subject: ticket/{a}\n    id: b\n    time: t\n    data:\n      closure_code: {field: a, constant: b}", 8, "exactly one of")]
    [InlineData("source: x\nrules:\n  - ignore: no\n    when: {a: {like: b}}", 4, "unknown condition 'like'")]
    [InlineData("source: x\nrules:\n  - ignore: no\n    when: {a: {matches: '('}}", 4, "is not a regular expression")]
    [InlineData("source: x\nauth: {kind: hmac, secret: ../keys, header: X}\nrules: []", 2, "'secret' is the name of a file")]
    [InlineData("source: x\nauth: {kind: hmac, secret: a, header: X, algorithm: md5}\nrules: []", 2, "may be sha256 or sha1")]
    [InlineData("source: x\ntime_goes_back: hold\nrules: []", 2, "'hold' needs a 'key'")]
    public void A_mistake_is_told_with_file_line_and_rule(string yaml, long line, string rule)
    {
        var told = Assert.Throws<ReferenceDataException>(() => Mappings.Read(yaml));
        Assert.Contains(rule, told.Message, StringComparison.Ordinal);
        Assert.EndsWith($"mine.yaml:{line}: {told.Rule}", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dry_run_shows_of_each_row_what_it_becomes_or_why_not_and_writes_nothing()
    {
        var said = new List<string>();
        using var input = new StringReader("Nr;When;What;Via;Prio;Team;Due\n1;1.3.2026 09:30;NOTE;;;;\n2;1.3.2026 09:30;DONE;;;A;\n3;1.3.2026 09:30;?;;;;\n");
        new MapRun(Mappings.Read(Shop), Mappings.Arrival).Run(input, null, null, said.Add);
        Assert.Equal(3, said.Count);
        Assert.Equal("2: ignored: only a note", said[0]);
        Assert.StartsWith("3: {\"specversion\":\"1.0\",\"id\":\"2-done\"", said[1], StringComparison.Ordinal);
        Assert.Equal("4: UNMAPPED: no rule holds", said[2]);
    }

    [Fact]
    public void Durations_come_out_in_seconds_and_texts_that_hold_json_can_be_walked_into()
    {
        var mapping = Mappings.Read("""
            source: calls
            format: ndjson
            rules:
              - type: contact.disconnected
                subject: contact/{attributes.call.0}
                id: "{attributes.call.0}-end"
                time: {field: at, format: unix}
                sequence: "{n}"
                data: {by: customer, talk_s: {field: ms, unit: ms}, hold_s: {field: clock, unit: clock}}
            """);
        var (_, events, unmapped) = Mappings.Run(mapping, """
            {"attributes":"{\"call\":[\"C1\"]}","at":"1772355600.5","n":4,"ms":12500,"clock":"1:02:03"}
            {"attributes":"{broken","at":1772355600,"n":5,"ms":1,"clock":"1"}
            [1
            """);
        var end = Assert.Single(events);
        Assert.Equal(("contact/C1", 1772355600500, 4L), (end.Subject.ToString(), end.At, end.Sequence));
        Assert.Equal(new ContactDisconnected(DisconnectedBy.Customer, 12.5m, 3723m), end.Data);
        Assert.Equal(["contact.disconnected: subject: no value for attributes.call.0", "not well-formed JSON"], unmapped.Select(u => u.GetProperty("reason").GetString()));
    }

    [Fact]
    public void Volvo_incidents_come_in_by_a_mapping_alone_with_the_published_facts()
    {
        var (summary, events, _) = Mappings.Run(Mappings.BuiltIn("bpi2013"), SharedLogs.Open("data/volvo_bpi2013_incidents.csv.gz"));
        var tickets = Tickets(events);
        Assert.Equal((65_533L, 0L, 7_554), (summary.Rows, summary.Unmapped, tickets.Count));
        Assert.Equal(514, With(tickets, "ticket.reopened"));
        Assert.Equal(580, events.Count(e => e.Type == "ticket.reopened")); // transitions, counted in the log by other means
        Assert.Equal(17_008, events.Count(e => e.Type == "ticket.assigned")); // first rows and changes of group or level, likewise
        Assert.Equal(3_365, With(tickets, "ticket.clock_paused"));
        Assert.Equal(4_546, tickets.Count(t => t.All(e => e.Data is not TicketAssigned { Role: not "L1" })));
        Assert.Equal(8, tickets.Count - With(tickets, "ticket.resolved"));
        Assert.Equal(events.Count, events.DistinctBy(e => e.Id).Count());
    }

    [Fact]
    public void Helpdesk_tickets_come_in_by_a_mapping_alone_with_the_published_facts()
    {
        var (summary, events, _) = Mappings.Run(Mappings.BuiltIn("helpdesk"), SharedLogs.Open("data/italian_helpdesk.csv.gz"));
        var tickets = Tickets(events);
        Assert.Equal((21_348L, 0L, 4_580), (summary.Rows, summary.Unmapped, tickets.Count));
        Assert.Equal(5_060, events.Count(e => e.Type == "ticket.contacted"));
        Assert.Equal(1_236, With(tickets, "ticket.clock_paused"));
        Assert.Equal(386, tickets.Count(t => t.Count(e => e.Type == "ticket.resolved") > 1));
        Assert.Equal(152, With(tickets, "ticket.reopened"));
        Assert.Equal(4_557, tickets.Count(t => t[^1].Type == "ticket.closed"));
        Assert.Equal(events.Count, events.DistinctBy(e => e.Id).Count());
    }

    private static List<List<Event>> Tickets(List<Event> events) => [.. events.GroupBy(e => e.Subject).Select(g => g.Order().ToList())];

    private static int With(List<List<Event>> tickets, string type) => tickets.Count(t => t.Exists(e => e.Type == type));

    [Fact]
    public void Requests_of_one_millisecond_that_bring_no_time_follow_each_other_as_they_came()
    {
        var mapping = Mappings.Read("""
            source: hook
            defaults: {subject: "ticket/{nr}", time: arrival, id: "{nr}-{what}"}
            rules:
              - {name: waits, when: {what: waits}, type: ticket.clock_paused, data: {reason: awaiting_customer}}
              - {name: goes on, when: {what: goes-on}, type: ticket.clock_resumed, data: {reason: awaiting_customer}}
            """);
        var order = new ArrivalOrder();
        Event At(int ms, string what)
        {
            var arrival = Mappings.Arrival.AddMilliseconds(ms);
            var row = new Row(JsonSerializer.SerializeToElement(new { nr = 7, what }), 1, arrival, []) { Turn = order.TurnOf(arrival) };
            return Assert.Single(Assert.IsType<Translation.Events>(new Mapper(mapping).Translate(row)).All).Event;
        }
        // By their ids alone "goes-on" would come before "waits".
        Event[] came = [At(0, "waits"), At(0, "goes-on"), At(0, "waits"), At(1, "goes-on")];
        Assert.Equal(came, came.Reverse().Order());
        Assert.Equal(0, came[^1].Sequence); // a new millisecond, a new count
    }
}
