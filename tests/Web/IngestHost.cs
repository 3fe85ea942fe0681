using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;
using Xunit;

namespace OpsMonitor.Tests.Web;

/// <summary>The door for events on a real server, before a sink that only remembers.</summary>
public sealed class IngestHost : IAsyncLifetime, IEventSink
{
    private readonly string folder = Directory.CreateTempSubdirectory("opsmonitor-ingest-").FullName;

    public string Folder => folder;

    public ApiKeyStore Keys => app.Services.GetRequiredService<ApiKeyStore>();

    private WebApplication app = null!;

    public ConcurrentQueue<Event> Taken { get; } = new();
    public Func<IReadOnlyList<Event>, IngestAnswer>? Answer { get; set; }
    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(20) };
    public string Key { get; private set; } = "";
    public Uri Root { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IEventSink>(this);
        builder.Services.AddSingleton(ApiKeyStore.OpenOrCreate(folder, out var key));
        Key = key!;
        app = builder.Build();
        app.MapEvents();
        app.MapGet("/read", (RequestDelegate)(static c => c.Response.WriteAsync("ok"))).RequireKeyOrLoopback();
        app.MapGet("/read-typed", static () => "ok").RequireKeyOrLoopback();
        await app.StartAsync();
        Root = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public ValueTask<IngestAnswer> OfferAsync(IReadOnlyList<Event> events, CancellationToken cancel)
    {
        var answer = Answer?.Invoke(events) ?? new(false, false, events.Select(static _ => new EventVerdict(EventStatus.Accepted)).ToList());
        if (answer.Verdicts.Count > 0) foreach (var e in events) Taken.Enqueue(e);
        return new(answer);
    }

    public async Task<(HttpStatusCode Status, JsonElement Body, HttpResponseMessage Response)> PostAsync(byte[] body, string? contentType, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Root, "/api/v1/events")) { Content = new ByteArrayContent(body) };
        if (contentType is not null) request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        if (!headers.Any(static h => h.Name == "Authorization")) request.Headers.TryAddWithoutValidation("X-API-Key", Key);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        var response = await Client.SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        using var document = JsonDocument.Parse(bytes.Length == 0 ? "{}"u8.ToArray() : bytes);
        return (response.StatusCode, document.RootElement.Clone(), response);
    }

    public Task<(HttpStatusCode Status, JsonElement Body, HttpResponseMessage Response)> PostAsync(string body, string? contentType, params (string Name, string Value)[] headers) =>
        PostAsync(Encoding.UTF8.GetBytes(body), contentType, headers);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
