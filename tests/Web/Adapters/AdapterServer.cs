using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Adapters;

/// <summary>The whole server with its adapters, on a folder of its own. Takes events of any age, so that documented bodies can be sent as they are.</summary>
public sealed class AdapterServer : IAsyncLifetime
{
    private WebApplication app = null!;

    public string Folder { get; } = Directory.CreateTempSubdirectory("opsmonitor-adapters-").FullName;
    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(20) };
    public string Key { get; private set; } = "";
    public Uri Root { get; private set; } = null!;
    public List<string> Said { get; } = [];

    public async ValueTask InitializeAsync()
    {
        Put("secrets/zendesk", "old-secret\nzendesk-secret\n");
        Put("secrets/zammad", "zammad-token");
        Put("secrets/twilio", "12345");
        Put("reference/adapters/own.yaml", """
            source: own
            rules:
              - {type: ticket.created, subject: "ticket/{nr}", id: "{nr}-new", time: at, data: {kind: complaint, channel: phone}}
            """);
        Put("reference/adapters/lines.yaml", """
            source: lines
            format: csv
            rules:
              - {type: ticket.created, subject: "ticket/{nr}", id: "{nr}-new", time: at, data: {kind: complaint, channel: phone}}
            """);
        Put("reference/adapters/twilio.yaml", "base: twilio-taskrouter\nauth: {kind: twilio, secret: twilio, url: \"https://desk.example.com/hook\"}\n");
        var until = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        app = Server.Build(new(Folder, "http://127.0.0.1:0", BackfillUntil: until), Said.Add);
        await app.StartAsync();
        Key = Said.Single(l => l.StartsWith("  om_live_", StringComparison.Ordinal)).Trim();
        Root = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public async Task<(int Status, JsonElement Body)> PostAsync(string adapter, string body, string contentType = "application/json", string? key = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Root, "/api/v1/adapters/" + adapter)) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        if (key is not null) request.Headers.Add("X-API-Key", key);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Client.SendAsync(request);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return ((int)response.StatusCode, document.RootElement.Clone());
    }

    public async Task<string> MetricsAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Root, "/metrics"));
        request.Headers.Add("X-API-Key", Key);
        using var response = await Client.SendAsync(request);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    public async Task<List<Event>> HistoryAsync(string subject) =>
        [.. (await app.Services.GetRequiredService<IOpsHost>().HistoryAsync(Subject.Parse(subject), default))!];

    public List<JsonElement> Kept(string adapter)
    {
        var folder = Path.Combine(Folder, "unmapped", adapter);
        return !Directory.Exists(folder) ? [] : [.. Directory.GetFiles(folder).SelectMany(File.ReadAllLines).Select(l => JsonDocument.Parse(l).RootElement.Clone())];
    }

    public void Put(string path, string text)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
