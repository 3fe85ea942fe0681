using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using Xunit;

namespace OpsMonitor.Tests.Grains.Events;

public sealed class EventReaderTests
{
    private const string Head = """
        "specversion":"1.0","id":"e-1","source":"/pbx","time":"2026-03-01T09:00:00.1239+08:00"
        """;

    private static string Ticket(string more = "", string data = """{"kind":"complaint","channel":"phone"}""") =>
        $$"""{{{Head}},"type":"ticket.created","subject":"ticket/T-1"{{more}},"data":{{data}}}""";

    private static string Of(string type, string subject, string data) =>
        $$"""{{{Head}},"type":"{{type}}","subject":"{{subject}}","data":{{data}}}""";

    private static ReadResult Read(string json) => EventReader.Read(Encoding.UTF8.GetBytes(json));

    private static Event Good(string json)
    {
        var (e, error) = Read(json);
        Assert.Null(error);
        return e!;
    }

    private static void Refused(string json, string code, string pointer)
    {
        var (e, error) = Read(json);
        Assert.Null(e);
        Assert.Equal((code, pointer), (error!.Code, error.Pointer));
    }

    [Fact]
    public void An_event_is_read_with_its_time_cut_to_the_millisecond()
    {
        var e = Good(Ticket(""","sequence":"007","departmentid":"billing" """));
        Assert.Equal(("/pbx", "e-1", "ticket.created", 7L, "billing"), (e.Source, e.Id, e.Type, e.Sequence, e.DepartmentId));
        Assert.Equal(DateTimeOffset.Parse("2026-03-01T01:00:00.123Z", null).ToUnixTimeMilliseconds(), e.At);
        Assert.Equal(new Subject(SubjectKind.Ticket, "T-1"), e.Subject);
        Assert.Equal(new TicketCreated(TicketKind.Complaint, Channel.Phone), e.Data);
    }

    [Fact]
    public void The_department_in_data_wins_over_the_extension() =>
        Assert.Equal("b", Good(Ticket(""","departmentid":"a" """, """{"kind":"complaint","channel":"phone","department_id":"b"}""")).DepartmentId);

    [Fact]
    public void A_leading_opsmonitor_is_dropped_and_an_unknown_type_is_kept()
    {
        Assert.Equal("ticket.created", Good(Ticket().Replace("ticket.created", "opsmonitor.ticket.created")).Type);
        var unknown = Good(Of("sla.breached", "ticket/T-1", """{"department_id":7}"""));
        Assert.Null(unknown.Data);
        Assert.Null(unknown.DepartmentId);
        Assert.Equal(-1, unknown.Sequence);
    }

    [Fact]
    public void Every_type_of_the_vocabulary_names_its_missing_field_or_needs_none()
    {
        foreach (var type in EventTypes.All.Keys)
        {
            var kind = type[..type.IndexOf('.')];
            var (e, error) = Read(Of(type, (kind == "alert" ? "ticket" : kind) + "/1", "{}")); // what is done about an alert stands with its subject
            if (e is not null) Assert.NotNull(e.Data);
            else Assert.Matches("^/data/[a-z_]+$", error!.Pointer);
        }
    }

    [Theory]
    [InlineData("", "malformed_json", "")]
    [InlineData("{\"id\":", "malformed_json", "")]
    [InlineData("{\"id\":\"\\ud800\"}", "malformed_json", "")]
    [InlineData("[]", "not_an_object", "")]
    [InlineData("{\"id\":\"a\",\"\\u0069d\":\"b\"}", "duplicate_key", "/id")]
    [InlineData("{\"data\":{\"a/b\":[{\"c\":1,\"c\":2}]}}", "duplicate_key", "/data/a~1b/0/c")]
    public void What_is_not_one_clean_object_is_refused(string json, string code, string pointer) => Refused(json, code, pointer);

    [Theory]
    [InlineData("\"1.0\"", "\"0.3\"", "wrong_specversion", "/specversion")]
    [InlineData("\"1.0\"", "1.0", "bad_attribute", "/specversion")]
    [InlineData("\"id\"", "\"ID\"", "missing_attribute", "/id")]
    [InlineData("\"e-1\"", "null", "missing_attribute", "/id")]
    [InlineData("\"e-1\"", "\"e\\u0000\"", "bad_attribute", "/id")]
    [InlineData("/pbx", "/p\\nbx", "bad_attribute", "/source")]
    [InlineData("+08:00", "", "bad_time", "/time")]
    [InlineData("2026-03-01", "2026-02-29", "bad_time", "/time")]
    [InlineData("T09", " 09", "bad_time", "/time")]
    [InlineData("ticket/T-1", "ticket/", "bad_subject", "/subject")]
    [InlineData("ticket/T-1", "T-1", "bad_subject", "/subject")]
    [InlineData("ticket/T-1", "order/1", "bad_subject", "/subject")]
    [InlineData("ticket/T-1", "ticket/a\\tb", "bad_subject", "/subject")]
    [InlineData("ticket/T-1", "contact/1", "subject_mismatch", "/subject")]
    [InlineData("\"data\":", "\"sequence\":-1,\"data\":", "bad_sequence", "/sequence")]
    [InlineData("\"data\":", "\"sequence\":1.5,\"data\":", "bad_sequence", "/sequence")]
    [InlineData("\"data\":", "\"sequence\":\" 1\",\"data\":", "bad_sequence", "/sequence")]
    [InlineData("\"data\":", "\"data_base64\":\"e30=\",\"x\":", "bad_data", "/data_base64")]
    [InlineData("\"data\":", "\"x\":{\"a\":1},\"data\":", "bad_attribute", "/x")]
    [InlineData("\"data\":", "\"x\":", "bad_attribute", "/x")]
    [InlineData("\"phone\"", "null", "bad_data", "/data/channel")]
    [InlineData("\"phone\"", "\"phone,chat\"", "bad_data", "/data/channel")]
    [InlineData("\"phone\"", "0", "bad_data", "/data/channel")]
    [InlineData("\"phone\"", "\"phone\",\"priority\":1.5", "bad_data", "/data/priority")]
    [InlineData("\"phone\"", "\"phone\",\"policy_ids\":[\"a\",null]", "bad_data", "/data/policy_ids/1")]
    [InlineData("\"phone\"", "\"phone\",\"due_at\":\"2026-03-01T09:00:00\"", "bad_data", "/data/due_at")]
    [InlineData("\"phone\"", "\"phone\",\"department_id\":\"\"", "bad_data", "/data/department_id")]
    public void A_fault_is_named_with_its_place(string what, string with, string code, string pointer) =>
        Refused(Ticket().Replace(what, with), code, pointer);

