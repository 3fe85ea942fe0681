using System.Net;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;
using Xunit;

namespace OpsMonitor.Tests.Web;

public sealed class IngestTests(IngestHost host) : IClassFixture<IngestHost>
{
    private const string One = "application/cloudevents+json", Many = "application/cloudevents-batch+json";

    private static string Good(string id) => Malformed.Good(new Random(1), id);

    private static string Code(JsonElement body) => body.GetProperty("code").GetString()!;

    [Fact]
    public async Task A_thousand_malformed_requests_are_each_told_what_is_wrong_and_none_is_taken()
    {
        var random = new Random(20260301);
        for (var n = 0; n < 1_000; n++)
        {
            var request = Malformed.Next(random, n);
            var (status, body, response) = await host.PostAsync(request.Body, request.ContentType);
            var text = $"{n} {request.Kind}: {(int)status} {body}";
            if (request.Batch)
            {
                Assert.True(status == HttpStatusCode.OK && body.GetProperty("accepted").GetInt32() == 1 && body.GetProperty("rejected").GetInt32() == 1, text);
            }
            else
            {
                Assert.True((int)status is 400 or 413 or 415, text);
                Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.ToString());
                Assert.Matches("^[a-z_]+$", Code(body));
                Assert.False(body.GetProperty("retryable").GetBoolean());
            }
            if (!body.TryGetProperty("events", out var events)) continue;
            var last = events[events.GetArrayLength() - 1];
            Assert.Matches("^[a-z0-9_]+$", Code(last));
            Assert.StartsWith(request.Batch ? "/1" : "", last.GetProperty("pointer").GetString(), StringComparison.Ordinal);
            Assert.DoesNotContain("bad-again", body.ToString(), StringComparison.Ordinal);
        }
        Assert.DoesNotContain(host.Taken, static e => e.Id.StartsWith("bad-", StringComparison.Ordinal));
        Assert.Contains(host.Taken, static e => e.Id.StartsWith("good-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_batch_is_cut_where_JSON_cuts_it()
    {
        var random = new Random(20261122);
        string[] pieces = ["{}", "1", "-1.5e3", "\"a\"", "\"\\u0041,]\"", "null", "true", "[1,[2]]", "{\"a\":[{}]}", " ", "\n\t", ",", ",", "[", "]", "{", "}", "\"", "x", "tru", "01", Good("cut-1"), Good("cut-2")];
        for (var n = 0; n < 400; n++)
        {
            var parts = Enumerable.Range(0, random.Next(5)).Select(_ => pieces[random.Next(pieces.Length)]);
            var body = (random.Next(20) == 0 ? "" : " [ ") + string.Join(random.Next(4) == 0 ? "" : " , ", parts) + (random.Next(20) == 0 ? "" : "]") + (random.Next(20) == 0 ? pieces[random.Next(pieces.Length)] : " ");
            var (want, count) = Cut(body);
            if (count < 0 && want is null) continue;
            var (status, answer, _) = await host.PostAsync(body, Many);
            if (want is not null) Assert.True(status == HttpStatusCode.BadRequest && Code(answer) == want && !answer.TryGetProperty("events", out var _), $"{body}: wanted {want}, got {answer}");
            else Assert.True(answer.GetProperty("events").GetArrayLength() == count, $"{body}: wanted {count} events, got {answer}");
        }
    }

    private static (string? Code, int Count) Cut(string body)
    {
        try
        {
            using var whole = JsonDocument.Parse(body);
            return whole.RootElement.ValueKind == JsonValueKind.Array ? (null, whole.RootElement.GetArrayLength()) : ("not_an_array", 0);
        }
        catch (JsonException)
        {
            var first = body.AsSpan().Trim(" \n\r\t");
            var array = first.Length == 0 || first[0] is '[' or ',' or ']' or '}' or 'x' || first.StartsWith("01") || (first.StartsWith("tru") && !first.StartsWith("true")) || first is "\"";
            return (array ? "malformed_json" : null, -1); // else it depends on how far the first value goes
        }
    }

    [Fact]
    public async Task The_three_modes_give_the_same_event()
    {
        const string data = """{"kind":"complaint","channel":"phone"}""";
        const string head = """{"specversion":"1.0","id":"m-1","source":"/总机","type":"ticket.created","time":"2026-03-01T09:00:00+08:00","subject":"ticket/T 1","sequence":3,"data":""";
        Assert.Equal(HttpStatusCode.OK, (await host.PostAsync(head + data + "}", One)).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.PostAsync($"[{head}{data}}}]", Many)).Status);
        var binary = await host.PostAsync(data, "application/json; charset=UTF-8", ("ce-specversion", "1.0"), ("ce-id", "m-1"), ("ce-source", "/%E6%80%BB%E6%9C%BA"),
            ("CE-Type", "ticket.created"), ("ce-time", "2026-03-01T09:00:00+08:00"), ("ce-subject", "ticket/T%201"), ("ce-sequence", "3"));
        Assert.Equal(HttpStatusCode.OK, binary.Status);
        Assert.Equal(1, binary.Body.GetProperty("accepted").GetInt32());
        var taken = host.Taken.Where(static e => e.Id == "m-1").ToList();
        Assert.Equal(3, taken.Count);
        Assert.Single(taken.Select(static e => Encoding.UTF8.GetString(e.Raw.Span)).Distinct());
    }

    [Theory]
    [InlineData("%C3%28", "{}", "bad_attribute", "/source")]
    [InlineData("%0", "{}", "bad_attribute", "/source")]
    [InlineData("/a%00", "{}", "bad_attribute", "/source")]
    [InlineData("/a", "{},\"time\":\"2026-03-01T09:00:00Z\"", "malformed_json", "/data")]
    [InlineData("/a", "{}", "missing_attribute", "/time")]
    public async Task Headers_and_body_of_binary_mode_are_not_trusted(string source, string data, string code, string pointer)
    {
        var (status, body, _) = await host.PostAsync(data, "application/json", ("ce-specversion", "1.0"), ("ce-id", "b-1"), ("ce-source", source), ("ce-type", "source.heartbeat"), ("ce-subject", "source/1"));
        Assert.Equal((HttpStatusCode.BadRequest, code, pointer), (status, Code(body), body.GetProperty("pointer").GetString()));
    }

    [Fact]
    public async Task A_batch_says_of_each_event_what_became_of_it()
    {
        host.Answer = static _ => new(false, false, [new(EventStatus.Accepted), new(EventStatus.Duplicate), new(EventStatus.Rejected, "too_old", "/time", "Too old.")]);
        try
        {
            var (status, body, _) = await host.PostAsync($"[{Good("v-1")},7,{Good("v-2")},{Good("v-3")}]", Many);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal("""
                {"accepted":1,"duplicate":1,"rejected":2,"events":[{"index":0,"id":"v-1","status":"accepted"},{"index":1,"id":null,"status":"rejected","code":"not_an_object","pointer":"/1","detail":"An event is a JSON object."},{"index":2,"id":"v-2","status":"duplicate"},{"index":3,"id":"v-3","status":"rejected","code":"too_old","pointer":"/3/time","detail":"Too old."}]}
                """, body.GetRawText());
        }
        finally { host.Answer = null; }
        var all = await host.PostAsync("[1,{}]", Many);
        Assert.Equal((HttpStatusCode.BadRequest, "all_rejected", 2), (all.Status, Code(all.Body), all.Body.GetProperty("events").GetArrayLength()));
        Assert.Equal(HttpStatusCode.OK, (await host.PostAsync("[]", Many)).Status);
        var alone = await host.PostAsync("[{}]", Many); // its own code, at its place in the batch
        Assert.Equal((HttpStatusCode.BadRequest, "missing_attribute", "/0/specversion"), (alone.Status, Code(alone.Body), alone.Body.GetProperty("pointer").GetString()));
    }

    [Fact]
    public async Task Full_and_read_only_ask_to_come_back()
    {
        try
        {
            host.Answer = static _ => new(true, false, []);
            var full = await host.PostAsync(Good("f-1"), One);
            Assert.Equal((HttpStatusCode.TooManyRequests, "full", true), (full.Status, Code(full.Body), full.Body.GetProperty("retryable").GetBoolean()));
            Assert.Equal(TimeSpan.FromSeconds(1), full.Response.Headers.RetryAfter!.Delta);
            host.Answer = static _ => new(false, true, []);
            var readOnly = await host.PostAsync(Good("f-1"), One);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "read_only"), (readOnly.Status, Code(readOnly.Body)));
            Assert.NotNull(readOnly.Response.Headers.RetryAfter);
        }
        finally { host.Answer = null; }
    }

    [Fact]
    public async Task A_request_is_bounded()
    {
        var empty = await host.PostAsync("", One);
        Assert.Equal((HttpStatusCode.BadRequest, "empty_body"), (empty.Status, Code(empty.Body)));
        var large = await host.PostAsync(new byte[1024 * 1024 + 1], Many);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "body_too_large"), (large.Status, Code(large.Body)));
        var many = await host.PostAsync($"[{string.Join(',', Enumerable.Repeat("{}", 501))}]", Many);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "batch_too_large"), (many.Status, Code(many.Body)));
        var deep = await host.PostAsync(new string('[', 1024 * 1024), Many);
        Assert.Equal((HttpStatusCode.BadRequest, "malformed_json"), (deep.Status, Code(deep.Body)));
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_bounded_too()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Root, "/api/v1/events")) { Content = new StreamContent(new MemoryStream(new byte[1_200_000])) };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.TryAddWithoutValidation("X-API-Key", host.Key);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", One);
        using var response = await host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Events_need_a_live_key_in_a_header()
    {
        var flipped = host.Key[..^2] + (host.Key[^2] == 'A' ? 'B' : 'A') + host.Key[^1];
        foreach (var value in new[] { "", "Bearer", "Bearer x", $"Basic {host.Key}", $"Bearer {flipped}", "Bearer om_live__", "Bearer om_live_zz_zz" })
        {
            var (status, body, response) = await host.PostAsync(Good("k-1"), One, ("Authorization", value));
            Assert.Equal((HttpStatusCode.Unauthorized, "unauthorized"), (status, Code(body)));
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        }
        Assert.Equal(HttpStatusCode.OK, (await host.PostAsync(Good("k-2"), One, ("Authorization", $"Bearer {host.Key}"))).Status);
        Assert.DoesNotContain(host.Taken, static e => e.Id == "k-1");
    }

    [Theory]
    [InlineData(200, null, null)]
    [InlineData(200, "Host", "localhost")]
    [InlineData(200, "Origin", "self")]
    [InlineData(401, "Host", "wall.example")]
    [InlineData(401, "Host", "127.0.0.1.example")]
    [InlineData(401, "Origin", "http://evil.example")]
    [InlineData(401, "Origin", "null")]
    [InlineData(401, "X-Forwarded-For", "127.0.0.1")]
    [InlineData(401, "Forwarded", "for=127.0.0.1")]
    [InlineData(401, "Authorization", "Bearer wrong")]
    public async Task Reading_without_a_key_is_for_this_machine_alone(int expected, string? header, string? value)
    {
        foreach (var path in new[] { "/read", "/read-typed" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Root, path));
            if (header is not null) request.Headers.TryAddWithoutValidation(header, value == "self" ? host.Root.GetLeftPart(UriPartial.Authority) : value);
            using var response = await host.Client.SendAsync(request);
            Assert.Equal(expected, (int)response.StatusCode);
            if (header == "Authorization") continue;
            using var withKey = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Root, path));
            if (header is not null) withKey.Headers.TryAddWithoutValidation(header, value);
            withKey.Headers.TryAddWithoutValidation("X-API-Key", host.Key);
            using var opened = await host.Client.SendAsync(withKey);
            Assert.Equal(HttpStatusCode.OK, opened.StatusCode);
        }
    }

    [Fact]
    public void The_key_file_opens_no_door_and_survives_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("opsmonitor-keys-").FullName;
        try
        {
            var first = ApiKeyStore.OpenOrCreate(folder, out var key);
            var again = ApiKeyStore.OpenOrCreate(folder, out var none);
            Assert.Matches("^om_live_[0-9a-f]+_[A-Za-z0-9_-]{43}$", key);
            Assert.Null(none);
            Assert.True(first.Verify(key) && again.Verify(key));
            Assert.False(again.Verify(null));
            var path = Path.Combine(folder, "keys.json");
            Assert.DoesNotContain(key!.Split('_', 4)[3], File.ReadAllText(path), StringComparison.Ordinal);
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            File.WriteAllText(path, "{");
            Assert.Throws<InvalidDataException>(() => ApiKeyStore.OpenOrCreate(folder, out _));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }
}
