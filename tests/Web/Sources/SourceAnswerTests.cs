using System.Net;
using System.Text;
using System.Text.Json;
using OpsMonitor.Web.Access;
using Xunit;

namespace OpsMonitor.Tests.Web.Sources;

/// <summary>Over HTTP, as a telephone system that lost its network for a while: it asks what is missing, sends that again, and is told that all is there.</summary>
public sealed class SourceAnswerTests : IAsyncLifetime
{
    private const string Pbx = "/pbx/main";

    private RunningServer _server = null!;
    private string _key = "";

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        _key = _server.Key("pbx", KeyScope.Ingest, [Pbx]);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private readonly DateTimeOffset _began = DateTimeOffset.UtcNow; // what is sent again is sent as it was

    private async Task<HttpStatusCode> Send(IEnumerable<int> numbers, long lateMs = 0)
    {
        var at = _began.AddMilliseconds(-lateMs);
        var events = numbers.Select(n => $$"""{"specversion":"1.0","id":"n{{n}}","source":"{{Pbx}}","type":"contact.initiated","time":"{{at:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}","subject":"contact/c{{n}}","sequence":{{n}},"data":{"channel":"phone","direction":"inbound"} }""");
        return await Post("[" + string.Join(',', events) + "]");
    }

    private async Task<HttpStatusCode> Post(string batch) =>
        (await _server.SendAsync(HttpMethod.Post, "/api/v1/events", new StringContent(batch, Encoding.UTF8, "application/cloudevents-batch+json"), _key)).Status;

    private Task<(HttpStatusCode Status, JsonElement Body)> Get(string path, string? key) => _server.SendAsync(HttpMethod.Get, path, key: key);

    private async Task<string> Missing() => string.Join(' ', (await Get("/api/v1/sources/%2Fpbx%2Fmain/gaps", _key)).Body.GetProperty("gaps").EnumerateArray().Select(g => $"{g.GetProperty("from")}-{g.GetProperty("to")}"));

    [Fact(Timeout = 120_000)]
    public async Task Gaps_are_named_survive_a_start_and_are_healed_by_a_resend()
    {
        Assert.Equal(HttpStatusCode.OK, await Send(Enumerable.Range(100, 10)));
        Assert.Equal(HttpStatusCode.OK, await Send([115, 116, 120]));
        var (status, gaps) = await Get("/api/v1/sources/%2Fpbx%2Fmain/gaps", _key);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("110-114 117-119", await Missing());
        Assert.Equal((109, 120, 8, "own"), (gaps.GetProperty("watermark").GetInt32(), gaps.GetProperty("highest").GetInt32(), gaps.GetProperty("missing").GetInt32(), gaps.GetProperty("numbering").GetString()));
        var first = (await Get("/api/v1/sources/%2Fpbx%2Fmain/gaps?limit=1", _key)).Body;
        Assert.Equal((110, 114), (first.GetProperty("gaps")[0].GetProperty("from").GetInt32(), first.GetProperty("after").GetInt32()));
        Assert.Equal(117, (await Get("/api/v1/sources/%2Fpbx%2Fmain/gaps?after=114", _key)).Body.GetProperty("gaps")[0].GetProperty("from").GetInt32());

        await _server.RestartAsync();
        Assert.Equal("110-114 117-119", await Missing());
        await Send(Enumerable.Range(108, 9)); // some of it is here already
        Assert.Equal("117-119", await Missing());
        await Send([119, 118, 117]);
        var (_, whole) = await Get("/api/v1/sources/%2Fpbx%2Fmain/gaps", _key);
        Assert.Equal((0, 120, 0), (whole.GetProperty("gaps").GetArrayLength(), whole.GetProperty("watermark").GetInt32(), whole.GetProperty("missing").GetInt32()));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_panel_counts_what_went_wrong_with_samples_and_names_those_who_never_spoke()
    {
        _server.Get<ApiKeyStore>().Add("crm", KeyScope.Ingest, ["/crm/new"]);
        await Send([1]);
        await Send([1]);
        await Send([2], lateMs: 3_600_000);
        await Post($$"""[{"specversion":"1.0","id":"u","source":"{{Pbx}}","type":"lift.moved","time":"{{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss'Z'}}","subject":"source/x"},{"specversion":"1.0","id":"bad","source":"{{Pbx}}","type":"contact.queued","time":"never","subject":"contact/1"},{"specversion":"1.0","id":"f","source":"{{Pbx}}","type":"source.heartbeat","time":"2199-01-01T00:00:00Z","subject":"source/x"}]""");
        var panel = (await Get("/api/v1/sources", null)).Body;
        var pbx = panel.GetProperty("sources").EnumerateArray().Single(s => s.GetProperty("source").GetString() == Pbx);
        Assert.Equal("live", pbx.GetProperty("state").GetString());
        foreach (var (name, n) in new[] { ("accepted", 3), ("duplicates", 1), ("late", 1), ("unknown", 1), ("refused", 1), ("unreadable", 1) }) Assert.Equal((name, n), (name, pbx.GetProperty(name).GetInt32()));
        Assert.True(pbx.GetProperty("lag_ms").GetProperty("p99").GetInt64() > 3_500_000);
        Assert.Equal(["bad", "f", "n1", "n2", "u"], pbx.GetProperty("samples").EnumerateArray().Select(s => s.GetProperty("id").GetString()).Order(StringComparer.Ordinal));
        Assert.Equal("never", panel.GetProperty("sources").EnumerateArray().Single(s => s.GetProperty("source").GetString() == "/crm/new").GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_source_may_ask_of_itself_and_of_nobody_else()
    {
        await Send([1]);
        var other = _server.Get<ApiKeyStore>().Add("crm", KeyScope.Ingest, ["/crm"]);
        Assert.Equal(HttpStatusCode.NotFound, (await Get("/api/v1/sources/%2Fpbx%2Fmain/gaps", other)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Get("/api/v1/sources", other)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Get("/api/v1/sources/nobody/gaps", null)).Status);
    }
}
