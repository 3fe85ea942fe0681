using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Web.Conversion;
using OpsMonitor.Web.Adapters;
using Xunit;

namespace OpsMonitor.Tests.Web.Adapters;

/// <summary>Each mapping that comes with the program, on bodies of the sender's documented shape.</summary>
public sealed class BuiltInMappingTests
{
    private const string Queue = "WQ1";

    [Fact]
    public void Every_mapping_that_comes_with_the_program_can_be_read()
    {
        var files = Directory.GetFiles(AdapterShelf.BuiltIn, "*.yaml");
        Assert.Equal(9, files.Length);
        foreach (var file in files) Assert.NotEmpty(MappingReader.Read(file).Rules);
    }

    [Fact]
    public void A_zendesk_ticket_lives_from_creation_over_waiting_to_solved_reopened_and_closed()
    {
        var (summary, events, _) = Mappings.Run(Mappings.BuiltIn("zendesk"), "[" + string.Join(',',
            Payloads.Zendesk("created", 7, "a", "2026-03-01T09:00:00Z", "{}"),
            Payloads.Zendesk("agent_assignment_changed", 7, "b", "2026-03-01T09:01:00Z", """{"current": "84", "previous": "0"}"""),
            Payloads.Zendesk("group_assignment_changed", 7, "c", "2026-03-01T09:02:00Z", """{"current": "85", "previous": null}"""),
            Payloads.Zendesk("comment_added", 7, "d", "2026-03-01T09:03:00Z", """{"comment": {"id": "1", "body": "words", "is_public": true, "author": {"id": "84", "is_staff": true, "name": "A"}}}"""),
            Payloads.Zendesk("comment_added", 7, "e", "2026-03-01T09:03:30Z", """{"comment": {"id": "2", "body": "words", "is_public": false, "author": {"id": "84", "is_staff": true, "name": "A"}}}"""),
            Payloads.Zendesk("status_changed", 7, "f", "2026-03-01T09:04:00Z", """{"current": "PENDING", "previous": "OPEN"}"""),
            Payloads.Zendesk("status_changed", 7, "g", "2026-03-01T09:05:00Z", """{"current": "SOLVED", "previous": "PENDING"}"""),
            Payloads.Zendesk("status_changed", 7, "h", "2026-03-01T09:06:00Z", """{"current": "OPEN", "previous": "SOLVED"}"""),
            Payloads.Zendesk("priority_changed", 7, "i", "2026-03-01T09:07:00Z", """{"current": "URGENT", "previous": "HIGH"}"""),
            Payloads.Zendesk("status_changed", 7, "j", "2026-03-01T09:08:00Z", """{"current": "CLOSED", "previous": "OPEN"}"""),
            Payloads.Zendesk("tags_changed", 7, "k", "2026-03-01T09:09:00Z", """{"tags_added": ["x"]}"""),
            Payloads.Zendesk("sang_a_song", 7, "l", "2026-03-01T09:10:00Z", "{}")) + "]");
        Assert.Equal((12L, 2L, 1L), (summary.Rows, summary.Ignored, summary.Unmapped));
        Assert.Equal(
        [
            ("a", "ticket.created"), ("b", "ticket.assigned"), ("c", "ticket.dispatched"), ("d", "ticket.replied"), ("f-paused", "ticket.clock_paused"),
            ("g-resumed", "ticket.clock_resumed"), ("g-resolved", "ticket.resolved"), ("h-reopened", "ticket.reopened"), ("i", "ticket.classified"),
            ("j-resolved", "ticket.resolved"), ("j-closed", "ticket.closed"),
        ], events.Select(e => (e.Id, e.Type)));
        Assert.All(events, e => Assert.Equal(("zendesk", "ticket/7"), (e.Source, e.Subject.ToString())));
        Assert.Equal(new TicketCreated(TicketKind.Inquiry, Channel.Email, DepartmentId: "8447320466430", Priority: 2, CustomerRef: "8447388090495"), events[0].Data);
        Assert.Equal(new TicketDispatched("c", "85", DispatchRole.Lead), events[2].Data);
        Assert.Equal(new TicketClockPaused(PauseReason.AwaitingCustomer), events[4].Data);
        Assert.Equal(new TicketClassified("question", Priority: 1), events[8].Data);
    }

