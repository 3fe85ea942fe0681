using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Web;
using OpsMonitor.Web.Access;
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

    [Theory(Timeout = 120_000)]
    [InlineData("en", "events 1, rows that mean nothing here 0, still not translated 1", "Accepted 1, known already 0, still kept 1", 1366, 768)]
    [InlineData("zh-Hans", "可生成事件 1 个，可忽略 0 条，仍无法转换 1 条", "已接受 1，重复 0，仍保留 1", 390, 844)]
    [InlineData("zh-Hant", "可產生事件 1 個，可略過 0 筆，仍無法轉換 1 筆", "已接受 1，重複 0，仍保留 1", 1920, 1080)]
    public async Task What_could_not_be_translated_says_why_and_is_tried_again(string language, string becomes, string done, int width, int height)
    {
        const string mapping = """
            source: /desk
            rules:
              - {type: ticket.created, when: {nr: {exists: true}}, subject: "ticket/{nr}", id: "{nr}-new", time: arrival, data: {kind: complaint, channel: phone}}

            """;
        static string File(string folder) => Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "house", "adapters")).FullName, "desk.yaml");
        await using var server = await RunningServer.StartAsync(static o => o with { Reference = Path.Combine(o.DataFolder, "house") }, folder => System.IO.File.WriteAllText(File(folder), mapping));
        var admin = server.Key("anna", KeyScope.Admin | KeyScope.Ingest);
        using (var body = new StringContent("""[{"number": 1}, {"words": "<img src=x onerror=alert(1)>"}]""", System.Text.Encoding.UTF8, "application/json"))
            await server.SendAsync(HttpMethod.Post, "/api/v1/adapters/desk", body, admin);
        System.IO.File.WriteAllText(File(server.Folder), mapping + "  - {name: other, type: ticket.created, when: {number: {exists: true}}, subject: \"ticket/{number}\", id: \"{number}-new\", time: arrival, data: {kind: complaint, channel: phone}}\n");
        System.IO.File.SetLastWriteTimeUtc(File(server.Folder), DateTime.UtcNow.AddSeconds(5));

        List<string> complaints = [];
        var page = await _chromium!.OpenAsync($"{server.Url}/sources?lang={language}", width, height, complaints);
        await page.ClickAsync("#list button:text-is('adapter/desk')");
        await page.Locator("#reasons tr").WaitForAsync();
        Assert.Contains(becomes, await page.TextContentAsync("#becomes"), StringComparison.Ordinal);
        Assert.Contains("no rule holds", await page.TextContentAsync("#reasons"), StringComparison.Ordinal);
        Assert.True(await page.Locator("#again").IsDisabledAsync());
        await page.FitsAsync($"kept-{language}-{width}");
        await page.FillAsync("#key", admin);
        await page.Locator("#key").PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForFunctionAsync("done => document.getElementById('done').textContent === done", done, new() { Timeout = 15_000 });
        Assert.Single((await server.Host.HistoryAsync(Subject.Parse("ticket/1"), default))!);
        await page.FitsAsync($"kept-again-{language}-{width}");
        Assert.Empty(complaints);
    }
}
