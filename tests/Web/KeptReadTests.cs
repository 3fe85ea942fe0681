using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using OpsMonitor.Web.Demo;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web;

/// <summary>Two servers take the same day. From one everybody leaves memory who is over; lists, pages, one row, drill-down and explanation say the same.</summary>
public sealed class KeptReadTests : IAsyncLifetime
{
    private static readonly Instant Start = Instant.FromUtc(2026, 3, 2, 0, 0), End = Start + Duration.FromHours(14);

    private readonly List<string> _folders = [];
    private readonly List<(WebApplication App, HttpClient Client)> _servers = [];

    public async ValueTask InitializeAsync()
    {
        foreach (var leaveAfter in (long[])[0, long.MaxValue])
        {
            string? key = null;
            _folders.Add(Directory.CreateTempSubdirectory("opsmonitor-").FullName);
            var app = Server.Build(
                new(_folders[^1], "http://127.0.0.1:0", BackfillUntil: (End + Duration.FromDays(9)).ToUnixTimeMilliseconds()) { LeaveAfterMs = leaveAfter },
                line => key ??= line.Contains("om_live_") ? line.Trim() : null);
            await app.StartAsync();
            var client = new HttpClient { BaseAddress = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
            client.DefaultRequestHeaders.Add("X-API-Key", key);
            _servers.Add((app, client));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (app, client) in _servers)
        {
            client.Dispose();
            await app.DisposeAsync();
        }
        foreach (var folder in _folders) Directory.Delete(folder, recursive: true);
    }

    [Fact(Timeout = 120_000)]
    public async Task Lists_and_pages_say_the_same_of_those_who_left()
    {
        var events = new CallCentre(5, Start).Until(End).ToList();
        foreach (var (_, client) in _servers)
            foreach (var batch in events.Chunk(100).Append([]).Append([]).Append([]))
            {
                using var body = new StringContent("[" + string.Join(',', batch.Select(e => Encoding.UTF8.GetString(e.Raw.Span))) + "]", Encoding.UTF8, "application/cloudevents-batch+json");
                using var answer = await client.PostAsync("/api/v1/events", body);
                Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            }
        for (var i = 0; i < 100 && Left() < 100; i++) // nobody leaves without a turn
        {
            await Task.Delay(50);
            await _servers[0].App.Services.GetRequiredService<IOpsHost>().OfferAsync([], default);
        }
        Assert.True(Left() >= 100, $"only {Left()} left");

        var window = $"{Start}/{End + Duration.FromDays(8)}";
        string[] lists = [
            "tickets", "contacts", "callbacks", "tickets?state=open", "tickets?state=closed", "tickets?state=resolved", "contacts?state=completed", "tickets?state=breached",
            $"contacts?metric=contacts.answered&window={window}", $"tickets?metric=tickets.closed&window={window}", $"tickets?metric=tickets.open&window={Start}/{Start + Duration.FromHours(10)}",
            $"tickets?metric=tickets.unresolved&window={window}", $"tickets?metric=sla.due_cohort&window={window}", $"contacts?metric=fcr.provisional&window={window}",
            $"contacts?metric=abandon_rate&window={window}", $"contacts?metric=service_level/negative/20&window={window}"];
        var listed = 0;
        foreach (var list in lists)
            foreach (var (limit, upTo) in ((int, int)[])[(7, 70), (251, int.MaxValue)]) // small pages have many edges, large ones lead to the end
                listed += await Same(list + (list.Contains('?', StringComparison.Ordinal) ? "&" : "?") + $"limit={limit}", upTo);
        Assert.True(listed > 1_000);
        foreach (var ticket in Items(await Get(1, "tickets?state=closed&limit=1000")).Take(20))
        {
            Assert.Equal(await Get(1, $"tickets/{ticket}"), await Get(0, $"tickets/{ticket}"));
            Assert.Equal(await Get(1, $"tickets/{ticket}/explain"), await Get(0, $"tickets/{ticket}/explain"));
        }
    }

    private long Left() => Enumerable.Range(0, 3).Sum(kind => _servers[0].App.Services.GetRequiredService<IOpsHost>().Kept!.Rows(new((OpsMonitor.Grains.Events.SubjectKind)kind, null, 1_000)).Count);

    private async Task<int> Same(string path, int upTo)
    {
        var (count, cursor) = (0, "");
        do
        {
            var next = cursor.Length == 0 ? path : $"{path}&cursor={cursor}";
            var (left, stayed) = (await Get(0, next), await Get(1, next));
            Assert.Equal(next + stayed, next + left);
            using var page = JsonDocument.Parse(stayed);
            cursor = page.RootElement.GetProperty("cursor").GetString() ?? "";
            count += page.RootElement.GetProperty("items").GetArrayLength();
        }
        while (cursor.Length > 0 && count < upTo);
        return count;
    }

    private static List<string> Items(string page)
    {
        using var json = JsonDocument.Parse(page);
        return [.. json.RootElement.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()!)];
    }

    private async Task<string> Get(int server, string path)
    {
        using var answer = await _servers[server].Client.GetAsync("/api/v1/" + path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, path + text);
        return text;
    }
}