    [Fact]
    public void A_twilio_task_is_offered_missed_answered_and_ends_once_though_two_events_tell_of_it()
    {
        string[] worker = ["WorkerSid=WK1", "WorkerName=ann", "ReservationSid=WR1", $"TaskQueueSid={Queue}", "TaskQueueName=First+line"];
        var told = new[]
        {
            Payloads.TaskRouter("task.created", "EV1", 1772355600000),
            Payloads.TaskRouter("workflow.entered", "EV2", 1772355600100),
            Payloads.TaskRouter("task-queue.entered", "EV3", 1772355600200, $"TaskQueueSid={Queue}", "TaskQueueName=First+line"),
            Payloads.TaskRouter("reservation.created", "EV4", 1772355600300, worker),
            Payloads.TaskRouter("reservation.timeout", "EV5", 1772355610000, worker),
            Payloads.TaskRouter("reservation.created", "EV6", 1772355610100, worker),
            Payloads.TaskRouter("reservation.accepted", "EV7", 1772355620000, worker),
            Payloads.TaskRouter("task.wrapup", "EV8", 1772355700000, "TaskCompletedReason=done"),
            Payloads.TaskRouter("task.completed", "EV9", 1772355710000, "TaskCompletedReason=done"),
            Payloads.TaskRouter("reservation.completed", "EV10", 1772355710001, worker),
            Payloads.TaskRouter("worker.activity.update", "EV11", 1772355710100, "WorkerSid=WK1", "WorkerActivityName=Break"),
        };
        var rows = told.Select(Form).ToList();
        var (_, events, unmapped) = Mappings.Run(Mappings.BuiltIn("twilio-taskrouter"), $"[{string.Join(',', rows)}]");
        Assert.Empty(unmapped);
        Assert.Equal(
        [
            "contact.initiated", "contact.queued", "contact.offered", "contact.offer_missed", "contact.offered", "contact.answered",
            "contact.disconnected", "contact.wrapup_completed", "agent.state_changed",
        ], events.Select(e => e.Type));
        Assert.Equal(("EV1", "contact/WT1", 1772355600000), (events[0].Id, events[0].Subject.ToString(), events[0].At));
        Assert.Equal(new ContactInitiated(Channel.Phone, Direction.Inbound), events[0].Data);
        Assert.Equal(new ContactAnswered("WK1", "first-line"), events[5].Data);
        Assert.Equal(1772355700000, events[6].At);
        Assert.Equal(AgentState.Break, Assert.IsType<AgentStateChanged>(events[8].Data).State);
    }

    [Fact]
    public void Twilio_voice_tells_a_call_of_ours_and_a_caller_who_gave_up()
    {
        static string Call(string sid, string status, string direction, int at, string more = "") => Form(
            $"CallSid={sid}&AccountSid=AC1&From=%2B15550001111&To=%2B15550002222&CallStatus={status}&ApiVersion=2010-04-01&Direction={direction}&Timestamp=Sun%2C+01+Mar+2026+09%3A00%3A{at:00}+%2B0000&CallbackSource=call-progress-events&SequenceNumber=0{more}");
        var (summary, events, _) = Mappings.Run(Mappings.BuiltIn("twilio-voice"), "[" + string.Join(',',
            Call("CA1", "initiated", "outbound-api", 0), Call("CA1", "ringing", "outbound-api", 1), Call("CA1", "in-progress", "outbound-api", 5),
            Call("CA1", "completed", "outbound-api", 40, "&CallDuration=35&Duration=1"), Call("CA2", "ringing", "inbound", 0), Call("CA2", "canceled", "inbound", 9)) + "]");
        Assert.Equal((6L, 4L, 1L, 0L, 1L), (summary.Rows, summary.Events, summary.Ignored, summary.Unmapped, summary.Doubled));
        Assert.Equal(["CA1-initiated", "CA1-completed", "CA2-initiated", "CA2-canceled"], events.Select(e => e.Id));
        Assert.Equal(new ContactDisconnected(DisconnectedBy.System, 35, Cause: "completed"), events[1].Data);
        Assert.Equal(new ContactAbandoned(AbandonStage.Ivr), events[3].Data);
    }

