using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>An alert's page on a phone, and what all walls make of it.</summary>
public sealed class AlertPageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;
    private Chromium? _chromium;

    public async ValueTask InitializeAsync() => _chromium = await Chromium.LaunchAsync();

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null) await _chromium.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("en", "Chen has it until")]
    [InlineData("zh-Hans", "Chen 处理中")]
    [InlineData("zh-Hant", "Chen 處理中")]
    public async Task Acknowledged_on_a_phone_it_leaves_the_red_strip_of_every_wall(string language, string said)
    {
        await using var server = Server.Build(new(_folder, "http://127.0.0.1:0", Zone: "Asia/Shanghai"), static _ => { });
        await server.StartAsync(TestContext.Current.CancellationToken);
        var url = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var (host, key) = (server.Services.GetRequiredService<IOpsHost>(), server.Services.GetRequiredService<ApiKeyStore>().Add("phone", KeyScope.Act, null));
        List<string> complaints = [];
        var walls = new[] { await _chromium!.OpenBoardAsync(url, language, 1920, 1080, complaints), await _chromium.OpenBoardAsync(url, "en", 1366, 768, complaints) };
        await host.OfferAsync([Story.Event(host.Now - 16 * 60_000, "ticket/T-1", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: "billing"), "c")], default);
        foreach (var wall in walls) await wall.WaitForFunctionAsync("() => document.getElementById('strip').dataset.level === 'red' && document.getElementById('unacked').textContent === '1'", null, new() { Timeout = 10_000 });
        var code = host.Read(t => t.Alerts.All.Single(a => a.Due is { Rule: "clock_breach", Clock: "first_response" }).Code);

        var phone = await _chromium.OpenBoardAsync(url, language, 390, 844, complaints);
        await phone.GotoAsync($"{url}/a/{code}?lang={language}");
        await phone.Locator("#ladder li").Nth(1).WaitForAsync();
        await phone.FillAsync("#by", "Chen");
        await phone.FillAsync("#key", key); // once; from then on one tap
        Assert.False(await phone.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"));
        var watch = Stopwatch.StartNew();
        await phone.ClickAsync("[data-do=acknowledge][data-minutes='30']");
        foreach (var wall in walls)
            await wall.WaitForFunctionAsync("() => !document.getElementById('strip').dataset.level && document.getElementById('unacked').textContent === '0' && document.getElementById('acked').textContent === '1'", null, new() { Timeout = 10_000 });
        output.WriteLine($"tap to every wall {watch.ElapsedMilliseconds} ms");
        await phone.WaitForFunctionAsync("said => document.querySelector('.who').textContent.startsWith(said)", said, new() { Timeout = 10_000 });
        Assert.Contains("Chen", await walls[0].TextContentAsync("#alarm"), StringComparison.Ordinal);
        Assert.DoesNotContain(key, await phone.EvaluateAsync<string>("() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, location.href])"), StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("OPSMONITOR_SHOTS") is { } shots)
        {
            await phone.ScreenshotAsync(new() { Path = Path.Combine(shots, $"alert-{language}.png"), FullPage = true });
            await walls[0].ScreenshotAsync(new() { Path = Path.Combine(shots, $"wall-{language}.png") });
        }
        await phone.GotoAsync($"{url}/alarms?lang={language}");
        await phone.SelectOptionAsync("#show", "acknowledged");
        await phone.Locator($"a[href='/a/{code}']").WaitForAsync();
        Assert.Empty(complaints);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("en", "Queue Billing calls", "Queue Unlisted")]
    [InlineData("zh-Hans", "队列 账单热线", "队列 Unlisted")]
    [InlineData("zh-Hant", "佇列 Billing calls", "佇列 Unlisted")]
    public async Task A_queue_in_which_somebody_waits_too_long_is_called_by_its_name_everywhere(string language, string named, string unnamed)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "house"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "house", "queues.yaml"), "- id: q1\n  title: {en: Billing calls, zh-Hans: 账单热线}\n");
        await using var server = Server.Build(new(_folder, "http://127.0.0.1:0", Reference: Path.Combine(_folder, "house")), static _ => { });
        await server.StartAsync(TestContext.Current.CancellationToken);
        var url = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var host = server.Services.GetRequiredService<IOpsHost>();
        foreach (var (queue, minutes) in new[] { ("q1", 5), ("Unlisted", 4) })
            foreach (var told in new EventData[] { new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactQueued(queue) })
                await host.OfferAsync([Story.Event(host.Now - (minutes * 60_000), $"contact/{queue}", told, $"{queue} {told.GetType().Name}")], default);

        List<string> complaints = [];
        var wall = await _chromium!.OpenBoardAsync(url, language, 1920, 1080, complaints);
        await wall.WaitForFunctionAsync("names => names.some((name) => document.getElementById('alarm').textContent.includes(name))", new[] { named, unnamed }, new() { Timeout = 10_000 });
        Assert.DoesNotContain("rule/", await wall.TextContentAsync("#alarm"), StringComparison.Ordinal);
        await wall.GotoAsync($"{url}/alarms?lang={language}");
        await wall.Locator("#list a").Nth(1).WaitForAsync();
        var list = await wall.TextContentAsync("#list");
        Assert.Contains(named, list, StringComparison.Ordinal);
        Assert.Contains(unnamed, list, StringComparison.Ordinal);
        var code = host.Read(t => t.Alerts.All.Single(a => a.Due.Rule == "longest_wait" && a.Due.Subject.Id == "queue/q1").Code);
        await wall.GotoAsync($"{url}/a/{code}?lang={language}");
        await wall.WaitForFunctionAsync("name => document.getElementById('what').textContent.includes(name)", named, new() { Timeout = 10_000 });
        var what = await wall.Locator("#what p").First.TextContentAsync();
        Assert.DoesNotContain("q1", what, StringComparison.Ordinal);
        Assert.EndsWith(" 02:00", what, StringComparison.Ordinal); // the limit at which it was raised
        await wall.FitsAsync($"alert-queue-{language}");
        Assert.Empty(complaints);
    }
}
