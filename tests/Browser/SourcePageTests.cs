using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>The page of the sources: what is missing is seen, and seen to heal.</summary>
public sealed class SourcePageTests : IAsyncLifetime
{
    private const string Hostile = "/<b onclick=alert(1)>pbx";

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;
    private Chromium? _chromium;

    public async ValueTask InitializeAsync() => _chromium = await Chromium.LaunchAsync();

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null) await _chromium.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("en", "Sequence 4 – 6: 3 missing", "complete", 1920, 1080)]
    [InlineData("zh-Hans", "序号 4 – 6：缺 3 条", "完整", 1920, 1080)]
    [InlineData("zh-Hant", "序號 4 – 6：缺 3 筆", "完整", 390, 844)]
    [InlineData("zh-Hans", "序号 4 – 6：缺 3 条", "完整", 390, 844)]
    public async Task A_gap_is_shown_and_goes_when_it_is_filled(string language, string gap, string whole, int width, int height)
    {
        await using var server = Server.Build(new(_folder, "http://127.0.0.1:0"), static _ => { });
        await server.StartAsync(TestContext.Current.CancellationToken);
        var url = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var host = server.Services.GetRequiredService<IOpsHost>();
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
        Assert.False(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"));
        await ListPageTests.Shot(page, $"sources-{language}-{width}");
        await Send(6, 4, 5);
        await page.EvaluateAsync("() => document.activeElement.blur()");
        await page.WaitForFunctionAsync("whole => document.getElementById('list').textContent.includes(whole)", whole, new() { Timeout = 15_000 });
        Assert.Equal(0, await page.Locator("#gaps li").CountAsync());
        Assert.Empty(complaints);
    }
}
