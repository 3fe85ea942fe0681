using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpsMonitor.Tests.Web.Conversion;
using Xunit;

namespace OpsMonitor.Tests.Web.Adapters;

public sealed class AdapterEndpointTests(AdapterServer server) : IClassFixture<AdapterServer>
{
    private const string Form = "application/x-www-form-urlencoded";

    private static (int Accepted, int Duplicate, int Rejected, int Ignored, int Unmapped) Counts(JsonElement body) => (
        body.GetProperty("accepted").GetInt32(), body.GetProperty("duplicate").GetInt32(), body.GetProperty("rejected").GetInt32(),
        body.GetProperty("ignored").GetInt32(), body.GetProperty("unmapped").GetInt32());

    private static string? Code(JsonElement body) => body.GetProperty("code").GetString();

    [Fact]
    public async Task A_users_own_mapping_is_an_endpoint_with_the_key_and_a_resend_is_a_duplicate()
    {
        const string body = """{"nr": "own-1", "at": "2026-03-01T09:00:00Z"}""";
        Assert.Equal(401, (await server.PostAsync("own", body)).Status);
        Assert.Equal((200, (1, 0, 0, 0, 0)), (200, Counts((await server.PostAsync("own", body, key: server.Key)).Body)));
        Assert.Equal((0, 1, 0, 0, 0), Counts((await server.PostAsync("own", body, key: server.Key)).Body));
        Assert.Equal("ticket.created", Assert.Single(await server.HistoryAsync("ticket/own-1")).Type);
    }

    [Fact]
    public async Task Rows_of_a_table_come_in_over_http_too()
    {
        var (status, answer) = await server.PostAsync("lines", "nr,at\ncsv-1,2026-03-01T09:00:00Z\ncsv-2,2026-03-01T09:00:01Z\ncsv-3\n", "text/csv", server.Key);
        Assert.Equal((200, (2, 0, 0, 0, 1)), (status, Counts(answer)));
    }

