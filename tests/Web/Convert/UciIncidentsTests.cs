using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Conversion;
using Xunit;

namespace OpsMonitor.Tests.Web.Conversion;

public sealed class UciIncidentsTests
{
    private const string Header =
        "number,incident_state,opened_at,sys_updated_at,contact_type,category,priority,assignment_group,caller_id,closed_code";

    [Fact]
    public void The_real_log_has_the_published_figures()
    {
        using var log = SharedLogs.Open("data/uci_servicenow_incidents.csv.gz");
        var events = new UciIncidentsConverter().Convert(log, DateTimeZone.Utc).ToList();
        Assert.Equal(events.Count, events.Select(e => e.Id).Distinct().Count());

        var tickets = InOrder(events);
        Assert.Equal(24_918, tickets.Count);
        Assert.All(tickets, t => Assert.Equal("ticket.created", t[0].Type));
        // OpsMonitor orders by time: it must come to the order in which the rows were told.
        Assert.All(tickets, t => Assert.Equal(Enumerable.Range(0, t.Count).Select(n => (long)n), t.Select(e => e.Sequence)));
        Assert.Equal(331, events.Count(e => e.Type == "ticket.reopened"));
        Assert.Equal(275, tickets.Count(t => t.Any(e => e.Type == "ticket.reopened")));

        Assert.Equal(1_481, OpenAt(tickets, Instant.FromUtc(2016, 3, 31, 23, 59)));
        Assert.Equal(1_195, OpenAt(tickets, Instant.FromUtc(2016, 4, 30, 23, 59)));
        Assert.Equal(1_181, OpenAt(tickets, Instant.FromUtc(2016, 5, 31, 23, 59)));
        Assert.Equal(0, OpenAt(tickets, Instant.MaxValue));

        var hours = tickets.Select(HoursToLastResolved).Order().ToList();
        Assert.Equal(165.33, Math.Round(hours.Average(), 2));
        Assert.Equal(15.12, Math.Round((hours[(hours.Count / 2) - 1] + hours[hours.Count / 2]) / 2, 2));
    }

    [Fact]
    public void Every_pause_of_the_real_log_is_resumed_before_the_incident_is_resolved()
    {
        using var log = SharedLogs.Open("data/uci_servicenow_incidents.csv.gz");
        foreach (var ticket in InOrder(new UciIncidentsConverter().Convert(log, DateTimeZone.Utc)))
        {
            PauseReason? paused = null;
            foreach (var e in ticket)
            {
                if (e.Data is TicketClockPaused p) { Assert.Null(paused); paused = p.Reason; }
                if (e.Data is TicketClockResumed r) { Assert.Equal(r.Reason, paused); paused = null; }
                if (e.Data is TicketResolved) Assert.Null(paused);
            }
        }
    }

    [Fact]
    public void Closed_straight_from_open_is_resolved_and_closed_at_one_time()
    {
        var events = Convert("I1,New,1/2/2016 08:00,1/2/2016 08:05,Phone,Category 5,3 - Moderate,Group 56,Caller 7,code 5",
            "I1,Closed,1/2/2016 08:00,1/2/2016 09:00,Phone,Category 5,3 - Moderate,Group 56,Caller 7,code 5");

        Assert.Equal(["ticket.created", "ticket.resolved", "ticket.closed"], events.Select(e => e.Type));
        Assert.Equal(Instant.FromUtc(2016, 2, 1, 8, 0), events[0].Time);
        Assert.Equal(events[1].Time, events[2].Time);
        Assert.Equal([0L, 1L, 2L], events.Select(e => e.Sequence));
        Assert.Equal(["I1-0-0", "I1-1-0", "I1-1-1"], events.Select(e => e.Id));
        Assert.Equal(new TicketCreated(TicketKind.Incident, Channel.Phone, DepartmentId: "group-56", Category: "category-5", Priority: 3, CustomerRef: "caller-7"), events[0].Data);
    }

