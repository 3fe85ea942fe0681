using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Web;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>From a number on the wall to its list to the ticket, by clicks and by keyboard.</summary>
public sealed class ListPageTests : IAsyncLifetime
{
    private const string Hostile = "<img src=x onerror=alert(1)>";

    private Chromium? _chromium;

    public async ValueTask InitializeAsync() => _chromium = await Chromium.LaunchAsync();

    public ValueTask DisposeAsync() => _chromium?.DisposeAsync() ?? default;

    [Theory(Timeout = 120_000)]
    [InlineData("en", "Ticket", 1920, 1080)]
    [InlineData("zh-Hans", "工单", 1920, 1080)]
    [InlineData("zh-Hant", "工單", 1920, 1080)]
    [InlineData("en", "Ticket", 390, 844)]
    [InlineData("zh-Hans", "工单", 390, 844)]
    public async Task A_number_on_the_wall_opens_its_list(string language, string ticket, int width, int height)
    {
        await using var server = await RunningServer.StartAsync();
        var (url, host) = (server.Url, server.Host);
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
        await page.FitsAsync($"list-{language}-{width}");
        await page.ClickAsync("a[href^='/explain/T-1']");
        await page.Locator(".stretches").First.WaitForAsync();

        await page.GotoAsync($"{url}/numbers?scope=department:billing&window=today&lang={language}");
        await page.Locator("a[href*='metric=tickets.created']").WaitForAsync();
        Assert.Equal("5", await page.TextContentAsync("a[href*='metric=tickets.created']"));
        await page.FitsAsync($"numbers-{language}-{width}");
        await page.ClickAsync("a[href*='metric=tickets.created']");
        await page.Locator("#list tr").Nth(4).WaitForAsync();
        Assert.Empty(complaints);
    }
}
