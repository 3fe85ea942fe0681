using Microsoft.Playwright;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>A real browser that looks at a board. One process serves all tests, since to start one costs more than most of them do; what is opened here has its own cookies and storage.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    // Ends with this process, which is the other end of its pipe.
    private static readonly Lazy<Task<IBrowser>> Shared = new(StartAsync);

    private readonly IBrowser _browser;
    private readonly List<IBrowserContext> _opened = [];

    private Chromium(IBrowser browser) => _browser = browser;

    /// <summary>Skips the test that asks where there is no chromium.</summary>
    public static async Task<Chromium> LaunchAsync()
    {
        if (!File.Exists(Program)) Assert.Skip("no chromium on this machine (/usr/bin/chromium): what people see was not looked at");
        return new(await Shared.Value);
    }

    private static async Task<IBrowser> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        return await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Program,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
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
        _opened.Add(context);
        var page = await context.NewPageAsync();
        page.Console += (_, message) => { if (message.Type is "error" or "warning") said?.Add(message.Text); };
        page.PageError += (_, error) => said?.Add(error);
        await page.GotoAsync(address);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var context in _opened) await context.CloseAsync();
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