    [Fact]
    public void A_row_that_goes_back_in_time_takes_the_time_of_the_row_before_it()
    {
        var events = Convert("I1,Active,1/2/2016 08:00,1/2/2016 10:00,Email,?,?,?,?,?",
            "I1,Resolved,1/2/2016 08:00,1/2/2016 09:00,Email,?,?,?,?,?");

        Assert.Equal(Instant.FromUtc(2016, 2, 1, 10, 0), events[1].Time);
    }

    [Fact]
    public void A_row_without_a_state_changes_no_state()
    {
        var events = Convert("I1,Resolved,1/2/2016 08:00,1/2/2016 08:00,Phone,?,?,?,?,?",
            "I1,-100,1/2/2016 08:00,1/2/2016 09:00,Phone,?,?,?,?,?",
            "I1,Closed,1/2/2016 08:00,1/2/2016 10:00,Phone,?,?,?,?,?");

        Assert.Equal(["ticket.created", "ticket.resolved", "ticket.closed"], events.Select(e => e.Type));
    }

    [Fact]
    public void Waiting_pauses_the_clock_and_leaving_resumes_it_with_the_same_reason()
    {
        var events = Convert("I1,Awaiting User Info,1/2/2016 08:00,1/2/2016 08:00,Phone,?,?,?,?,?",
            "I1,Awaiting Vendor,1/2/2016 08:00,1/2/2016 09:00,Phone,?,?,?,?,?",
            "I1,Awaiting Problem,1/2/2016 08:00,1/2/2016 10:00,Phone,?,?,?,?,?",
            "I1,Resolved,1/2/2016 08:00,1/2/2016 11:00,Phone,?,?,?,?,?",
            "I1,Active,1/2/2016 08:00,1/2/2016 12:00,Phone,?,?,Group 2,?,?");

        Assert.Equal(
            ["ticket.created", "ticket.clock_paused", "ticket.clock_resumed", "ticket.clock_paused", "ticket.clock_resumed", "ticket.resolved", "ticket.classified", "ticket.reopened"],
            events.Select(e => e.Type));
        Assert.Equal(new TicketClockResumed(PauseReason.AwaitingCustomer), events[2].Data);
        Assert.Equal(new TicketClockResumed(PauseReason.AwaitingThirdParty), events[4].Data);
        Assert.Equal(new TicketClassified("unknown", DepartmentId: "group-2"), events[6].Data);
    }

    [Fact]
    public void Local_times_are_placed_by_the_zone_and_a_skipped_one_moves_forward()
    {
        var berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];
        using var log = new StringReader($"{Header}\nI1,New,27/3/2016 02:30,27/3/2016 08:00,Phone,?,?,?,?,?\n");

        Assert.Equal(Instant.FromUtc(2016, 3, 27, 1, 30), new UciIncidentsConverter().Convert(log, berlin).First().Time);
    }

    [Theory]
    [InlineData("I1,New,31/2/2016 02:30,1/3/2016 08:00,Phone,?,?,?,?,?")]
    [InlineData("I1,New,1/2/2016 02:30")]
    public void A_row_that_cannot_be_read_is_refused_by_its_line(string row) =>
        Assert.StartsWith("line 2:", Assert.Throws<FormatException>(() => Convert(row)).Message, StringComparison.Ordinal);

    private static List<CloudEvent> Convert(params string[] rows)
    {
        using var log = new StringReader(string.Join('\n', [Header, .. rows]));
        return new UciIncidentsConverter().Convert(log, DateTimeZone.Utc).ToList();
    }

    private static List<List<CloudEvent>> InOrder(IEnumerable<CloudEvent> events) =>
        events.GroupBy(e => e.Subject).Select(g => g.OrderBy(e => e.Time).ThenBy(e => e.Sequence).ToList()).ToList();

    private static int OpenAt(List<List<CloudEvent>> tickets, Instant until) => tickets.Count(t =>
    {
        var open = false;
        foreach (var e in t.TakeWhile(e => e.Time <= until))
            open = e.Type switch { "ticket.created" or "ticket.reopened" => true, "ticket.resolved" => false, _ => open };
        return open;
    });

    private static double HoursToLastResolved(List<CloudEvent> ticket) =>
        (ticket.Last(e => e.Type == "ticket.resolved").Time - ticket[0].Time).TotalHours;
}