    [Theory]
    [InlineData("{}", "/data/kind")]
    [InlineData("""{"kind":"promise"}""", "/data/due_at")]
    [InlineData("""{"kind":"promise","window_start":"2026-03-01T09:00:00Z"}""", "/data/window_end")]
    [InlineData("""{"kind":"promise","window_end":"2026-03-01T09:00:00Z"}""", "/data/window_start")]
    public void A_promise_says_by_when(string data, string pointer) => Refused(Of("callback.promised", "callback/1", data), "bad_data", pointer);

    [Fact]
    public void Size_and_depth_are_bounded()
    {
        Refused(Ticket("", $$"""{"kind":"complaint","channel":"phone","x":"{{new string('x', 65_536)}}"}"""), "too_large", "");
        string Deep(int levels) => Ticket("", $$"""{"kind":"complaint","channel":"phone","x":{{new string('[', levels)}}{{new string(']', levels)}}}""");
        Good(Deep(30));
        Refused(Deep(31), "too_deep", "");
        Refused(new string('[', 60_000), "too_deep", "");
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused() =>
        Assert.Equal("malformed_json", EventReader.Read((byte[])[.. "{\"id\":\""u8, 0xC3, 0x28, .. "\"}"u8]).Error!.Code);

    [Fact]
    public void The_same_event_written_otherwise_has_the_same_bytes_and_hash()
    {
        var a = Good(Ticket(""","sequence":5,"b":"x","a":"电话" """, """{"kind":"complaint","channel":"phone","x":{"b":1.50,"a":[1]}}"""));
        var b = Good("""
            {"data": {"x":{"a":[ 1 ],"b":1.50},"channel":"phone","kind":"complaint"}, "a":"\u7535\u8bdd", "sequence":"05", "b":"x", "datacontenttype":"application/json",
             "c":null, "subject":"ticket/T-1","type":"opsmonitor.ticket.created","time":"2026-03-01T09:00:00.1239+08:00","source":"/pbx","id":"e-1","specversion":"1.0"}
            """);
        const string canonical = """
            {"specversion":"1.0","id":"e-1","source":"/pbx","type":"ticket.created","time":"2026-03-01T09:00:00.1239+08:00","subject":"ticket/T-1","a":"电话","b":"x","sequence":5,"data":{"channel":"phone","kind":"complaint","x":{"a":[1],"b":1.50}}}
            """;
        Assert.Equal(canonical, Encoding.UTF8.GetString(a.Raw.Span));
        Assert.Equal(canonical, Encoding.UTF8.GetString(b.Raw.Span));
        Assert.Equal(EventHash.Of(a).Body, EventHash.Of(b).Body);
        Assert.Equal(canonical, Encoding.UTF8.GetString(EventReader.Read(a.Raw).Event!.Raw.Span));
        Assert.NotEqual(EventHash.Of(a).Body, EventHash.Of(Good(Ticket())).Body);
    }

    [Fact]
    public void Identity_is_source_and_id()
    {
        Assert.Equal(EventHash.IdentityOf("/a", "1"), EventHash.IdentityOf("/a", "1"));
        Assert.NotEqual(EventHash.IdentityOf("/a", "1"), EventHash.IdentityOf("/a1", ""));
    }

    [Fact]
    public void An_element_of_a_looser_document_gets_the_same_checks()
    {
        using var document = JsonDocument.Parse($$"""[{{Ticket()}},{"id":"a","id":"b"}]""");
        Assert.NotNull(EventReader.Read(document.RootElement[0]).Event);
        Assert.Equal("duplicate_key", EventReader.Read(document.RootElement[1]).Error!.Code);
    }

    [Theory]
    [InlineData("1969-12-31T23:59:59.9999Z", -1)]
    [InlineData("1970-01-01t00:00:00.0z", 0)]
    [InlineData("1970-01-01T00:00:00-01:30", 5_400_000)]
    [InlineData("1969-12-31T23:59:60Z", 0)]
    public void Times_are_Unix_milliseconds(string text, long ms)
    {
        Assert.True(Rfc3339.TryParse(text, out var read));
        Assert.Equal(ms, read);
    }
}
