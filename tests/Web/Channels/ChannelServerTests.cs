using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Channels;

/// <summary>Channels on a whole server: from an event to a receiver, and what the pages read.</summary>
public sealed class ChannelServerTests : IAsyncLifetime
{
    private const string Url = "s3cr3t-path-of-the-robot", Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly ConcurrentQueue<string> _heard = new();
    private HttpReceiver _receiver = null!;
    private WebApplication _app = null!;
    private string _admin = "", _read = "";

    public async ValueTask InitializeAsync()
    {
        _receiver = await HttpReceiver.StartAsync(async context => _heard.Enqueue(await HttpReceiver.BodyOf(context)));
        _app = Server.Build(new ServeOptions(_folder, "http://127.0.0.1:0"), static _ => { });
        await _app.StartAsync();
        _client.BaseAddress = new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var keys = _app.Services.GetRequiredService<ApiKeyStore>();
        (_admin, _read) = (keys.Add("admin", KeyScope.Admin, null), keys.Add("wall", KeyScope.Read, null));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        await _receiver.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<(int Status, string Body, string Tag)> Do(HttpMethod method, string path, HttpContent? body = null, string? key = null, string? match = null)
    {
        using var request = new HttpRequestMessage(method, "/api/v1/channels" + path) { Content = body };
        request.Headers.TryAddWithoutValidation("X-API-Key", key ?? _admin);
        if (match is not null) request.Headers.TryAddWithoutValidation("If-Match", match);
        using var answer = await _client.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.ETag?.Tag ?? "");
    }

    private async Task<string> MetricsAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.TryAddWithoutValidation("X-API-Key", _read);
        using var answer = await _client.SendAsync(request);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    private string Yaml(string rest = "") => $$"""
        base_url: https://ops.example.com
        allow: ["127.0.0.1:{{_receiver.Url.Port}}"]
        channels:
        - {id: hook, kind: webhook}
        routes: {channels: [hook]}
        {{rest}}
        """;

    [Fact]
    public async Task From_an_event_to_a_receiver_with_the_reasons_on_the_alert_s_page_and_no_secret_anywhere()
    {
        var file = await Do(HttpMethod.Get, "/file");
        Assert.Equal((200, ""), (file.Status, file.Body));
        var broken = await Do(HttpMethod.Put, "/file", new StringContent(Yaml("fallback: nobody")), match: file.Tag);
        Assert.Equal((422, "channels_refused", 6), (broken.Status, JsonElement.Parse(broken.Body).GetProperty("code").GetString(), JsonElement.Parse(broken.Body).GetProperty("line").GetInt32()));
        Assert.Equal(428, (await Do(HttpMethod.Put, "/file", new StringContent(Yaml()))).Status);
        Assert.Equal(200, (await Do(HttpMethod.Put, "/file", new StringContent(Yaml()), match: file.Tag)).Status);
        Assert.Equal(412, (await Do(HttpMethod.Put, "/file", new StringContent(Yaml()), match: file.Tag)).Status);

        Assert.Equal(400, (await Do(HttpMethod.Put, "/hook/secrets", JsonContent.Create(new { secret = "too-simple" }))).Status);
        var set = await Do(HttpMethod.Put, "/hook/secrets", JsonContent.Create(new { secret = Secret, url = $"{_receiver.Url}/{Url}?token=t" }));
        Assert.Equal((200, true), (set.Status, JsonElement.Parse(set.Body).GetProperty("secrets").GetProperty("url").GetBoolean()));
        var test = JsonElement.Parse((await Do(HttpMethod.Post, "/hook/test")).Body);
        Assert.True(test.GetProperty("delivered").GetBoolean(), test.GetRawText());
        Assert.Contains("channel.test", Assert.Single(_heard), StringComparison.Ordinal);

        var host = _app.Services.GetRequiredService<IOpsHost>();
        await host.OfferAsync([Story.Event(host.Now - (16 * 60_000), "ticket/C-1", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: "billing"), "c-1")], default);
        var alert = host.Read(t => t.Alerts.All.First(a => a.Due is { Rule: "clock_breach", Clock: "first_response" }));
        for (var end = DateTime.UtcNow.AddSeconds(20); !_heard.Any(h => h.Contains(alert.Key.Id, StringComparison.Ordinal)); await Task.Delay(20)) Assert.True(DateTime.UtcNow < end, "nothing was told");
        var heard = JsonElement.Parse(_heard.First(h => h.Contains(alert.Key.Id, StringComparison.Ordinal)));
        Assert.Equal(("alert.raised", "P1", $"https://ops.example.com/a/{alert.Code}"), (heard.GetProperty("type").GetString(), heard.GetProperty("data").GetProperty("priority").GetString(), heard.GetProperty("data").GetProperty("link").GetString()));
        var told = await _client.GetFromJsonAsync<JsonElement>($"/api/v1/alerts/{alert.Code}/told");
        Assert.Contains(told.GetProperty("decisions").EnumerateArray(), d => d.GetProperty("why").GetString() == "first_time" && d.GetProperty("told").GetBoolean() && d.GetProperty("channel").GetString() == "hook");
        for (var end = DateTime.UtcNow.AddSeconds(20); host.OutboxCensus.Pending > 0; await Task.Delay(50)) Assert.True(DateTime.UtcNow < end, "the outbox is not marked");

        Assert.Contains("opsmonitor_letters{channel=\"hook\",state=\"dead\"} 0\n", await MetricsAsync(), StringComparison.Ordinal);
        var list = await _client.GetStringAsync("/api/v1/channels");
        var hook = JsonElement.Parse(list).GetProperty("channels").EnumerateArray().Single(c => c.GetProperty("id").GetString() == "hook");
        Assert.Equal(("ok", 0), (hook.GetProperty("state").GetString(), hook.GetProperty("dead").GetInt32()));
        var said = list + set.Body + await _client.GetStringAsync("/api/v1/channels/hook/letters?state=sent") + (await Do(HttpMethod.Get, "/file")).Body;
        await _app.StopAsync();
        foreach (var path in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(path).StartsWith("journal", StringComparison.Ordinal)) continue; // locked; no secret comes near it
            await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes);
            said += Encoding.Latin1.GetString(bytes.ToArray());
        }
        Assert.DoesNotContain(Url, said, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret[6..], said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_an_administrator_changes_channels_and_everything_else_has_a_word()
    {
        foreach (var (method, path) in new[] { (HttpMethod.Get, "/file"), (HttpMethod.Put, "/file"), (HttpMethod.Put, "/hook/secrets"), (HttpMethod.Post, "/hook/test"), (HttpMethod.Post, "/hook/enable"), (HttpMethod.Post, "/hook/letters/1/again") })
            Assert.Equal(403, (await Do(method, path, key: _read)).Status);
        foreach (var (method, path) in new[] { (HttpMethod.Put, "/none/secrets"), (HttpMethod.Post, "/none/test"), (HttpMethod.Post, "/none/enable"), (HttpMethod.Post, "/none/letters/1/again"), (HttpMethod.Get, "/none/letters") })
            Assert.Equal("no_such_channel", JsonElement.Parse((await Do(method, path, key: method == HttpMethod.Get ? _read : null)).Body).GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync("/channels")).StatusCode);
        Assert.Contains("channels.js", await _client.GetStringAsync("/channels"), StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_folder, "channels.yaml"), "base_url: [\n");
        var list = JsonElement.Parse(await _client.GetStringAsync("/api/v1/channels"));
        Assert.Contains("not YAML", list.GetProperty("fault").GetString(), StringComparison.Ordinal); // said on the page; what held goes on holding
    }
}
