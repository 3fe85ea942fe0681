using System.Net;
using System.Text.Json;
using OpsMonitor.Web.Access;
using Xunit;

namespace OpsMonitor.Tests.Web.Access;

/// <summary>Several keys at one door, each with what it may do; and what happens to those who only try.</summary>
public sealed class ApiKeyTests : IAsyncLifetime
{
    private const string One = "application/cloudevents+json", Many = "application/cloudevents-batch+json";

    private readonly IngestHost _host = new();

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private static string Event(string id, string source) =>
        $$"""{"specversion":"1.0","id":"{{id}}","source":"{{source}}","type":"source.heartbeat","time":"2026-03-02T09:00:00Z","subject":"source/s"}""";

    private async Task<(int Status, JsonElement Body)> Post(string key, string body, string type = One)
    {
        var (status, answer, _) = await _host.PostAsync(body, type, ("Authorization", $"Bearer {key}"));
        return ((int)status, answer);
    }

    private async Task<int> Read(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_host.Root, "/read"));
        request.Headers.TryAddWithoutValidation("X-API-Key", key);
        using var response = await _host.Client.SendAsync(request);
        return (int)response.StatusCode;
    }

    [Fact]
    public async Task A_key_does_what_its_scope_says_and_nothing_else()
    {
        var (send, read) = (_host.Keys.Add("pbx", KeyScope.Ingest, null), _host.Keys.Add("wall", KeyScope.Read, null));
        Assert.Equal((200, 200), ((await Post(_host.Key, Event("1", "/a"))).Status, await Read(_host.Key))); // the first key: both
        Assert.Equal((200, 403), ((await Post(send, Event("2", "/a"))).Status, await Read(send)));
        var (status, problem) = await Post(read, Event("3", "/a"));
        Assert.Equal((403, "scope_missing", 200), (status, problem.GetProperty("code").GetString(), await Read(read)));
        Assert.DoesNotContain(_host.Taken, e => e.Id == "3");
    }

    [Fact]
    public async Task A_key_speaks_for_its_sources_only()
    {
        var key = _host.Keys.Add("pbx", KeyScope.Ingest, ["/pbx", "/ivr"]);
        Assert.Equal(200, (await Post(key, Event("1", "/pbx"))).Status);
        var (status, problem) = await Post(key, Event("2", "/crm"));
        Assert.Equal((400, "source_not_allowed", "/source"), (status, problem.GetProperty("code").GetString(), problem.GetProperty("pointer").GetString()));
        var (mixed, answer) = await Post(key, $"[{Event("3", "/ivr")},{Event("4", "/PBX")}]", Many); // ordinal: /PBX is somebody else
        var line = answer.GetProperty("events")[1];
        Assert.Equal((200, 1, "4", "source_not_allowed", "/1/source"), (mixed, answer.GetProperty("accepted").GetInt32(), line.GetProperty("id").GetString(),
            line.GetProperty("code").GetString(), line.GetProperty("pointer").GetString()));
        Assert.Equal(["1", "3"], _host.Taken.Select(e => e.Id));
    }

    [Fact]
    public async Task A_key_made_rotated_or_revoked_by_another_process_counts_at_once()
    {
        var elsewhere = ApiKeyStore.OpenOrCreate(_host.Folder, out _);
        var old = elsewhere.Add("pbx", KeyScope.Ingest, ["/pbx"]);
        var id = old.Split('_')[2];
        Assert.Equal(200, (await Post(old, Event("1", "/pbx"))).Status);
        var renewed = elsewhere.Rotate(id)!;
        Assert.Equal((200, 200), ((await Post(old, Event("2", "/pbx"))).Status, (await Post(renewed, Event("3", "/pbx"))).Status));
        Assert.True(elsewhere.Revoke(id));
        Assert.Equal((401, 200, 400), ((await Post(old, Event("4", "/pbx"))).Status, (await Post(renewed, Event("5", "/pbx"))).Status, (await Post(renewed, Event("6", "/crm"))).Status));
        Assert.False(elsewhere.Revoke(id));
        var text = await File.ReadAllTextAsync(Path.Combine(_host.Folder, "keys.json"));
        Assert.DoesNotContain(renewed.Split('_', 4)[3], text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_file_from_before_there_were_scopes_still_opens()
    {
        var path = Path.Combine(_host.Folder, "keys.json");
        var file = JsonDocument.Parse(await File.ReadAllTextAsync(path)).RootElement.GetProperty("keys")[0];
        await File.WriteAllTextAsync(path, $$"""{"keys":[{"id":"{{file.GetProperty("id")}}","sha256":"{{file.GetProperty("sha256")}}","created":"2026-01-01T00:00:00Z"}]}""");
        Assert.Equal((200, 200), ((await Post(_host.Key, Event("1", "/a"))).Status, await Read(_host.Key)));
        await File.WriteAllTextAsync(path, "{"); // a slip of the hand locks nobody out
        Assert.Equal(200, (await Post(_host.Key, Event("2", "/a"))).Status);
    }

    [Fact]
    public async Task Who_tries_too_often_has_to_wait_and_a_neighbour_with_a_live_key_does_not()
    {
        var id = _host.Key.Split('_')[2];
        for (var i = 0; i < FailedTries.Allowed; i++) Assert.Equal(401, (await Post($"om_live_00_{i}", Event("1", "/a"))).Status);
        var (status, problem, response) = await _host.PostAsync(Event("1", "/a"), One, ("Authorization", "Bearer om_live_00_x"));
        Assert.Equal((HttpStatusCode.TooManyRequests, "too_many_tries", true), (status, problem.GetProperty("code").GetString(), problem.GetProperty("retryable").GetBoolean()));
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal(200, (await Post(_host.Key, Event("2", "/a"))).Status);
        for (var i = 0; i < FailedTries.Allowed; i++) Assert.Equal(401, (await Post($"om_live_{id}_{i}", Event("3", "/a"))).Status);
        Assert.Equal(429, (await Post(_host.Key, Event("4", "/a"))).Status); // now the right one has to wait as well: guessing at a known id is what the limit is for
    }

    [Fact]
    public void The_wait_ends_and_the_memory_of_a_flood_stays_small()
    {
        var clock = new Stopped();
        var tries = new FailedTries(clock);
        var one = IPAddress.Parse("2001:db8::1");
        for (var i = 0; i < FailedTries.Allowed; i++) tries.Add(i % 2 == 0 ? one : IPAddress.Parse("2001:db8::ffff"), null); // one network, one count
        Assert.Equal(60, tries.Wait(one, null));
        Assert.Null(tries.Wait(IPAddress.Parse("2001:db8:0:1::1"), null));
        clock.Seconds = 59.5;
        Assert.Equal(1, tries.Wait(one, null));
        clock.Seconds = 60;
        Assert.Null(tries.Wait(one, null));
        for (var i = 0; i < 50_000; i++) tries.Add(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), null);
        Assert.InRange(tries.Kept, 1, FailedTries.MaxKept + 1);
    }

    private sealed class Stopped : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp() => (long)(Seconds * 1_000_000);
    }
}
