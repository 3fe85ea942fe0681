using Microsoft.Playwright;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Tests.Web;
using OpsMonitor.Web.Access;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>A supervisor tries a rule on the page and saves it: a slip is said with its line, somebody else's saving is not undone unseen, hostile text stays text.</summary>
public sealed class RulePageTests
{
    private const string Hostile = "<img src=x onerror=alert(1)>";

    private static readonly PageWaitForFunctionOptions Soon = new() { PollingInterval = 20, Timeout = 15_000 };

    [Theory]
    [InlineData("en", 1920, 1080, "In force", "Line 2:")]
    [InlineData("zh-Hans", 390, 844, "已生效", "第 2 行：")]
    [InlineData("zh-Hant", 390, 844, "已生效", "第 2 行：")]
    [InlineData("zh-Hans", 1920, 1080, "已生效", "第 2 行：")]
    [InlineData("en", 390, 844, "In force", "Line 2:")]
    public async Task Tried_then_saved(string language, int width, int height, string inForce, string line)
    {
        await using var chromium = await Chromium.LaunchAsync();
        await using var server = await RunningServer.StartAsync(o => o with { Zone = "Asia/Shanghai" });
        var (admin, said) = (server.Key("anna", KeyScope.Admin), new List<string>());
        int Count() => server.Host.Read(t => t.Policies.Rules.Of(RuleId.BulkComplaint, null)[RuleNumber.Count]);
        var page = await chromium.OpenAsync($"{server.Url}/rules?lang={language}", width, height, said);
        var other = await chromium.OpenAsync($"{server.Url}/rules?lang={language}", width, height, said);
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#list tr').length >= 15", null, Soon);
        Assert.True(await page.Locator("#save").IsDisabledAsync()); // without a key nobody saves
        await page.ClickAsync("#run");
        await Says(page, "said", "0");
        Assert.Equal(10, Count());

        await page.FillAsync("#key", admin);
        await page.FillAsync("#draft", "rules:\n  bulk_complaint: {count: few}\n");
        await page.ClickAsync("#save");
        await Says(page, "outcome", $"✗ {line}");
        said.Clear(); // the browser itself complains of a refused saving

        await page.FillAsync("#draft", $"# {Hostile}\nrules:\n  bulk_complaint: {{count: 8}}\n");
        await page.Locator("#key").FocusAsync();
        await page.Keyboard.PressAsync("Tab"); // by the keyboard alone
        await page.Keyboard.PressAsync("Enter");
        await Says(page, "outcome", $"✓ {inForce}");
        await Says(page, "list", "count: 8");
        await Says(page, "saved", "anna (");
        await Says(page, "saved", Hostile);
        await Says(page, "saved", " UTC+8"); // in the time of the house, and said which
        Assert.Equal((8, 0), (Count(), await page.Locator("main img").CountAsync()));
        Assert.DoesNotContain("rules.", (await page.TextContentAsync("main"))!.Replace("rules.yaml", "", StringComparison.Ordinal), StringComparison.Ordinal); // every word is translated
        await page.FitsAsync($"rules-saved-{language}-{width}");
        Assert.Empty(said);

        // The other one has not seen that, and is shown it instead of undoing it.
        await other.FillAsync("#key", admin);
        await other.FillAsync("#draft", "rules:\n  bulk_complaint: {count: 30}\n");
        await other.ClickAsync("#save");
        await Says(other, "outcome", "✗");
        await Says(other, "list", "count: 8");
        Assert.Equal(8, Count());
        await other.ClickAsync("#save");
        await Says(other, "outcome", "✓");
        await Says(other, "list", "count: 30");
        Assert.Equal(30, Count());
    }

    private static Task Says(IPage page, string id, string text) =>
        page.WaitForFunctionAsync("([id, text]) => document.getElementById(id).textContent.includes(text)", new[] { id, text }, Soon);
}
