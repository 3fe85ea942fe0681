using Microsoft.Playwright;
using OpsMonitor.Tests.Web;
using OpsMonitor.Web.Access;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>Somebody changes a policy on the page: a slip is shown with its line, the dry run with its tickets, and what was saved with who, when and what.</summary>
public sealed class PolicyPageTests
{
    private static readonly PageWaitForFunctionOptions Soon = new() { PollingInterval = 20, Timeout = 15_000 };

    [Theory]
    [InlineData("en", "Line 3:", "can be saved")]
    [InlineData("zh-Hans", "第 3 行：", "可以保存")]
    [InlineData("zh-Hant", "第 3 行：", "可以儲存")]
    public async Task Edit_slip_dry_run_and_save(string language, string line, string valid)
    {
        await using var chromium = await Chromium.LaunchAsync();
        await using var server = await RunningServer.StartAsync();
        var (url, admin) = (server.Url, server.Key("anna", KeyScope.Admin));
        var said = new List<string>();
        var page = await chromium.OpenAsync($"{url}/policies?lang={language}", 1366, 900, said);

        await page.FillAsync("#text", "id: fast\nclocks:\n- {id: x, start: created, stop: [ticket.solved], limit: {value: 1, unit: hour}}\n");
        await Says(page, "verdict", line);
        Assert.True(await page.Locator("#try").IsDisabledAsync() && await page.Locator("#save").IsDisabledAsync());
        said.Clear(); // the browser itself complains of a refused draft

        await page.FillAsync("#text", "id: fast\nclocks:\n- {id: x, start: created, stop: [ticket.replied], limit: {value: 1, unit: hour}}\n");
        await Says(page, "verdict", valid);
        await page.ClickAsync("#try");
        await page.WaitForFunctionAsync("() => /0/.test(document.getElementById('counts').textContent)", null, Soon);
        Assert.True(await page.Locator("#save").IsDisabledAsync()); // without a key nobody saves
        await page.FillAsync("#key", admin);
        await page.ClickAsync("#save");
        await Says(page, "outcome", "✓");
        await Says(page, "saved", "+ 1  id: fast");
        await Says(page, "saved", "anna (");
        await Says(page, "policies", "anna (");

        // Opened again, it is the next version.
        await page.ClickAsync("#policies >> button:text-is('fast')");
        await page.WaitForFunctionAsync("() => /version: 2/.test(document.getElementById('text').value)", null, Soon);
        await Says(page, "verdict", valid);
        Assert.Equal("…, true, true", await page.EvaluateAsync<string>("""
            () => {
              const [text, verdict, dryRun, save] = ["text", "verdict", "try", "save"].map((id) => document.getElementById(id));
              text.value = text.value.replace("value: 1", "value: 2");
              text.dispatchEvent(new Event("input"));
              return [verdict.textContent, dryRun.disabled, save.disabled].join(", ");
            }
            """)); // what was said of the text before is no word about this one
        await Says(page, "verdict", valid);
        await page.WaitForFunctionAsync("() => !document.getElementById('save').disabled", null, Soon);
        await page.ClickAsync("#save");
        await Says(page, "saved", "+ 2  version: 2");
        Assert.Equal(2, server.Host.Read(t => t.Edits.Count));
        Assert.Empty(said);
    }

    private static Task Says(IPage page, string id, string text) =>
        page.WaitForFunctionAsync("([id, text]) => document.getElementById(id).textContent.includes(text)", new[] { id, text }, Soon);
}
