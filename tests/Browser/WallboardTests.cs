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

/// <summary>What people see, in a real chromium: a change reaches the pixel, a lost link says so, nothing is cut off in any language.</summary>
public sealed class WallboardTests(ITestOutputHelper output) : IAsyncLifetime
{
    // A text that is wider than its box, where the box hides what does not fit.
    private const string Clipped = """
        () => [...document.querySelectorAll('body *')]
          .filter(e => e.clientWidth > 2 && e.tagName !== 'SELECT' && getComputedStyle(e).overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1)
          .map(e => `${e.tagName}#${e.id}.${e.className}: ${e.textContent.slice(0, 40)}`)
        """;

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
        for (var i = 1; i <= 200; i++)
        {
            var clock = Stopwatch.StartNew();
            await Post(client, url, $$"""{"specversion":"1.0","id":"e{{i}}","source":"pbx","type":"contact.queued","time":"{{DateTime.UtcNow:O}}","subject":"contact/c{{i}}","data":{"queue_id":"q1"} }""");
            await page.WaitForFunctionAsync("n => document.getElementById('q-waiting').textContent === String(n)", i, new() { PollingInterval = 5, Timeout = 10_000 });
            took.Add(clock.Elapsed.TotalMilliseconds);
        }
        took.Sort();
        output.WriteLine($"event to pixel over {took.Count}: p50 {took[99]:F0} ms, p99 {took[197]:F0} ms, max {took[^1]:F0} ms");
        Assert.True(took[197] < 5_000, $"p99 {took[197]:F0} ms");
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

    [Fact]
    public async Task A_calendar_without_the_next_holidays_is_named_in_every_language_and_cuts_nothing_off()
    {
        var reference = Path.Combine(_folder, "reference");
        Directory.CreateDirectory(Path.Combine(reference, "calendars"));
        var old = "time_zone: Asia/Shanghai\nweek: {mon: [\"09:00-17:00\"]}\nannounced_until: 2020-12-31\n";
        foreach (var id in new[] { "office", "shop" }) await File.WriteAllTextAsync(Path.Combine(reference, "calendars", id + ".yaml"), $"id: {id}\n{old}");
        await File.WriteAllTextAsync(Path.Combine(reference, "departments.yaml"), "- {id: billing, calendar: office}\n- {id: returns, calendar: shop}\n");
        await using var server = Server.Build(new(_folder, "http://127.0.0.1:0", reference, Demo: true, Zone: "Asia/Shanghai"), static _ => { });
        await server.StartAsync();
        var url = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        foreach (var (language, words) in new[] { ("en", "Holidays not announced"), ("zh-Hans", "节假日尚未公布"), ("zh-Hant", "假日尚未公布") })
        foreach (var (width, height) in new[] { (1920, 1080), (1366, 768), (1080, 1920), (390, 844) })
        {
            var page = await Open(url, language, width, height);
            await page.WaitForTimeoutAsync(300);
            var said = await page.TextContentAsync("#holidays");
            Assert.StartsWith($"▲ {words}", said, StringComparison.Ordinal);
            Assert.Contains("office, shop", said, StringComparison.Ordinal);
            Assert.Empty(await page.EvaluateAsync<string[]>(Clipped));
            if (width > 700) Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"));
            await page.Context.CloseAsync();
        }
    }

    [Fact]
    public async Task Nothing_is_cut_off_in_any_language_at_any_size()
    {
        var (app, url, _) = await Start("http://127.0.0.1:0", demo: true);
        await using var server = app;
        foreach (var (width, height) in new[] { (1920, 1080), (3840, 2160), (1366, 768), (1080, 1920), (390, 844) })
        foreach (var language in new[] { "en", "zh-Hans", "zh-Hant" })
        {
            var said = new List<string>();
            var page = await Open(url, language, width, height, said);
            await page.WaitForTimeoutAsync(400);
            if (Environment.GetEnvironmentVariable("OPSMONITOR_SHOTS") is { Length: > 0 } shots)
                await page.ScreenshotAsync(new() { Path = Path.Combine(shots, $"board-{language}-{width}x{height}.png") });
            Assert.Empty(await page.EvaluateAsync<string[]>(Clipped));
            if (width > 700) Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"));
            Assert.Empty(said);
            await page.Context.CloseAsync();
        }
    }

    private async Task<(WebApplication App, string Url, string? Key)> Start(string url, bool demo = false)
    {
        string? key = null;
        var app = Server.Build(new(_folder, url, Demo: demo, Zone: "Asia/Shanghai"), line => key ??= line.Contains("om_live_", StringComparison.Ordinal) ? line.Trim() : null);
        await app.StartAsync();
        return (app, app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single(), key);
    }

    private Task<IPage> Open(string url, string language, int width, int height, List<string>? said = null) =>
        _chromium!.OpenBoardAsync(url, language, width, height, said);

    private static async Task Post(HttpClient client, string url, string json)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json");
        (await client.PostAsync($"{url}/api/v1/events", content)).EnsureSuccessStatusCode();
    }
}
