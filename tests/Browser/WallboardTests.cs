using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>What people see, in a real chromium: a change reaches the pixel, a lost link says so, a hostile name is only text.</summary>
public sealed class WallboardTests(ITestOutputHelper output) : IAsyncLifetime
{
    // The feed leaves four times a second, so each takes a quarter of one.
    private const int Pixels = 60;

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;
    private Chromium? _chromium;

    public async ValueTask InitializeAsync() => _chromium = await Chromium.LaunchAsync();

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null) await _chromium.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_posted_event_changes_the_pixel()
    {
        var (app, url, key) = await Start("http://127.0.0.1:0");
        await using var server = app;
        var page = await Open(url, "en", 1920, 1080);
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        var took = new List<double>();
        for (var i = 1; i <= Pixels; i++)
        {
            var clock = Stopwatch.StartNew();
            await Post(client, url, $$"""{"specversion":"1.0","id":"e{{i}}","source":"pbx","type":"contact.queued","time":"{{DateTime.UtcNow:O}}","subject":"contact/c{{i}}","data":{"queue_id":"q1"} }""");
            await page.WaitForFunctionAsync("n => document.getElementById('q-waiting').textContent === String(n)", i, new() { PollingInterval = 5, Timeout = 10_000 });
            took.Add(clock.Elapsed.TotalMilliseconds);
        }
        took.Sort();
        output.WriteLine($"event to pixel over {took.Count}: p50 {took[took.Count / 2]:F0} ms, max {took[^1]:F0} ms");
        Assert.True(took[^1] < 5_000, $"max {took[^1]:F0} ms"); // the slowest of them all: what is promised of 99 in 100
    }

    [Fact]
    public async Task A_wall_that_has_heard_nothing_yet_says_that_nothing_is_well()
    {
        var (app, url, _) = await Start("http://127.0.0.1:0");
        await using var server = app;
        var page = await _chromium!.OpenAsync("about:blank", 1920, 1080);
        await page.AddInitScriptAsync("window.WebSocket = class extends EventTarget { readyState = 0; send() {} close() {} };"); // a route would not hold up a socket
        await page.GotoAsync($"{url}/board/all?lang=en");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('.chip').length > 0", null, new() { Timeout = 15_000 });
        Assert.DoesNotContain("\"✓\"", await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('.chip, .badge, .strip .shape')].map(e => getComputedStyle(e, '::before').content)"));
    }

    [Fact]
    public async Task A_lost_link_is_said_within_six_seconds_and_heals_by_itself()
    {
        var (app, url, _) = await Start("http://127.0.0.1:0");
        var page = await Open(url, "en", 1920, 1080);
        var clock = Stopwatch.StartNew();
        await app.StopAsync();
        await app.DisposeAsync();
        await page.WaitForFunctionAsync("() => document.documentElement.dataset.link === 'lost'", null, new() { Timeout = 6_000 });
        output.WriteLine($"banner after {clock.ElapsedMilliseconds} ms");
        Assert.StartsWith("DATA STOPPED", await page.TextContentAsync("#stopped"), StringComparison.Ordinal);

        var (again, _, _) = await Start(url);
        await using var server = again;
        clock.Restart();
        await page.WaitForFunctionAsync("() => document.documentElement.dataset.link === 'live'", null, new() { Timeout = 15_000 });
        output.WriteLine($"live again {clock.ElapsedMilliseconds} ms after the start");
    }

    [Fact]
    public async Task A_breach_stands_in_the_strip_and_a_hostile_name_is_only_text()
    {
        var (app, url, key) = await Start("http://127.0.0.1:0");
        await using var server = app;
        var page = await Open(url, "zh-Hans", 1920, 1080);
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        var created = DateTime.UtcNow.AddMinutes(-15).AddSeconds(2);
        await Post(client, url, $$"""{"specversion":"1.0","id":"b","source":"crm","type":"ticket.created","time":"{{created:O}}","subject":"ticket/<img src=x onerror=alert(1)>","data":{"kind":"complaint","channel":"phone","department_id":"<b>x</b>","priority":1} }""");
        await page.WaitForFunctionAsync("() => document.getElementById('strip').dataset.level === 'red'", null, new() { Timeout = 10_000 });
        Assert.Contains("<img src=x", await page.TextContentAsync("#alarm"), StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("main img, .strip img, td b").CountAsync());
    }

    private async Task<(WebApplication App, string Url, string? Key)> Start(string url)
    {
        string? key = null;
        var app = Server.Build(new(_folder, url, Zone: "Asia/Shanghai"), line => key ??= line.Contains("om_live_", StringComparison.Ordinal) ? line.Trim() : null);
        await app.StartAsync();
        return (app, app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single(), key);
    }

    private Task<IPage> Open(string url, string language, int width, int height) => _chromium!.OpenBoardAsync(url, language, width, height);

    private static async Task Post(HttpClient client, string url, string json)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json");
        (await client.PostAsync($"{url}/api/v1/events", content)).EnsureSuccessStatusCode();
    }
}
