using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>From a number on the wall to its list to the ticket, by clicks and by keyboard.</summary>
public sealed class ListPageTests : IAsyncLifetime
{
    private const string Hostile = "<img src=x onerror=alert(1)>";

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;
    private Chromium? _chromium;

    public async ValueTask InitializeAsync() => _chromium = await Chromium.LaunchAsync();

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null) await _chromium.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("en", "Ticket", 1920, 1080)]
    [InlineData("zh-Hans", "工单", 1920, 1080)]
    [InlineData("zh-Hant", "工單", 1920, 1080)]
    [InlineData("en", "Ticket", 390, 844)]
    [InlineData("zh-Hans", "工单", 390, 844)]
    public async Task A_number_on_the_wall_opens_its_list(string language, string ticket, int width, int height)
    {
        await using var server = Server.Build(new(_folder, "http://127.0.0.1:0"), static _ => { });
        await server.StartAsync(TestContext.Current.CancellationToken);
        var url = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var host = server.Services.GetRequiredService<IOpsHost>();
        for (var i = 0; i < 5; i++)
            await host.OfferAsync([Story.Event(host.Now - ((i + 1) * 60_000), $"ticket/{(i == 0 ? Hostile : $"T-{i}")}", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: "billing"), $"c{i}")], default);
        List<string> complaints = [];
        var page = await _chromium!.OpenBoardAsync(url, language, width, height, complaints);
        await page.WaitForFunctionAsync("() => document.querySelector('#departments a')?.textContent === '5'", null, new() { Timeout = 10_000 });
        await page.FocusAsync("#departments a");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#list tr").Nth(4).WaitForAsync();
        Assert.Equal(5, await page.Locator("#list tr").CountAsync());
        Assert.Contains($"{ticket} {Hostile}", await page.TextContentAsync("#list"), StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("#list img").CountAsync());
        Assert.False(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"));
        await Shot(page, $"list-{language}-{width}");
        await page.ClickAsync("a[href^='/explain/T-1']");
        await page.Locator(".stretches").First.WaitForAsync();

        await page.GotoAsync($"{url}/numbers?scope=department:billing&window=today&lang={language}");
        await page.Locator("a[href*='metric=tickets.created']").WaitForAsync();
        Assert.Equal("5", await page.TextContentAsync("a[href*='metric=tickets.created']"));
        Assert.False(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"));
        await Shot(page, $"numbers-{language}-{width}");
        await page.ClickAsync("a[href*='metric=tickets.created']");
        await page.Locator("#list tr").Nth(4).WaitForAsync();
        Assert.Empty(complaints);
    }

    internal static async Task Shot(Microsoft.Playwright.IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("OPSMONITOR_SHOTS") is { } shots) await page.ScreenshotAsync(new() { Path = Path.Combine(shots, name + ".png") });
    }
}
