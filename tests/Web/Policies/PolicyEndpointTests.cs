using System.Net;
using System.Text;
using System.Text.Json;
using OpsMonitor.Web.Access;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>The shelf, drafts and explanations over HTTP, on one server.</summary>
public sealed class PolicyEndpointTests : IAsyncLifetime
{
    private const string Draft = "id: fast\neffective: {running: true}\nclocks:\n- {id: resolution, start: created, stop: [ticket.resolved], limit: {value: 1, unit: second}}\n";

    private RunningServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        var ago = DateTimeOffset.UtcNow.AddMinutes(-10).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        using var body = new StringContent(
            $$$"""{"specversion":"1.0","id":"1","source":"try","type":"ticket.created","time":"{{{ago}}}","subject":"ticket/T-1","data":{"kind":"complaint","channel":"phone"}}""",
            Encoding.UTF8, "application/cloudevents+json");
        Assert.Equal(HttpStatusCode.OK, (await _server.SendAsync(HttpMethod.Post, "/api/v1/events", body, _server.Key("sender", KeyScope.Ingest))).Status);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_shelf_is_listed_a_draft_is_tried_and_a_ticket_is_explained()
    {
        var shelf = await _server.GetAsync("/api/v1/policies");
        Assert.Equal(2, shelf.GetProperty("policies").EnumerateArray().Count(p => p.GetProperty("id").GetString() == "uk-ofcom"));
        Assert.Contains(shelf.GetProperty("calendars").EnumerateArray(), c => c.GetProperty("id").GetString() == "CN" && c.GetProperty("announced_until").GetString() == "2026-12-31");
        Assert.Contains("id: CN", await _server.Client.GetStringAsync("/api/v1/policies/calendars/CN.yaml"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await _server.Client.GetAsync("/api/v1/policies/policies/..%2Fcalendars%2FCN.yaml")).StatusCode);

        var (status, fault) = await Post("/api/v1/policies/validate", "id: x\nclocks:\n- {id: y, start: created, stop: [ticket.solved], limit: {value: 1, unit: hour}}\n");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "policy_refused", 3), (status, fault.GetProperty("code").GetString(), fault.GetProperty("line").GetInt32()));
        Assert.True((await Post("/api/v1/policies/validate", Draft)).Body.GetProperty("valid").GetBoolean());
        var run = (await Post("/api/v1/policies/dry-run", Draft)).Body;
        Assert.Equal((1, 1, 1), (run.GetProperty("open_tickets").GetInt32(), run.GetProperty("tickets_changed").GetInt32(), run.GetProperty("alerts_raised").GetInt32()));
        Assert.Equal("breached", run.GetProperty("clocks")[0].GetProperty("after").GetProperty("state").GetString());

        var explained = await _server.GetAsync("/api/v1/tickets/T-1/explain");
        var resolution = explained.GetProperty("clocks").EnumerateArray().Single(c => c.GetProperty("id").GetString() == "resolution");
        Assert.Equal(("running", "3 business_day"), (resolution.GetProperty("state").GetString(), resolution.GetProperty("limit").GetString())); // the draft changed nothing
        Assert.Equal(HttpStatusCode.NotFound, (await _server.Client.GetAsync("/api/v1/tickets/T-2/explain")).StatusCode);
    }

    [Theory]
    [InlineData("/policies")]
    [InlineData("/explain/T-1")]
    public async Task The_pages_are_there(string page) => Assert.Contains("/css/pages.css", await _server.Client.GetStringAsync(page), StringComparison.Ordinal);

    private async Task<(HttpStatusCode Status, JsonElement Body)> Post(string path, string yaml)
    {
        using var body = new StringContent(yaml, Encoding.UTF8, "application/yaml");
        return await _server.SendAsync(HttpMethod.Post, path, body);
    }
}
