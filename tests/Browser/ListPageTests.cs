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

        await page.GotoAsync($"{url}/numbers?scope=department:billing&window=60m&lang={language}");
        await page.Locator("a[href*='metric=tickets.created']").WaitForAsync();
        Assert.Equal("5", await page.TextContentAsync("a[href*='metric=tickets.created']"));
        await page.FitsAsync($"numbers-{language}-{width}");
        await page.ClickAsync("a[href*='metric=tickets.created']");
        await page.Locator("#list tr").Nth(4).WaitForAsync();
        Assert.Empty(complaints);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("en", "Frozen after 5 moves", "Department head decides")]
    [InlineData("zh-Hans", "流转 5 次后已冻结", "由部门负责人裁定")]
    [InlineData("zh-Hant", "流轉 5 次後已凍結", "由部門主管裁定")]
    public async Task A_ticket_sent_to_and_fro_says_on_its_page_and_in_its_alert_that_it_is_frozen_and_who_decides(string language, string frozen, string decides)
    {
        await using var server = await RunningServer.StartAsync(static o => o with { Reference = Directory.CreateDirectory(Path.Combine(o.DataFolder, "house")).FullName });
        var host = server.Host;
        var at = host.Now - (30 * 60_000);
        async Task Tell(int minute, EventData data) => await host.OfferAsync([Story.Event(at + (minute * 60_000), "ticket/T-1", data, $"e{minute}")], default);
        await Tell(0, new TicketCreated(TicketKind.Complaint, Channel.Phone, DepartmentId: "billing"));
        for (var n = 1; n <= 5; n++) await Tell(n, new TicketDispatched($"d{n}", "department-" + n, DispatchRole.Lead));
        List<string> complaints = [];
        foreach (var (width, height) in new[] { (1920, 1080), (390, 844) })
        {
            var page = await _chromium!.OpenAsync($"{server.Url}/explain/T-1?lang={language}", width, height, complaints);
            await page.Locator("#frozen").WaitForAsync();
            var said = await page.TextContentAsync("#frozen");
            Assert.Contains(frozen, said, StringComparison.Ordinal);
            Assert.Contains(decides, said, StringComparison.Ordinal);
            await page.FitsAsync($"frozen-{language}-{width}");
            await page.FocusAsync("#frozen a");
            await page.Keyboard.PressAsync("Enter");
            await page.Locator("p.frozen").WaitForAsync();
            said = await page.TextContentAsync("#what");
            Assert.Contains(frozen, said, StringComparison.Ordinal);
            Assert.Contains(decides, said, StringComparison.Ordinal);
            await page.FitsAsync($"frozen-alert-{language}-{width}");
        }
        await Tell(20, new TicketSupervised("head"));
        var decided = await _chromium!.OpenAsync($"{server.Url}/explain/T-1?lang={language}", 1366, 768, complaints);
        await decided.Locator(".stretches").First.WaitForAsync();
        Assert.Equal(0, await decided.Locator("#frozen").CountAsync());
        Assert.Empty(complaints);
    }
}
