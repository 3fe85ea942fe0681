using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Conventions;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Web;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>All numbers and rules by names that people read, in each language; the names for programs stand beside them.</summary>
public sealed partial class NumbersPageTests : IAsyncLifetime
{
    private Chromium? _chromium;

    public async ValueTask InitializeAsync() => _chromium = await Chromium.LaunchAsync();

    public ValueTask DisposeAsync() => _chromium?.DisposeAsync() ?? default;

    [Theory(Timeout = 180_000)]
    [InlineData("en")]
    [InlineData("zh-Hans")]
    [InlineData("zh-Hant")]
    public async Task Every_number_is_called_by_its_name_and_counted_in_words(string language)
    {
        await using var server = await RunningServer.StartAsync(static o => o with { Reference = Path.Combine(o.DataFolder, "house") }, House);
        await TellAsync(server.Host);
        var (words, english, raw) = (MetricWords.Of(language), language == "en", RawName());
        List<string> complaints = [];
        foreach (var (width, height) in new[] { (1920, 1080), (390, 844) })
        {
            var page = await _chromium!.OpenAsync($"{server.Url}/numbers?window=60m&lang={language}", width, height, complaints);
            await page.Locator("#list tr").Nth(100).WaitForAsync(new() { State = WaitForSelectorState.Attached, Timeout = 30_000 });
            var rows = JsonElement.Parse(await page.EvaluateAsync<string>("() => JSON.stringify([...document.querySelectorAll('#list tr')].map(r => [...r.cells].map(c => c.textContent)))"))
                .EnumerateArray().Select(r => r.EnumerateArray().Select(c => c.GetString()!).ToList()).ToList();
            Assert.All(rows, row => Assert.Equal(words.Name(row[3].Split(" = ")[0]), row[0]));
            Assert.DoesNotContain(rows, row => raw.IsMatch(row[0]));
            Assert.All(rows.Where(r => r[3].Contains(" = ", StringComparison.Ordinal)), row => Assert.NotEqual("", row[2]));
            if (!english) Assert.DoesNotContain(rows, row => Latin().IsMatch(row[2]));
            Assert.Contains("UTC+8", await page.TextContentAsync("#count"), StringComparison.Ordinal);
            Assert.StartsWith(words.All["numbers.title"], await page.TitleAsync(), StringComparison.Ordinal);
            await page.FitsAsync($"all-numbers-{language}-{width}");
            await page.FillAsync("#find", words.All["m.fcr.mature"]);
            await page.Locator("#list a").First.PressAsync("Enter");
            await page.Locator("#formula").Filter(new() { HasText = words.All["f.fcr.mature"] }).WaitForAsync();
            await page.CloseAsync();
        }
        Assert.Empty(complaints);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("zh-Hans")]
    [InlineData("zh-Hant")]
    public async Task What_is_said_of_fields_and_settings_is_in_the_readers_language(string language)
    {
        await using var server = await RunningServer.StartAsync();
        await TellAsync(server.Host);
        List<string> complaints = [];
        foreach (var path in (string[])["alarms", "channels", "duty", "numbers", "policies", "rules", "sources", "board/all", "d/billing"])
        {
            var page = await _chromium!.OpenAsync($"{server.Url}/{path}?lang={language}", 1366, 768, complaints);
            await page.WaitForFunctionAsync("() => document.querySelector('#language')?.ariaLabel", null, new() { Timeout = 30_000 });
            var labels = await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('[aria-label], [title], [placeholder]')].map(e => e.getAttribute('aria-label') ?? e.title ?? e.placeholder)");
            Assert.NotEmpty(labels);
            Assert.DoesNotContain(labels, label => !Han().IsMatch(label));
            await page.CloseAsync(); // else it asks on while the server goes
        }
        foreach (var (width, height) in new[] { (1920, 1080), (390, 844) })
        {
            var page = await _chromium!.OpenAsync($"{server.Url}/rules?lang={language}", width, height, complaints);
            await page.Locator("#list tr").Nth(14).WaitForAsync(new() { Timeout = 30_000 });
            var told = await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('#list .minor')].map(e => e.textContent)");
            Assert.DoesNotContain(told, RawName().IsMatch);
            Assert.DoesNotContain(told, text => Latin().IsMatch(text));
            Assert.Contains("bulk_complaint: {count: 10, within_min: 60", await page.TextContentAsync("#list"), StringComparison.Ordinal);
            await page.FitsAsync($"rules-{language}-{width}");
            await page.CloseAsync();
        }
        Assert.Empty(complaints);
    }

    private static void House(string folder) => File.WriteAllText(
        Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "house")).FullName, "departments.yaml"), "- {id: billing, title: {en: Billing, zh-Hans: 账务部, zh-Hant: 帳務部}, time_zone: Asia/Shanghai}\n");

    // Some of everything within the last half hour, so that most numbers are there.
    private static async Task TellAsync(IOpsHost host)
    {
        var (start, n) = (host.Now - (30 * 60_000), 0);
        async Task Tell(string subject, params EventData[] story)
        {
            foreach (var data in story) await host.OfferAsync([Story.Event(start + (++n * 10_000), subject, data, $"e{n}", department: "billing")], default);
        }

        await Tell("agent/a-7", new AgentStateChanged(AgentState.Available), new AgentStateChanged(AgentState.Break), new AgentStateChanged(AgentState.Other), new AgentStateChanged(AgentState.Available));
        await Tell("contact/1", new ContactInitiated(Channel.Phone, Direction.Inbound, "c1"), new ContactQueued("q"), new ContactAnswered("a-7"), new ContactDisconnected(DisconnectedBy.Customer), new ContactWrapupCompleted("a-7", 20, Resolved: true));
        await Tell("contact/2", new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactRefused("q", RefusalReason.Full));
        await Tell("contact/3", new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactQueued("q"), new ContactDequeued("q", DequeueReason.Voicemail));
        await Tell("contact/4", new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactQueued("q"));
        await Tell("ticket/1", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, CustomerRef: "c1", IssueKey: "double-charge"), new TicketDispatched("d1", "billing", DispatchRole.Lead),
            new TicketDispatchReturned("d1", "not ours"), new TicketEscalated(2, EscalationTrigger.Manual), new TicketRedressRecorded(RedressKind.Refund, 12.5m, "CNY", "L1", false));
        await Tell("ticket/2", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 2), new TicketResolved("fixed", true), new TicketClosed("done"));
        await Tell("callback/1", new CallbackPromised(CallbackKind.Promise, DueAt: Story.Iso(start + (n * 10_000) + 60_000)), new CallbackAttempted(1, AttemptOutcome.NoAnswer));
        await Tell("survey/1", new SurveySent("ticket/2", "phone"), new SurveyResponded(true, "ticket/2", true, SurveyResolved.Yes, JsonElement.Parse("5")));
    }

    [GeneratedRegex("[a-z]{2,}[._/][a-z]")]
    private static partial Regex RawName();

    [GeneratedRegex("[a-z]{2,}")]
    private static partial Regex Latin();

    [GeneratedRegex("\\p{IsCJKUnifiedIdeographs}")]
    private static partial Regex Han();
}