    [Fact]
    public async Task What_cannot_be_mapped_or_is_refused_is_kept_word_for_word_and_counted()
    {
        var (status, answer) = await server.PostAsync("own", """[{"nr": "kept-1", "at": "soon"}, {"nr": "kept-2", "at": "2026-03-01T09:00:00Z"}, {"nr": "kept-3", "at": "2199-03-01T09:00:00Z"}]""", key: server.Key);
        Assert.Equal((200, (1, 0, 1, 0, 1)), (status, Counts(answer)));
        var kept = server.Kept("own").Select(k => (k.GetProperty("reason").GetString()!, k.GetProperty("raw").GetString()!)).ToList();
        Assert.Contains(("ticket.created: at: not a time of the format 'iso'", """{"nr": "kept-1", "at": "soon"}"""), kept);
        Assert.Contains(kept, k => k.Item1.StartsWith("time_in_future /time", StringComparison.Ordinal) && k.Item2.Contains("kept-3", StringComparison.Ordinal));
        Assert.Equal("event", Assert.Single(server.Kept("own"), k => k.GetProperty("reason").GetString()!.StartsWith("time_in_future", StringComparison.Ordinal)).GetProperty("as").GetString());
        Assert.Equal((0, 0, 0, 0, 1), Counts((await server.PostAsync("own", "{not json", key: server.Key)).Body));
        Assert.Contains(server.Kept("own"), k => k.GetProperty("raw").GetString() == "{not json");
        var metrics = await server.MetricsAsync();
        Assert.Contains("opsmonitor_adapter_total{adapter=\"own\",outcome=\"unmapped\"} 2", metrics, StringComparison.Ordinal);
        Assert.Contains("opsmonitor_adapter_total{adapter=\"own\",outcome=\"rejected\"} 1", metrics, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Directory.GetFiles(Path.Combine(server.Folder, "unmapped", "own"))[0]));
    }

    [Fact]
    public async Task Without_a_key_nobody_learns_which_adapters_there_are_and_a_name_cannot_leave_the_folder()
    {
        Assert.Equal(401, (await server.PostAsync("nowhere", "{}")).Status);
        var (status, body) = await server.PostAsync("nowhere", "{}", key: server.Key);
        Assert.Equal((404, "no_such_adapter"), (status, Code(body)));
        Assert.Equal(404, (await server.PostAsync("..%2F..%2Fkeys", "{}", key: server.Key)).Status);
    }

    [Fact]
    public async Task A_changed_mapping_counts_from_the_next_request_and_a_broken_one_leaves_it_as_it_was()
    {
        const string mapping = "source: SRC\nrules:\n  - {ignore: nothing, when: {a: \"1\"}}\n";
        var file = Path.Combine(server.Folder, "reference", "adapters", "changing.yaml");
        server.Put("reference/adapters/changing.yaml", mapping);
        Assert.Equal((0, 0, 0, 0, 1), Counts((await server.PostAsync("changing", """{"a": 2}""", key: server.Key)).Body));
        server.Put("reference/adapters/changing.yaml", mapping.Replace("\"1\"", "\"2\"", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds(5));
        Assert.Equal((0, 0, 0, 1, 0), Counts((await server.PostAsync("changing", """{"a": 2}""", key: server.Key)).Body));
        server.Put("reference/adapters/changing.yaml", "source: [");
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds(9));
        Assert.Equal((0, 0, 0, 1, 0), Counts((await server.PostAsync("changing", """{"a": 2}""", key: server.Key)).Body));
        Assert.Contains(server.Said, l => l.StartsWith("adapter changing: ", StringComparison.Ordinal) && l.Contains("changing.yaml", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Zendesk_is_let_in_by_its_signature_over_time_and_body_and_by_nothing_else()
    {
        var body = Payloads.Zendesk("created", 35436, "e-1", "2026-03-01T09:00:00Z", "{}");
        string Sign(string secret, string stamp) => Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(stamp + body)));
        Task<(int Status, JsonElement Body)> Post(string signature, string stamp) =>
            server.PostAsync("zendesk", body, headers: [("X-Zendesk-Webhook-Signature", signature), ("X-Zendesk-Webhook-Signature-Timestamp", stamp)]);
        var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var late = DateTimeOffset.UtcNow.AddMinutes(-6).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        Assert.Equal("bad_signature", Code((await Post(Sign("another", now), now)).Body));
        Assert.Equal(401, (await Post(Sign("zendesk-secret", late), late)).Status);
        Assert.Equal(401, (await Post("%%%", now)).Status);
        Assert.Equal(401, (await server.PostAsync("zendesk", body, key: server.Key)).Status);
        Assert.Empty(await server.HistoryAsync("ticket/35436"));
        Assert.Equal((1, 0, 0, 0, 0), Counts((await Post(Sign("zendesk-secret", now), now)).Body));
        Assert.Equal((0, 1, 0, 0, 0), Counts((await Post(Sign("old-secret", now), now)).Body)); // two are live while one is rotated
    }

    [Fact]
    public async Task Twilios_published_example_of_a_signature_holds_and_a_changed_field_breaks_it()
    {
        // The address, fields, token and signature of Twilio's documentation.
        server.Put("reference/adapters/example.yaml", "source: x\nauth: {kind: twilio, secret: twilio, url: \"https://mycompany.com/myapp.php\"}\nrules:\n  - {ignore: heard}\n");
        const string fields = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212", signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        Assert.Equal((0, 0, 0, 1, 0), Counts((await server.PostAsync("example?foo=1&bar=2", fields, Form, headers: ("X-Twilio-Signature", signature))).Body));
        Assert.Equal(401, (await server.PostAsync("example?foo=1&bar=2", fields.Replace("1234&", "1235&", StringComparison.Ordinal), Form, headers: ("X-Twilio-Signature", signature))).Status);
        Assert.Equal(401, (await server.PostAsync("example?foo=1", fields, Form, headers: ("X-Twilio-Signature", signature))).Status);
    }

    [Fact]
    public async Task Zammads_ticket_told_again_and_again_says_only_what_is_new()
    {
        var open = await File.ReadAllTextAsync(SharedLogs.Path("cases/payloads/zammad_ticket_webhook.json"));
        async Task<(int, int, int, int, int)> Post(string body)
        {
            var signature = "sha1=" + Convert.ToHexStringLower(Sha1(body));
            return Counts((await server.PostAsync("zammad", body, headers: ("X-Hub-Signature", signature))).Body);
        }
        Assert.Equal((3, 0, 0, 0, 0), await Post(open)); // created, classified, assigned
        Assert.Equal((0, 3, 0, 0, 0), await Post(open));
        var closed = open.Replace("\"state\": \"open\"", "\"state\": \"closed\", \"last_close_at\": \"2020-11-13T15:00:00.000Z\"", StringComparison.Ordinal)
            .Replace("2020-11-13T14:34:35.333Z", "2020-11-13T15:00:00.100Z", StringComparison.Ordinal);
        Assert.Equal((2, 3, 0, 0, 0), await Post(closed)); // resolved, closed
        var urgent = closed.Replace("\"2 normal\"", "\"3 high\"", StringComparison.Ordinal).Replace("\"priority_id\": 2", "\"priority_id\": 3", StringComparison.Ordinal);
        Assert.Equal((1, 4, 0, 0, 0), await Post(urgent));
        Assert.Equal((1, 4, 0, 0, 0), await Post(closed)); // back to what it was: news, under a numbered id
        var types = (await server.HistoryAsync("ticket/81")).Select(e => e.Type).Order(StringComparer.Ordinal);
        Assert.Equal(["ticket.assigned", "ticket.classified", "ticket.classified", "ticket.classified", "ticket.closed", "ticket.created", "ticket.resolved"], types);
    }

    [Fact]
    public async Task Freshdesks_body_without_id_and_time_counts_once_until_something_else_came_between()
    {
        var created = await File.ReadAllTextAsync(SharedLogs.Path("cases/payloads/freshdesk_ticket_created.json"));
        var waits = (await File.ReadAllTextAsync(SharedLogs.Path("cases/payloads/freshdesk_status_changed.json"))).Replace("from:4", "from:2", StringComparison.Ordinal);
        var goesOn = waits.Replace("from:2,to:6", "from:6,to:2", StringComparison.Ordinal);
        async Task<(int, int, int, int, int)> Post(string body) => Counts((await server.PostAsync("freshdesk", body, key: server.Key)).Body);
        Assert.Equal((1, 0, 0, 0, 0), await Post(created));
        Assert.Equal((0, 1, 0, 0, 0), await Post(created));
        Assert.Equal((1, 0, 0, 0, 0), await Post(waits));
        Assert.Equal((0, 1, 0, 0, 0), await Post(waits));
        Assert.Equal((1, 0, 0, 0, 0), await Post(goesOn));
        Assert.Equal((1, 0, 0, 0, 0), await Post(waits)); // the customer is waited for a second time
        var history = await server.HistoryAsync("ticket/11");
        Assert.Equal(["ticket.created", "ticket.clock_paused", "ticket.clock_resumed", "ticket.clock_paused"], history.Select(e => e.Type));
        Assert.DoesNotContain("requester-bob", Encoding.UTF8.GetString(history[0].Raw.Span), StringComparison.Ordinal); // in the vault
    }

#pragma warning disable CA5350 // as Zammad signs
    private static byte[] Sha1(string body) => HMACSHA1.HashData("zammad-token"u8, Encoding.UTF8.GetBytes(body));
#pragma warning restore CA5350
}
