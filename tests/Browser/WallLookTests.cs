using OpsMonitor.Tests.Web;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>The wall of the demo with all that it can show: nothing is cut off in any language at any size, with a notice over it and without.</summary>
public sealed class WallLookTests
{
    // A text that is wider than its box, where the box hides what does not fit; of the alarm's lines one that is hidden (a last line's own box may be a little higher than the line).
    private const string Clipped = """
        () => [...document.querySelectorAll('body *')]
          .filter(e => e.clientWidth > 2 && e.tagName !== 'SELECT' && getComputedStyle(e).overflowX !== 'visible' && (e.scrollWidth > e.clientWidth + 1 || (e.id === 'alarm' && e.scrollHeight > e.clientHeight * 1.2)))
          .map(e => `${document.documentElement.lang} ${innerWidth} x ${innerHeight}: ${e.tagName}#${e.id}.${e.className} is ${e.clientWidth} x ${e.clientHeight} and holds ${e.scrollWidth} x ${e.scrollHeight}: ${e.innerText}`)
        """;

    private const string OnOneScreen = "() => document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth";

    // Two frames: laid out anew, and drawn.
    private const string Drawn = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";

    [Fact(Timeout = 300_000)]
    public async Task Nothing_is_cut_off_in_any_language_at_any_size()
    {
        await using var chromium = await Chromium.LaunchAsync();
        await using var server = await RunningServer.StartAsync(static o => o with { Demo = true, Zone = "Asia/Shanghai", Reference = Path.Combine(o.DataFolder, "house") }, House);
        foreach (var (language, words, alarm) in new[]
        {
            ("en", "Holidays not announced", "P2 · NET-3F2A1C · Network faults · Service level below target · Queue Broadband support · →\u00a0Department head"),
            ("zh-Hans", "节假日尚未公布", "P2 · NET-3F2A1C · 网络故障 · 服务水平低于目标 · 队列 宽带技术支持 · →\u00a0部门负责人"),
            ("zh-Hant", "假日尚未公布", "P2 · NET-3F2A1C · 網路故障 · 服務水準低於目標 · 佇列 寬頻技術支援 · →\u00a0部門主管"),
        })
        {
            List<string> said = [];
            var page = await chromium.OpenBoardAsync(server.Url, language, 1920, 1080, said);
            await page.WaitForFunctionAsync("() => !document.getElementById('holidays').hidden && document.querySelectorAll('#departments tr').length > 5 && document.querySelectorAll('#next tr').length > 3", null, new() { Timeout = 20_000 });
            var notice = await page.TextContentAsync("#holidays");
            Assert.StartsWith($"▲ {words}", notice, StringComparison.Ordinal);
            Assert.Contains("office, shop", notice, StringComparison.Ordinal);
            foreach (var (width, height) in new[] { (1920, 1080), (3840, 2160), (1366, 768), (1080, 1920), (390, 844) })
            foreach (var noticed in new[] { true, false })
            {
                await page.SetViewportSizeAsync(width, height);
                await page.EvaluateAsync("show => { document.getElementById('holidays').style.display = show ? '' : 'none'; }", noticed);
                await page.EvaluateAsync(Drawn);
                if (!noticed && Environment.GetEnvironmentVariable("OPSMONITOR_SHOTS") is { Length: > 0 } shots)
                    await page.ScreenshotAsync(new() { Path = Path.Combine(shots, $"board-{language}-{width}x{height}.png") });
                // The widest that a bad day brings, and measured before the board draws again.
                var clipped = await page.EvaluateAsync<string[]>($$"""
                    (alarm) => {
                      document.getElementById('alarm').textContent = alarm;
                      for (const row of document.querySelectorAll('#departments tr')) [, '1,288', '29:59:59', '1,288', '100.0%'].forEach((text, i) => { if (row.cells[i]) row.cells[i].textContent = text; });
                      return ({{Clipped}})();
                    }
                    """, alarm);
                Assert.True(clipped.Length == 0, string.Join('\n', clipped));
                if (width > 700) Assert.True(await page.EvaluateAsync<bool>(OnOneScreen), $"{language} {width} x {height}, notice: {noticed}");
            }
            Assert.Empty(said);
            await page.Context.CloseAsync();
        }
    }

    /// <summary>The demo's own departments and queues, two of them by calendars whose holidays nobody has announced.</summary>
    private static void House(string folder)
    {
        var (house, demo) = (Directory.CreateDirectory(Path.Combine(folder, "house", "calendars")).Parent!.FullName, Path.Combine(AppContext.BaseDirectory, "Demo", "reference"));
        foreach (var file in Directory.GetFiles(demo)) File.Copy(file, Path.Combine(house, Path.GetFileName(file)));
        foreach (var (id, department) in new[] { ("office", "billing"), ("shop", "returns") })
        {
            File.WriteAllText(Path.Combine(house, "calendars", id + ".yaml"), $"id: {id}\ntime_zone: Asia/Shanghai\nweek: {{mon: [\"09:00-17:00\"]}}\nannounced_until: 2020-12-31\n");
            var (path, line) = (Path.Combine(house, "departments.yaml"), $"- id: {department}\n");
            Assert.Contains(line, File.ReadAllText(path), StringComparison.Ordinal);
            File.WriteAllText(path, File.ReadAllText(path).Replace(line, $"{line}  calendar: {id}\n", StringComparison.Ordinal));
        }
    }
}
