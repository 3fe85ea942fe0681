using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Serve;
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
        using var folder = new TemporaryFolder();
        var admin = ApiKeyStore.OpenOrCreate(folder.Path, out _).Add("anna", KeyScope.Admin, null);
        await using var app = Server.Build(new ServeOptions(folder.Path, "http://127.0.0.1:0"), static _ => { });
        await app.StartAsync();
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
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
        await page.FillAsync("#text", (await page.InputValueAsync("#text")).Replace("value: 1", "value: 2", StringComparison.Ordinal));
        await Says(page, "verdict", valid);
        await page.WaitForFunctionAsync("() => !document.getElementById('save').disabled", null, Soon);
        await page.ClickAsync("#save");
        await Says(page, "saved", "+ 2  version: 2");
        Assert.Equal(2, app.Services.GetRequiredService<IOpsHost>().Read(t => t.Edits.Count));
        Assert.Empty(said);
        await app.StopAsync();
    }

    private static Task Says(IPage page, string id, string text) =>
        page.WaitForFunctionAsync("([id, text]) => document.getElementById(id).textContent.includes(text)", new[] { id, text }, Soon);
}
