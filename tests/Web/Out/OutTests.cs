using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Web.Channels;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Channels.Translators;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Out;

/// <summary>What programs hear of a breach: by a signed webhook, by the stream, by Prometheus; each as far as its key goes.</summary>
public sealed partial class OutTests : IAsyncLifetime
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly ConcurrentQueue<(string Id, string Timestamp, string Signature, string Body)> _heard = new();
    private HttpReceiver _receiver = null!;
    private WebApplication _app = null!;
    private IOpsHost _host = null!;
    private ApiKeyStore _keys = null!;

    public async ValueTask InitializeAsync()
    {
        _receiver = await HttpReceiver.StartAsync(async c =>
        {
            var headers = c.Request.Headers;
            _heard.Enqueue((headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString(), await HttpReceiver.BodyOf(c)));
        });
        _app = Server.Build(new(_folder, "http://127.0.0.1:0"), static _ => { });
        await _app.StartAsync();
        _client.BaseAddress = new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        (_host, _keys) = (_app.Services.GetRequiredService<IOpsHost>(), _app.Services.GetRequiredService<ApiKeyStore>());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        await _receiver.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task Breach(string id, string department) => await _host.OfferAsync(
        [Story.Event(_host.Now - (16 * 60_000), $"ticket/{id}", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: department), $"b-{id}")], default);

    private async Task Reply(string id) => await _host.OfferAsync([Story.Event(_host.Now - (15 * 60_000) - 30_000, $"ticket/{id}", new TicketReplied("phone"), $"r-{id}")], default);

    private async Task<string?> Admin(HttpMethod method, string path, HttpContent? body = null, string? match = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.TryAddWithoutValidation("X-API-Key", _keys.Add("admin", KeyScope.Admin, null));
        if (match is not null) request.Headers.TryAddWithoutValidation("If-Match", match);
        using var answer = await _client.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return answer.Headers.ETag?.Tag;
    }

    [Fact(Timeout = 120_000)]
    public async Task A_webhook_of_events_hears_each_once_signed_and_only_of_its_departments()
    {
        await Admin(HttpMethod.Put, "/api/v1/channels/file", new StringContent($$"""
            base_url: https://ops.example.com
            allow: ["127.0.0.1:{{_receiver.Url.Port}}"]
            channels:
            - {id: crm, kind: events, departments: [billing], types: [sla.breached, alert.raised, alert.cleared]}
            """), await Admin(HttpMethod.Get, "/api/v1/channels/file"));
        await Admin(HttpMethod.Put, "/api/v1/channels/crm/secrets", JsonContent.Create(new { secret = Secret, url = _receiver.Url.ToString() }));
        await Breach("T-1", "billing");
        await Breach("T-2", "secret-department");
        await Reply("T-1");
        for (var end = DateTime.UtcNow.AddSeconds(30); _heard.Count < 3; await Task.Delay(50, TestContext.Current.CancellationToken)) Assert.True(DateTime.UtcNow < end, $"heard {string.Join("; ", _heard)}");
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.All(_heard, h => Assert.Equal(h.Signature, Webhook.Sign(Secret, h.Id, long.Parse(h.Timestamp, System.Globalization.CultureInfo.InvariantCulture), System.Text.Encoding.UTF8.GetBytes(h.Body))));
        var events = _heard.Select(h => (h.Id, Json: JsonElement.Parse(h.Body))).ToList();
        Assert.All(events, e => Assert.Equal((e.Id, "1.0", "opsmonitor", "billing"), (e.Json.GetProperty("id").GetString(), e.Json.GetProperty("specversion").GetString(), e.Json.GetProperty("source").GetString(), e.Json.GetProperty("departmentid").GetString())));
        var first = events.Where(e => e.Json.GetProperty("data").GetProperty("clock").GetString() == "first_response").Select(e => e.Json.GetProperty("type").GetString()!).ToList();
        Assert.Equal(["sla.breached", "alert.raised"], first.Take(2));
        Assert.Contains("alert.cleared", first);
        Assert.Equal(events.Count, events.Select(e => e.Id).Distinct().Count());
        var breached = events.First(e => e.Json.GetProperty("type").GetString() == "sla.breached").Json;
        Assert.Equal(breached.GetProperty("data").GetProperty("raised_at").GetString(), breached.GetProperty("time").GetString()); // when it was true
        Assert.StartsWith("https://ops.example.com/a/", breached.GetProperty("data").GetProperty("link").GetString(), StringComparison.Ordinal);
    }

    private sealed record Heard(string Id, string Type, string Data);

    /// <summary>Listens until so many events came; control events among them.</summary>
    private async Task<List<Heard>> Listen(string query, int count, string? last = null, string? key = null, Func<Task>? meanwhile = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/stream" + query);
        if (last is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        if (key is not null) request.Headers.TryAddWithoutValidation("X-API-Key", key);
        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var (heard, lines) = (new List<Heard>(), new Dictionary<string, string>());
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (heard.Count < count && await reader.ReadLineAsync(soon.Token) is { } line)
        {
            if (line.Length > 0)
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                lines[line[..colon]] = line[(colon + 1)..].TrimStart();
                continue;
            }
            if (lines.Remove("data", out var data)) heard.Add(new(lines["id"], lines["event"], data));
            if (heard.Count == 1 && meanwhile is not null) { await meanwhile(); meanwhile = null; }
        }
        return heard;
    }

    [Fact(Timeout = 120_000)]
    public async Task A_listener_goes_on_where_it_was_or_is_told_to_read_again()
    {
        var first = await Listen("", 3, meanwhile: () => Breach("S-1", "billing"));
        Assert.Equal(["hello", "sla.breached", "alert.raised"], first.Select(h => h.Type));
        await Breach("S-2", "billing"); // while nobody listens
        var missed = await Listen("?types=sla.breached", 1, last: first[2].Id);
        Assert.Equal("ticket/S-2", JsonElement.Parse(missed.Single().Data).GetProperty("subject").GetString());
        // Of another run, from the future, or nonsense: nobody can go on there.
        foreach (var lost in (string[])["another-run-2", first[0].Id[..(first[0].Id.LastIndexOf('-') + 1)] + "999999", "x"])
        {
            var reset = Assert.Single(await Listen("", 1, last: lost));
            Assert.Equal("reset", reset.Type);
            Assert.Contains("/api/v1/alerts", reset.Data, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_listener_hears_of_its_departments_alone_and_nothing_after_its_key_was_revoked()
    {
        var key = _keys.Add("head", KeyScope.Read, null, ["mine"]);
        var heard = await Listen("", 2, key: key, meanwhile: async () =>
        {
            await Breach("X-1", "theirs");
            await Breach("M-1", "mine");
        });
        Assert.Equal(("sla.breached", "ticket/M-1"), (heard[1].Type, JsonElement.Parse(heard[1].Data).GetProperty("subject").GetString()));
        using var refused = new HttpRequestMessage(HttpMethod.Get, "/api/v1/stream?scope=department:theirs");
        refused.Headers.TryAddWithoutValidation("X-API-Key", key);
        using var answer = await _client.SendAsync(refused);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        var rest = await Listen("", 10, key: key, meanwhile: async () =>
        {
            Assert.True(_keys.Revoke(key.Split('_')[2]));
            await Task.Delay(2_000);
            await Breach("M-2", "mine");
        });
        Assert.Equal(["hello"], rest.Select(h => h.Type)); // and the stream ended
    }

    [Fact(Timeout = 60_000)]
    public async Task Prometheus_needs_a_token_with_the_scope_also_on_this_machine()
    {
        async Task<(HttpStatusCode Status, string Text)> Scrape(string? key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
            if (key is not null) request.Headers.Authorization = new("Bearer", key);
            using var answer = await _client.SendAsync(request);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await Scrape(null)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Scrape(_keys.Add("pbx", KeyScope.Ingest, null))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Scrape(_keys.Add("head", KeyScope.Metrics, null, ["mine"]))).Status);
        var scraper = _keys.Add("prometheus", KeyScope.Metrics, null);
        var (status, text) = await Scrape(scraper);
        Assert.Equal(HttpStatusCode.OK, status);
        using var lists = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tickets");
        lists.Headers.Authorization = new("Bearer", scraper);
        using var nothing = await _client.SendAsync(lists);
        Assert.Equal(HttpStatusCode.Forbidden, nothing.StatusCode); // and opens nothing else

        // Every query of the dashboard is of numbers that there are.
        var known = Named().Matches(text).Select(m => m.Groups[1].Value).SelectMany(n => (string[])[n, n + "_count"]).ToHashSet(StringComparer.Ordinal);
        using var board = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Root(), "deploy", "grafana", "opsmonitor.json"), TestContext.Current.CancellationToken));
        var queries = board.RootElement.GetProperty("panels").EnumerateArray().SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!).ToList();
        Assert.True(queries.Count >= 20);
        foreach (var query in queries)
            Assert.All(Metric().Matches(query).Select(m => m.Value), name => Assert.True(known.Contains(name), $"{query}: there is no {name}"));
        Assert.All(queries, q => Assert.Matches(Metric(), q));
    }

    [Fact]
    public void Traces_are_made_only_where_a_collector_is_named()
    {
        Assert.Null(OpsMonitor.Web.Out.Tracing.Start(null));
        Assert.Null(OpsMonitor.Web.Out.Tracing.Start(""));
        using var traces = OpsMonitor.Web.Out.Tracing.Start("http://127.0.0.1:4317");
        Assert.NotNull(traces);
        using var span = OpsMonitor.Web.Out.Tracing.Spans.StartActivity("test");
        Assert.True(span is { Recorded: true });
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "OpsMonitor.sln"))) folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex("# TYPE (opsmonitor_[a-z_]+)")]
    private static partial Regex Named();

    [GeneratedRegex("opsmonitor_[a-z_]+")]
    private static partial Regex Metric();
}
