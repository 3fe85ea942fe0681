using System.Net;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Lists;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Lists;

/// <summary>The list as people take it away: by pages, as a file for a spreadsheet, and only as far as the caller may see.</summary>
public sealed class ListAnswerTests : IAsyncLifetime
{
    private const string Canary = "KANARIENVOGEL";

    private RunningServer _server = null!;

    private IOpsHost Host => _server.Host;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<(HttpStatusCode Status, string Body)> Get(string path, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null) request.Headers.TryAddWithoutValidation("X-API-Key", key);
        using var answer = await _server.Client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task Create(string id, string department, int n = 0) => await Host.OfferAsync(
        [Story.Event(Host.Now - 60_000 - n, $"ticket/{id}", new TicketCreated(TicketKind.Complaint, Channel.Phone, DepartmentId: department, Priority: 1), $"c-{id}-{n}")], default);

    [Fact]
    public async Task Page_by_page_it_is_the_whole_list_and_each_ticket_leads_to_its_explanation()
    {
        for (var i = 0; i < 25; i++) await Create($"P-{i:00}", "pages");
        var (seen, cursor) = (new List<string>(), "");
        do
        {
            var page = JsonElement.Parse((await Get($"/api/v1/list?metric=tickets.created&scope=department:pages&window=60m&limit=10{cursor}")).Body);
            Assert.Equal((25, 25, 25), (page.GetProperty("num").GetInt32(), page.GetProperty("n").GetInt32(), page.GetProperty("count").GetInt32()));
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("explain").GetString()!));
            cursor = page.GetProperty("cursor").GetString() is { } next ? "&cursor=" + next : "";
        }
        while (cursor.Length > 0);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"/explain/P-{i:00}"), seen);
    }

    [Theory]
    [InlineData("=1+1")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@SUM(A1)")]
    [InlineData("\t=1")]
    [InlineData("\r=1")]
    [InlineData("a,\"b\"\n=cmd")]
    public void A_cell_that_begins_as_a_formula_is_text(string hostile)
    {
        var text = new StringBuilder();
        CsvText.Line(text, hostile, "plain");
        var first = text[0] == '"' ? text[1] : text[0];
        Assert.DoesNotContain(first, "=+-@\t\r");
        Assert.EndsWith(",plain\r\n", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_for_a_spreadsheet_has_every_line_and_no_formula()
    {
        foreach (var id in (string[])["=HYPERLINK(0)", "+1", "-2", "@x", "fine"]) await Create(id, "=cmd|' /C calc'!A0");
        var (status, csv) = await Get("/api/v1/list?metric=tickets.net_flow&window=60m&format=csv");
        Assert.Equal(HttpStatusCode.OK, status);
        var lines = csv.TrimStart('\uFEFF').Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, lines.Length);
        foreach (var cell in lines.Skip(1).SelectMany(l => l.Split(','))) Assert.DoesNotContain(cell.TrimStart('"').FirstOrDefault('x'), "=+-@\t\r");
    }

    [Fact]
    public async Task A_key_of_one_department_reads_nothing_of_another()
    {
        await Create("A-1", "mine");
        await Create($"{Canary}-1", $"{Canary}-department");
        // The other department's ticket, dispatched to mine: that it counts for mine is mine to see, whose it is and how it stands is not.
        await Create("A-2", $"{Canary}-department");
        await Host.OfferAsync([Story.Event(Host.Now, "ticket/A-2", new TicketDispatched("D", "mine", DispatchRole.Assist), "d")], default);
        var key = _server.Get<ApiKeyStore>().Add("head", KeyScope.Read, null, ["mine"]);
        var paths = ((Microsoft.AspNetCore.Routing.IEndpointRouteBuilder)_server.App).DataSources.SelectMany(s => s.Endpoints).OfType<Microsoft.AspNetCore.Routing.RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<Microsoft.AspNetCore.Routing.HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true)
            .Select(e => "/" + e.RoutePattern.RawText!.TrimStart('/').Replace("{id}", $"{Canary}-1", StringComparison.Ordinal).Replace("{code}", "X", StringComparison.Ordinal))
            .Where(p => !p.Contains('{', StringComparison.Ordinal) && !p.Contains("stream", StringComparison.Ordinal)).ToList();
        string[] more = [
            "/api/v1/list?metric=tickets.created&window=7d", "/api/v1/list?metric=tickets.created&window=7d&format=csv", "/api/v1/list?metric=dispatch.return_rate&window=7d", "/api/v1/tickets?metric=tickets.open", "/api/v1/tickets?department=mine",
            $"/api/v1/tickets?department={Canary}-department", $"/api/v1/metrics?scope=department:{Canary}-department", $"/api/v1/list?metric=tickets.open&scope=departments:mine,{Canary}-department",
            $"/api/v1/list?metric=tickets.open&scope=queue:{Canary}", $"/api/v1/alerts?board={Canary}-department", "/api/v1/alerts?board=all", "/api/v1/scorecards?window=7d"];
        var answered = 0;
        foreach (var path in paths.Concat(more))
        {
            var (status, body) = await Get(path, key);
            if (status == HttpStatusCode.OK) answered++;
            // A name that the caller himself gave may come back in a complaint, nothing that he did not know.
            if (!path.Contains(Canary, StringComparison.Ordinal) || status == HttpStatusCode.OK) Assert.False(body.Contains(Canary, StringComparison.Ordinal), $"{path} {body}");
        }
        Assert.True(answered >= 10, $"only {answered} answered");
        var mine = JsonElement.Parse((await Get("/api/v1/list?metric=tickets.created&window=7d", key)).Body);
        Assert.Equal(("department:mine", 1), (mine.GetProperty("scope").GetString(), mine.GetProperty("n").GetInt32()));
        var sent = JsonElement.Parse((await Get("/api/v1/list?metric=dispatch.return_rate&window=7d", key)).Body).GetProperty("items").EnumerateArray().Single();
        Assert.Equal(("ticket/A-2", "mine", false), (sent.GetProperty("subject").GetString(), sent.GetProperty("counted_for").GetString(), sent.TryGetProperty("state", out _)));
        Assert.Equal(HttpStatusCode.Forbidden, (await Get($"/api/v1/metrics?scope=department:{Canary}-department", key)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Get($"/api/v1/tickets/{Canary}-1", key)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Get("/board/all", key)).Status); // an endpoint that knows no departments lets nobody of some in
        Assert.Contains(Canary, (await Get("/api/v1/list?metric=tickets.created&window=7d")).Body, StringComparison.Ordinal); // and it is there to be found
    }
}
