using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>The shelf, drafts and explanations over HTTP, on one server.</summary>
public sealed class PolicyEndpointTests : IAsyncLifetime
{
    private const string Draft = "id: fast\neffective: {running: true}\nclocks:\n- {id: resolution, start: created, stop: [ticket.resolved], limit: {value: 1, unit: second}}\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-shelf-").FullName;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(30) };
    private WebApplication? _app;
    private string _key = "";

    public async ValueTask InitializeAsync()
    {
        var said = new List<string>();
        _app = Server.Build(new ServeOptions(_folder, "http://127.0.0.1:0"), said.Add);
        await _app.StartAsync();
        _client.BaseAddress = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        _key = said.Select(s => s.Trim()).First(s => s.Length > 20 && !s.Contains(' ', StringComparison.Ordinal));
        var ago = DateTimeOffset.UtcNow.AddMinutes(-10).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/events")
        {
            Content = new StringContent(
                $$$"""{"specversion":"1.0","id":"1","source":"try","type":"ticket.created","time":"{{{ago}}}","subject":"ticket/T-1","data":{"kind":"complaint","channel":"phone"}}""",
                Encoding.UTF8, "application/cloudevents+json"),
        };
        request.Headers.Authorization = new("Bearer", _key);
        using var answer = await _client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        await _app!.DisposeAsync();
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_shelf_is_listed_a_draft_is_tried_and_a_ticket_is_explained()
    {
        using (var shelf = await Get("/api/v1/policies"))
        {
            Assert.Equal(2, shelf.RootElement.GetProperty("policies").EnumerateArray().Count(p => p.GetProperty("id").GetString() == "uk-ofcom"));
            Assert.Contains(shelf.RootElement.GetProperty("calendars").EnumerateArray(), c => c.GetProperty("id").GetString() == "CN" && c.GetProperty("announced_until").GetString() == "2026-12-31");
        }
        Assert.Contains("id: CN", await _client.GetStringAsync("/api/v1/policies/calendars/CN.yaml"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/api/v1/policies/policies/..%2Fcalendars%2FCN.yaml")).StatusCode);

        var (status, fault) = await Post("/api/v1/policies/validate", "id: x\nclocks:\n- {id: y, start: created, stop: [ticket.solved], limit: {value: 1, unit: hour}}\n");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "policy_refused", 3), (status, fault.GetProperty("code").GetString(), fault.GetProperty("line").GetInt32()));
        Assert.True((await Post("/api/v1/policies/validate", Draft)).Body.GetProperty("valid").GetBoolean());
        var run = (await Post("/api/v1/policies/dry-run", Draft)).Body;
        Assert.Equal((1, 1, 1), (run.GetProperty("open_tickets").GetInt32(), run.GetProperty("tickets_changed").GetInt32(), run.GetProperty("alerts_raised").GetInt32()));
        Assert.Equal("breached", run.GetProperty("clocks")[0].GetProperty("after").GetProperty("state").GetString());

        using var explained = await Get("/api/v1/tickets/T-1/explain");
        var resolution = explained.RootElement.GetProperty("clocks").EnumerateArray().Single(c => c.GetProperty("id").GetString() == "resolution");
        Assert.Equal(("running", "3 business_day"), (resolution.GetProperty("state").GetString(), resolution.GetProperty("limit").GetString())); // the draft changed nothing
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/api/v1/tickets/T-2/explain")).StatusCode);
    }

    [Theory]
    [InlineData("/policies")]
    [InlineData("/explain/T-1")]
    public async Task The_pages_are_there(string page) => Assert.Contains("/css/pages.css", await _client.GetStringAsync(page), StringComparison.Ordinal);

    private async Task<JsonDocument> Get(string path) => JsonDocument.Parse(await _client.GetStringAsync(path));

    private async Task<(HttpStatusCode Status, JsonElement Body)> Post(string path, string yaml)
    {
        using var answer = await _client.PostAsync(path, new StringContent(yaml, Encoding.UTF8, "application/yaml"));
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }
}
