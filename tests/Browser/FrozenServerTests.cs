using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using OpsMonitor.Tests.Processes;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>
/// A server that hangs is worse than one that is gone: the connection stays open, and nothing says that the numbers are old but the wall itself.
/// </summary>
public sealed class FrozenServerTests(ITestOutputHelper output)
{
    private const int LateWithinMs = 4_000, LostWithinMs = 6_000, FrozenForS = 8;

    // The pause between two attempts grows to 6.5 s at most, and one that meets the frozen server is given up after 5 s.
    private const int LiveWithinMs = 8_000;

    private const string StripColour = "() => getComputedStyle(document.getElementById('strip')).backgroundColor";
    private const string Shown = "() => document.querySelector('main').innerText + document.getElementById('strip').innerText";

    private static int FrozenS =>
        int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_FROZEN_S"), CultureInfo.InvariantCulture, out var wanted) ? Math.Max(wanted, FrozenForS) : FrozenForS;

    [Fact(Timeout = 300_000)]
    public async Task A_frozen_server_is_said_to_be_late_then_lost_and_the_wall_goes_on_by_itself_when_it_thaws()
    {
        await using var chromium = await Chromium.LaunchAsync();
        using var folder = new TemporaryFolder();
        using var server = await ServerProcess.StartAsync(folder.Path);
        using var client = ServerClient.With(server.Root, server.FirstKey!);
        var page = await chromium.OpenBoardAsync(server.Root.GetLeftPart(UriPartial.Authority), "en", 1920, 1080);
        await ServerClient.PostAsync(client, [Overdue]);
        await page.WaitForFunctionAsync("() => document.getElementById('strip').dataset.level === 'red'", null, new() { Timeout = 10_000 });
        var red = await page.EvaluateAsync<string>(StripColour);
        var alarm = await page.TextContentAsync("#alarm");
        await page.EvaluateAsync("() => { window.__loadedOnce = true; }");

        var frozen = Stopwatch.StartNew();
        await server.FreezeAsync();
        var late = await UntilLink(page, "late", frozen, LateWithinMs);
        var lost = await UntilLink(page, "lost", frozen, LostWithinMs);
        Assert.StartsWith("DATA STOPPED", await page.TextContentAsync("#stopped"), StringComparison.Ordinal);
        Assert.True(await page.Locator("#banner").IsVisibleAsync());
        Assert.NotEqual(red, await page.EvaluateAsync<string>(StripColour)); // an alarm colour would claim to be of now
        Assert.Equal(alarm, await page.TextContentAsync("#alarm"));
        var shown = await page.EvaluateAsync<string>(Shown);
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(1_500, (FrozenS * 1_000) - frozen.ElapsedMilliseconds)));
        Assert.Equal(shown, await page.EvaluateAsync<string>(Shown)); // no countdown on old data

        var frozenFor = frozen.ElapsedMilliseconds;
        var thawed = Stopwatch.StartNew();
        await server.ThawAsync();
        var live = await UntilLink(page, "live", thawed, LiveWithinMs);
        Assert.Equal(red, await page.EvaluateAsync<string>(StripColour));
        var posted = Stopwatch.StartNew();
        await ServerClient.PostAsync(client, [Waiting]);
        await page.WaitForFunctionAsync("() => document.getElementById('q-waiting').textContent === '1'", null, new() { PollingInterval = 20, Timeout = 10_000 });
        Assert.True(await page.EvaluateAsync<bool>("() => window.__loadedOnce === true"), "the page was loaded again");
        output.WriteLine($"frozen: late after {late} ms, lost after {lost} ms; thawed after {frozenFor} ms: live after {live} ms, the next event shown after {posted.ElapsedMilliseconds} ms");
    }

    /// <summary>Milliseconds on the clock when the board's link is in that state; red when that is past the limit.</summary>
    private static async Task<long> UntilLink(IPage page, string state, Stopwatch clock, int withinMs)
    {
        await page.WaitForFunctionAsync("s => document.documentElement.dataset.link === s", state, new() { PollingInterval = 20, Timeout = 30_000 });
        var ms = clock.ElapsedMilliseconds;
        Assert.True(ms <= withinMs, $"'{state}' after {ms} ms; {withinMs} ms are promised");
        return ms;
    }

    private static string Overdue => Event(
        "o", "ticket.created", DateTime.UtcNow.AddMinutes(-20), "ticket/T-1", """{"kind":"complaint","channel":"phone","department_id":"billing","priority":1}""");

    private static string Waiting => Event("w", "contact.queued", DateTime.UtcNow, "contact/c1", """{"queue_id":"q1"}""");

    private static string Event(string id, string type, DateTime at, string subject, string data) =>
        $$"""{"specversion":"1.0","id":"{{id}}","source":"desk","type":"{{type}}","time":"{{at:O}}","subject":"{{subject}}","data":{{data}}}""";
}
