using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Web.Duty;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>What people see of floods, silences, the load of alarms and who is on duty.</summary>
public sealed class AlarmCarePageTests : IAsyncLifetime
{
    private static readonly PageWaitForFunctionOptions Soon = new() { PollingInterval = 50, Timeout = 15_000 };

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;
    private Chromium? _chromium;
    private WebApplication? _server;
    private string _url = "";

    public async ValueTask InitializeAsync()
    {
        _chromium = await Chromium.LaunchAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "channels.yaml"), DutyTests.Yaml);
        _server = Server.Build(new(_folder, "http://127.0.0.1:0", Zone: "Asia/Shanghai"), static _ => { });
        await _server.StartAsync();
        _url = _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null) await _chromium.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task Raise(int from, int count)
    {
        var host = _server!.Services.GetRequiredService<IOpsHost>();
        await host.OfferAsync([.. Enumerable.Range(from, count).Select(i => Story.Event(host.Now - 16 * 60_000, $"ticket/<b>T-{i}", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: i % 4 == 0 ? "returns" : "billing"), $"c-{i}"))], default);
    }

    private static async Task Shot(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("OPSMONITOR_SHOTS") is { } shots) await page.ScreenshotAsync(new() { Path = Path.Combine(shots, name + ".png"), FullPage = page.ViewportSize!.Width < 700 || !name.StartsWith("wall", StringComparison.Ordinal) });
    }

    [Theory(Timeout = 120_000)]
    [InlineData("en", "alarms in 10 min", "in billing", "Sound blocked", "Sound on")]
    [InlineData("zh-Hans", "10 分钟内", "billing", "", "")]
    [InlineData("zh-Hant", "10 分鐘內", "billing", "", "")]
    public async Task Many_at_once_are_one_line_and_one_sound(string language, string line, string worst, string blocked, string on)
    {
        List<string> complaints = [];
        var wall = await _chromium!.OpenBoardAsync(_url, language, 1920, 1080, complaints);
        var phone = await _chromium.OpenBoardAsync(_url, language, 390, 844, complaints);
        if (blocked.Length > 0)
        {
            // A browser that lets nothing sound before somebody touched the page: the wall says so, and after a touch that it may.
            await phone.Context.AddInitScriptAsync("window.AudioContext = class { state = 'suspended'; resume() { this.state = 'running'; return Promise.resolve(); } }");
            await phone.ReloadAsync();
            await phone.WaitForFunctionAsync("s => document.getElementById('sound').textContent === s", blocked, Soon);
            await phone.Mouse.ClickAsync(195, 700);
            await phone.Keyboard.PressAsync("Escape");
            await phone.WaitForFunctionAsync("s => document.getElementById('sound').textContent === s", on, Soon);
        }
        await wall.Mouse.ClickAsync(960, 1000); // somebody was there once: from then on it may sound
        if (on.Length > 0) await wall.WaitForFunctionAsync("s => document.getElementById('sound').textContent === s", on, Soon);
        await Raise(0, 2);
        await wall.WaitForFunctionAsync("() => document.getElementById('strip').dataset.level === 'red' && !document.getElementById('strip').dataset.flood", null, Soon);
        for (var i = 0; i < 6; i++) await Raise(2 + (i * 3), 3);
        await wall.WaitForFunctionAsync("([line, worst]) => { const s = document.getElementById('alarm').textContent; return document.getElementById('strip').dataset.flood === 'yes' && s.includes(line) && s.includes(worst); }", new[] { line, worst }, Soon);
        await phone.WaitForFunctionAsync("() => document.getElementById('strip').dataset.flood === 'yes'", null, Soon);
        await Task.Delay(1_500);
        Assert.InRange(await wall.EvaluateAsync<int>("() => (window.__rings ?? []).length"), 0, 2);
        if (on.Length > 0) Assert.InRange(await wall.EvaluateAsync<int>("() => window.__rings.length"), 1, 2);
        Assert.False(await wall.EvaluateAsync<bool>("() => { const e = document.getElementById('alarm'); return e.scrollWidth > e.clientWidth + 1 || document.documentElement.scrollWidth > innerWidth; }"));
        Assert.False(await phone.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"));
        await Shot(wall, $"wall-flood-{language}");
        await Shot(phone, $"phone-flood-{language}");
        Assert.Empty(complaints);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("en", "Sound on", "Muted until ")]
    [InlineData("zh-Hans", "声音已开", "静音至 ")]
    [InlineData("zh-Hant", "聲音已開", "靜音至 ")]
    public async Task A_warning_is_one_chime_and_a_muted_wall_says_until_when(string language, string on, string muted)
    {
        var host = _server!.Services.GetRequiredService<IOpsHost>();
        List<string> complaints = [];
        var wall = await _chromium!.OpenBoardAsync(_url, language, 1920, 1080, complaints);
        Task Says(string text) => wall.WaitForFunctionAsync("s => document.getElementById('sound').textContent.startsWith(s)", text, Soon);
        Task<int> Heard(string what) => wall.EvaluateAsync<int>("what => (window[what] ?? []).length", what);
        async Task Create(string id, int minutesAgo) => await host.OfferAsync([Story.Event(host.Now - (minutesAgo * 60_000), "ticket/" + id, new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: "billing"), id)], default);
        await wall.Mouse.ClickAsync(960, 1000);
        await Says(on);
        await Create("warned", 12);
        await wall.WaitForFunctionAsync("() => (window.__chimes ?? []).length === 1", null, Soon);
        await wall.WaitForFunctionAsync("() => document.getElementById('strip').dataset.level === 'yellow' && document.getElementById('alarm').textContent.startsWith('P2') && document.getElementById('unacked').textContent === '0'", null, Soon);
        await Shot(wall, $"wall-warning-{language}");
        await Create("broken", 16); // at once: a chime holds up no breach
        await wall.WaitForFunctionAsync("() => (window.__rings ?? []).length === 1 && document.getElementById('strip').dataset.level === 'red'", null, Soon);
        Assert.True(await wall.EvaluateAsync<bool>("() => window.__rings[0] - window.__chimes[0] < 10000"));
        await wall.Locator("#sound").FocusAsync();
        await wall.Keyboard.PressAsync("Enter");
        await Says(muted);
        await Shot(wall, $"wall-muted-{language}");
        await Create("unheard", 17);
        await wall.WaitForFunctionAsync("() => document.getElementById('unacked').textContent === '2'", null, Soon);
        await Task.Delay(1_000);
        Assert.Equal((1, 1), (await Heard("__rings"), await Heard("__chimes")));
        await wall.ReloadAsync();
        await wall.WaitForFunctionAsync("() => document.documentElement.dataset.link === 'live'", null, Soon);
        await wall.Mouse.ClickAsync(960, 1000);
        await Says(muted);
        await wall.ClickAsync("#sound");
        await Says(on);
        await Create("heard", 18);
        await wall.WaitForFunctionAsync("() => (window.__rings ?? []).length === 1", null, Soon);
        var until = host.Now + (2 * 3_600_000);
        await host.OfferAsync([Story.Event(host.Now, "silence/S-1", new SilenceOpened("Chen", Story.Iso(until), "drill", Lights: ["red"]), "s")], default);
        await wall.WaitForFunctionAsync("([s, time]) => { const text = document.getElementById('sound').textContent; return text.startsWith(s) && text.endsWith(time); }", new[] { muted, Clock(until) }, Soon);
        var phone = await _chromium.OpenBoardAsync(_url, language, 390, 844, complaints);
        await phone.Mouse.ClickAsync(195, 700);
        await phone.Keyboard.PressAsync("Escape");
        await phone.WaitForFunctionAsync("s => document.getElementById('sound').textContent.startsWith(s)", muted, Soon);
        Assert.False(await phone.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"));
        Assert.False(await wall.EvaluateAsync<bool>("() => { const bar = document.querySelector('.bar'); return bar.scrollWidth > bar.clientWidth + 1; }"));
        await Shot(phone, $"phone-muted-{language}");
        Assert.Empty(complaints);
    }

    private string Clock(long ms) => TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(ms), TimeZoneInfo.FindSystemTimeZoneById(_server!.Services.GetRequiredService<OpsMonitor.Web.Board.BoardDirectory>().Zone("all")))
        .ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture);

    [Theory(Timeout = 120_000)]
    [InlineData("en", "until", "Done")]
    [InlineData("zh-Hans", "至", "已")]
    [InlineData("zh-Hant", "至", "已")]
    public async Task A_silence_is_made_shown_and_ended_by_keyboard_and_the_load_is_below(string language, string until, string done)
    {
        var key = _server!.Services.GetRequiredService<ApiKeyStore>().Add("desk", KeyScope.Act, null);
        List<string> complaints = [];
        await Raise(0, 3);
        var wall = await _chromium!.OpenBoardAsync(_url, language, 1366, 768, complaints);
        await wall.WaitForFunctionAsync("() => Number(document.getElementById('unacked').textContent) > 0", null, Soon);
        var page = await _chromium.OpenAsync($"{_url}/alarms?lang={language}", 1920, 1080, complaints);
        await page.Locator("#list tr").First.WaitForAsync();
        await page.Locator("#silences summary").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.FillAsync("#departments", "billing, returns");
        await page.FillAsync("#reason", "<img src=x onerror=alert(1)>");
        await page.FillAsync("#by", "陈");
        await page.FillAsync("#key", key);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForFunctionAsync("until => { const s = document.getElementById('silence-list').textContent; return s.includes('billing') && s.includes('<img') && s.includes('陈') && s.includes(until); }", until, Soon);
        Assert.Contains(done, await page.TextContentAsync("#said"), StringComparison.Ordinal);
        await wall.WaitForFunctionAsync("() => document.getElementById('unacked').textContent === '0' && !document.getElementById('strip').dataset.level", null, Soon);
        await page.SelectOptionAsync("#show", "quiet");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#list tr').length >= 3", null, Soon);
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#weeks tr').length > 0 && document.querySelectorAll('#causes li').length > 0", null, Soon);
        await page.SelectOptionAsync("#group", "cause");
        await page.WaitForFunctionAsync("() => document.getElementById('list').textContent.includes('×')", null, Soon);
        await Shot(page, $"alarms-{language}");
        var code = await page.Locator("#list a").First.TextContentAsync();
        var phone = await _chromium.OpenAsync($"{_url}/a/{code}?lang={language}", 390, 844, complaints);
        await phone.WaitForFunctionAsync("s => document.querySelector('.why')?.textContent.includes(s)", language == "en" ? "silenced" : language == "zh-Hans" ? "静默" : "靜", Soon);
        await Shot(phone, $"alert-silenced-{language}");
        await phone.GotoAsync($"{_url}/alarms?lang={language}");
        await phone.WaitForFunctionAsync("() => document.querySelectorAll('#silence-list tr').length > 0 && document.querySelectorAll('#weeks tr').length > 0", null, Soon);
        Assert.False(await phone.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"));
        await Shot(phone, $"alarms-phone-{language}");
        await page.Locator("#silence-list button").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForFunctionAsync("() => !document.querySelector('#silence-list button')", null, Soon);
        await wall.WaitForFunctionAsync("() => Number(document.getElementById('unacked').textContent) > 0", null, Soon);
        Assert.Empty(await Missing(page));
        Assert.Empty(complaints);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("en", "stands in")]
    [InlineData("zh-Hans", "值班")]
    [InlineData("zh-Hant", "值班")]
    public async Task Who_is_on_duty_now_and_next(string language, string said)
    {
        var today = DateTimeOffset.UtcNow.AddDays(1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(Path.Combine(_folder, "channels.yaml"), DutyTests.Yaml.Replace("2026-03-03T18:00", today + "T18:00", StringComparison.Ordinal).Replace("2026-03-04T09:00", today + "T20:00", StringComparison.Ordinal));
        List<string> complaints = [];
        foreach (var (width, height) in new[] { (1920, 1080), (390, 844) })
        {
            var page = await _chromium!.OpenAsync($"{_url}/duty?lang={language}", width, height, complaints);
            await page.WaitForFunctionAsync("said => document.body.textContent.includes(said) && document.querySelectorAll('#rotas tbody tr').length > 10", said, Soon);
            Assert.Contains("李华 <b>", await page.InnerTextAsync("#rotas"), StringComparison.Ordinal);
            Assert.False(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"));
            Assert.Empty(await Missing(page));
            await Shot(page, $"duty-{width}-{language}");
        }
        Assert.Empty(complaints);
    }

    // A word that is missing shows its key.
    private static Task<string[]> Missing(IPage page) =>
        page.EvaluateAsync<string[]>("() => document.body.innerText.match(/\\b(alarms|silence|load|duty|alert|why|rule|role)\\.[a-z]\\w*/g) ?? []");
}
