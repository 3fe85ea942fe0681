using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Web;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>The page of the sources: what is missing is seen, and seen to heal.</summary>
public sealed class SourcePageTests : IAsyncLifetime
{
    private const string Hostile = "/<b onclick=alert(1)>pbx";

    private Chromium? _chromium;

    public async ValueTask InitializeAsync() => _chromium = await Chromium.LaunchAsync();

    public ValueTask DisposeAsync() => _chromium?.DisposeAsync() ?? default;

    [Theory(Timeout = 120_000)]
    [InlineData("en", "Sequence 4 – 6: 3 missing", "complete", 1920, 1080)]
    [InlineData("zh-Hans", "序号 4 – 6：缺 3 条", "完整", 1920, 1080)]
    [InlineData("zh-Hant", "序號 4 – 6：缺 3 筆", "完整", 390, 844)]
    [InlineData("zh-Hans", "序号 4 – 6：缺 3 条", "完整", 390, 844)]
    public async Task A_gap_is_shown_and_goes_when_it_is_filled(string language, string gap, string whole, int width, int height)
    {
        await using var server = await RunningServer.StartAsync();
        var (url, host) = (server.Url, server.Host);
        async Task Send(params int[] numbers)
        {
            foreach (var n in numbers)
                await host.OfferAsync([Story.Event(host.Now - 1_000, $"contact/c{n}", new ContactInitiated(Channel.Phone, Direction.Inbound), $"n{n}", Hostile) with { Sequence = n }], default);
        }

        await Send(1, 2, 3, 7);
        List<string> complaints = [];
        var page = await _chromium!.OpenAsync($"{url}/sources?lang={language}", width, height, complaints);
        await page.ClickAsync("#list button");
        await page.Locator("#gaps li").WaitForAsync();
        Assert.Equal(gap, await page.TextContentAsync("#gaps li"));
        Assert.Equal(Hostile, await page.TextContentAsync("#list button"));
        Assert.Equal(0, await page.Locator("#list b").CountAsync());
        await page.FitsAsync($"sources-{language}-{width}");
        await Send(6, 4, 5);
        await page.EvaluateAsync("() => document.activeElement.blur()");
        await page.WaitForFunctionAsync("whole => document.getElementById('list').textContent.includes(whole)", whole, new() { Timeout = 15_000 });
        Assert.Equal(0, await page.Locator("#gaps li").CountAsync());
        Assert.Empty(complaints);
    }
}
