using Microsoft.Playwright;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Web;
using OpsMonitor.Web.Access;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>The head's page and the page of rules, at a desk and on a phone: a bulk complaint with its members, a record kept, a rule tried; hostile text stays text.</summary>
public sealed class DepartmentPageTests
{
    private const string Hostile = "<img src=x onerror=alert(1)>\"'&";
    private static readonly PageWaitForFunctionOptions Soon = new() { PollingInterval = 20, Timeout = 30_000 };

    [Theory(Timeout = 180_000)]
    [InlineData("en", 1920, 1080, "Bulk complaints")]
    [InlineData("en", 390, 844, "Bulk complaints")]
    [InlineData("zh-Hans", 1920, 1080, "批量投诉")]
    [InlineData("zh-Hans", 390, 844, "批量投诉")]
    [InlineData("zh-Hant", 390, 844, "大量客訴")]
    public async Task What_a_head_acts_upon_stands_there_and_a_record_is_kept(string language, int width, int height, string said)
    {
        await using var chromium = await Chromium.LaunchAsync();
        await using var server = await RunningServer.StartAsync();
        var (url, host, n) = (server.Url, server.Host, 0);
        var key = server.Key("head", KeyScope.Act);
        Task Say(long ago, string subject, params EventData[] data) => host.OfferAsync([.. data.Select(d => Story.Event(host.Now - ago, subject, d, $"e{++n}"))], default).AsTask();
        for (var i = 0; i < 11; i++) await Say(900_000 - (i * 20_000), $"ticket/T-{i}", new TicketCreated(TicketKind.Complaint, OpsMonitor.Grains.Events.Channel.Phone, Priority: 1, DepartmentId: "billing", IssueKey: Hostile));
        await Say(7_200_000, "improvement/I-1", new ImprovementOpened("ann", "billing", RootCause: Hostile, Measure: "training of the whole shift"), new ImprovementClosed("ann"));
        List<string> complaints = [];
        var page = await chromium.OpenAsync($"{url}/d/billing?lang={language}", width, height, complaints);
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#groups details').length === 1 && document.querySelectorAll('#risk li').length > 5", null, Soon);
        Assert.Contains(said, await page.TextContentAsync("main"), StringComparison.Ordinal);
        await page.Locator("#groups summary").FocusAsync();
        await page.Keyboard.PressAsync("Enter"); // by the keyboard alone
        Assert.Equal(11, await page.Locator("#groups details[open] a").CountAsync());
        await page.SelectOptionAsync("#step", "opened");
        await page.FillAsync("#measure", Hostile);
        await page.FillAsync("#key", key);
        await page.ClickAsync("#save");
        await page.WaitForFunctionAsync("() => document.getElementById('said').textContent.startsWith('✓') && document.querySelectorAll('#accountability b').length === 1", null, Soon);
        Assert.Equal(0, await page.Locator("main img").CountAsync());
        Assert.DoesNotContain("dept.", await page.TextContentAsync("body"), StringComparison.Ordinal); // every word is translated
        await page.FitsAsync($"department-{language}-{width}");

        var code = host.Read(t => t.Alerts.All.Single(x => x.Due.Rule == "bulk_complaint").Code);
        await page.GotoAsync($"{url}/a/{code}?lang={language}");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#cases a').length === 11", null, Soon);
        Assert.Contains(Hostile, await page.TextContentAsync("#what"), StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("main img").CountAsync());
        await page.FitsAsync($"alert-cases-{language}-{width}");
        await page.FocusAsync("#cases a >> nth=3");
        await Task.Delay(1_300, TestContext.Current.CancellationToken); // its countdown has moved, and the focus has not
        await page.Keyboard.PressAsync("Enter");
        await page.Locator(".stretches").First.WaitForAsync(); // the ticket's page

        await page.GotoAsync($"{url}/rules?lang={language}");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#list tr').length >= 15", null, Soon);
        await page.ClickAsync("#run");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#firings li').length === 1", null, Soon);
        Assert.Equal(0, await page.Locator("main img").CountAsync());
        await page.FitsAsync($"rules-{language}-{width}");
        Assert.Empty(complaints);
    }

}
