using Microsoft.Playwright;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Web;
using OpsMonitor.Web.Access;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>The pages for policies and explanations fit the screens of a wall's desk and of a phone in every language, with a history, a dry run and long names.</summary>
public sealed class PolicyPageLook
{
    private static readonly PageWaitForFunctionOptions Soon = new() { PollingInterval = 20, Timeout = 15_000 };

    [Theory]
    [InlineData("en", 1920, 1080)]
    [InlineData("en", 390, 844)]
    [InlineData("zh-Hans", 1920, 1080)]
    [InlineData("zh-Hans", 390, 844)]
    [InlineData("zh-Hant", 1920, 1080)]
    [InlineData("zh-Hant", 390, 844)]
    public async Task Nothing_is_cut_off_and_nothing_hangs_over_the_edge(string language, int width, int height)
    {
        await using var chromium = await Chromium.LaunchAsync();
        await using var server = await RunningServer.StartAsync();
        var (url, admin) = (server.Url, server.Key("anna", KeyScope.Admin));
        var now = DateTimeOffset.UtcNow;
        await server.Host.OfferAsync([.. Enumerable.Range(0, 12).Select(i => Story.Event(
            now.AddMinutes(-i * 47).ToUnixTimeMilliseconds(), $"ticket/HOTLINE-2026-{i:D5}", new TicketCreated(TicketKind.Complaint, OpsMonitor.Grains.Events.Channel.Phone), $"{i}", department: "billing"))], default);
        var page = await chromium.OpenAsync($"{url}/policies?lang={language}", width, height);
        await page.FitsAsync($"policies-{language}-{width}");

        await page.FillAsync("#text", "id: fast\ntitle: {en: Fast answers}\nsource: {title: Service catalogue of the house}\neffective: {running: true}\nclocks:\n- {id: resolution, start: created, stop: [ticket.resolved], limit: {value: 1, unit: hour}}\n");
        await page.WaitForFunctionAsync("() => !document.getElementById('try').disabled", null, Soon);
        await page.ClickAsync("#try");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#changes tbody tr').length > 0", null, Soon);
        await page.FitsAsync($"dry-run-{language}-{width}");
        await page.FillAsync("#key", admin);
        await page.ClickAsync("#save");
        await page.WaitForFunctionAsync("() => document.getElementById('outcome').textContent.includes('✓')", null, Soon);
        await page.FitsAsync($"saved-{language}-{width}");
        var ticket = await page.GetAttributeAsync("#changes tbody a", "href");
        await page.GotoAsync($"{url}{ticket}?lang={language}");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('main section').length > 0", null, Soon);
        await page.FitsAsync($"explain-{language}-{width}");
    }
}