    [Fact]
    public void An_amazon_contact_event_is_dated_by_what_it_tells_of_not_by_when_it_was_sent()
    {
        var body = File.ReadAllText(SharedLogs.Path("cases/payloads/amazon_connect_contact_event.json"));
        var answered = Assert.Single(Mappings.Run(Mappings.BuiltIn("amazon-connect"), body).Events);
        Assert.Equal(("abcabcab-abca-abca-abca-abcabcabcabc", "contact/12345678-1234-1234-1234-123456789012"), (answered.Id, answered.Subject.ToString()));
        Assert.Equal(DateTimeOffset.Parse("2021-08-04T17:29:09Z", null).ToUnixTimeMilliseconds(), answered.At);
        Assert.Equal(new ContactAnswered("12345678-1234-1234-1234-123456789012", "12345678-1234-1234-1234-123456789012"), answered.Data);
        var queued = body.Replace("CONNECTED_TO_AGENT", "QUEUED", StringComparison.Ordinal);
        Assert.Equal(DateTimeOffset.Parse("2021-08-04T17:29:04Z", null).ToUnixTimeMilliseconds(), Assert.Single(Mappings.Run(Mappings.BuiltIn("amazon-connect"), queued).Events).At);
        var left = body.Replace("CONNECTED_TO_AGENT", "DISCONNECTED", StringComparison.Ordinal).Replace("agentArn", "nobody", StringComparison.Ordinal);
        Assert.IsType<ContactAbandoned>(Assert.Single(Mappings.Run(Mappings.BuiltIn("amazon-connect"), left).Events).Data);
        var passedOn = body.Replace("CONNECTED_TO_AGENT", "INITIATED", StringComparison.Ordinal).Replace("\"INBOUND\"", "\"TRANSFER\", \"previousContactId\": \"before\"", StringComparison.Ordinal);
        Assert.Equal(["contact/before contact.transferred", "contact/12345678-1234-1234-1234-123456789012 contact.initiated"],
            Mappings.Run(Mappings.BuiltIn("amazon-connect"), passedOn).Events.Select(e => $"{e.Subject} {e.Type}"));
    }

    [Fact]
    public void An_amazon_contact_record_is_a_whole_call_with_the_recorded_durations()
    {
        var body = File.ReadAllText(SharedLogs.Path("cases/payloads/amazon_connect_ctr.json"));
        var events = Mappings.Run(Mappings.BuiltIn("amazon-connect-records"), body).Events;
        Assert.Equal(["contact.initiated", "contact.queued", "contact.answered", "contact.disconnected", "contact.wrapup_completed"], events.Select(e => e.Type));
        Assert.All(events, e => Assert.StartsWith("15a5cf14-3212-45a1-9f86-a8e97db8afaf-", e.Id, StringComparison.Ordinal));
        Assert.Equal(new ContactAnswered("22222222-2222-2222-2222-222222222222", "44444444-4444-4444-4444-444444444444", 7), events[2].Data);
        Assert.Equal(new ContactDisconnected(DisconnectedBy.Customer, 33, 0, "customer-disconnect"), events[3].Data);
        Assert.Equal(32, Assert.IsType<ContactWrapupCompleted>(events[4].Data).AcwS);
        var lost = body.Replace("\"ConnectedToAgentTimestamp\"", "\"Never\"", StringComparison.Ordinal);
        Assert.Contains(Mappings.Run(Mappings.BuiltIn("amazon-connect-records"), lost).Events, e => e.Data is ContactAbandoned { Stage: AbandonStage.Queue, WaitS: 7 });
    }

    /// <summary>A form as the JSON object that the door makes of it.</summary>
    private static string Form(string text) => "{" + string.Join(',', text.Split('&').Select(f => f.Split('=')).Select(f =>
        $"\"{f[0]}\":{System.Text.Json.JsonSerializer.Serialize(Uri.UnescapeDataString(f[1].Replace('+', ' ')))}")) + "}";
}
