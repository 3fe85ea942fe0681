using Microsoft.Playwright;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>A real browser that looks at a board.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>Skips the test that asks where there is no chromium.</summary>
    public static async Task<Chromium> LaunchAsync()
    {
        if (!File.Exists(Program)) Assert.Skip("no chromium on this machine (/usr/bin/chromium): what people see was not looked at");
        var playwright = await Playwright.CreateAsync();
        return new(playwright, await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Program,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        }));
    }

    /// <summary>The board of all departments, live.</summary>
    /// <param name="said">is given what the page complains of</param>
    public async Task<IPage> OpenBoardAsync(string url, string language, int width, int height, List<string>? said = null)
    {
        var page = await OpenAsync($"{url}/board/all?lang={language}", width, height, said);
        await page.WaitForFunctionAsync("() => document.documentElement.dataset.link === 'live'", null, new() { Timeout = 30_000 });
        return page;
    }

    public async Task<IPage> OpenAsync(string address, int width, int height, List<string>? said = null)
    {
        var context = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height } });
        var page = await context.NewPageAsync();
        page.Console += (_, message) => { if (message.Type is "error" or "warning") said?.Add(message.Text); };
        page.PageError += (_, error) => said?.Add(error);
        await page.GotoAsync(address);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}

internal static class Looks
{
    /// <summary>No page scrolls sideways; a picture for people where <c>OPSMONITOR_SHOTS</c> names a folder for them.</summary>
    public static async Task FitsAsync(this IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("OPSMONITOR_SHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
        Assert.Equal(0, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"));
    }
}
