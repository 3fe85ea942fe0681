using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Lists;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Board;

/// <summary>The wall and the read API on a real server, over a host that keeps nothing.</summary>
public sealed class BoardServer : IAsyncLifetime
{
    private WebApplication app = null!;
    private int ids;

    public LocalHost Host { get; } = LocalHost.Open(new(null, PolicySet.Default), TimeProvider.System, static _ => { });
    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(20) };
    public Uri Root { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IOpsHost>(new OneMachine(Host));
        builder.Services.AddSingleton(new ReferenceData(
            new SortedDictionary<string, Department>(StringComparer.Ordinal)
            {
                ["billing"] = new("billing", new("Billing", "账务", "帳務"), DateTimeZoneProviders.Tzdb["Asia/Shanghai"], LocalTime.Midnight),
            },
            new SortedDictionary<string, ContactQueue>(StringComparer.Ordinal)));
        builder.Services.AddBoard();
        app = builder.Build();
        app.MapBoard();
        app.MapGroup("").MapRead();
        app.MapGroup("").MapLists();
        app.MapMetrics();
        app.MapHealth();
        await app.StartAsync();
        Root = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public async Task OfferAsync(string subject, long at, string type, EventData data, string? department = "billing")
    {
        var id = $"e{Interlocked.Increment(ref ids)}";
        Event e = new("/test", id, type, at, Subject.Parse(subject), -1, department, data, Encoding.UTF8.GetBytes($"{{\"id\":\"{id}\"}}"));
        var (_, verdicts) = await Host.OfferAsync([e], default);
        Assert.Equal(OpsMonitor.Grains.Turns.Verdict.Accepted, Assert.Single(verdicts));
    }

    public async Task<(int Status, JsonElement Body)> GetAsync(string path)
    {
        using var response = await Client.GetAsync(new Uri(Root, path));
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return ((int)response.StatusCode, document.RootElement.Clone());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
        await Host.DisposeAsync();
    }
}

/// <summary>A wall: SignalR's JSON protocol over a plain WebSocket.</summary>
public sealed class Wall : IDisposable
{
    private const char End = '\u001e';

    private readonly ClientWebSocket socket = new();
    private readonly Queue<string> read = new();
    private readonly StringBuilder rest = new();
    private readonly CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));

    /// <param name="cookie">what a browser would have from the page, or null</param>
    public static async Task<Wall> WatchAsync(Uri root, string board, string? cookie = null)
    {
        var wall = new Wall();
        if (cookie is not null) wall.socket.Options.SetRequestHeader("Cookie", cookie);
        await wall.socket.ConnectAsync(new UriBuilder(root) { Scheme = "ws", Path = BoardEndpoints.HubPath }.Uri, wall.limit.Token);
        await wall.SendAsync("""{"protocol":"json","version":1}""");
        Assert.Equal("{}", await wall.NextAsync());
        await wall.SendAsync($$"""{"type":4,"invocationId":"1","target":"Watch","arguments":["{{board}}",0,""]}""");
        return wall;
    }

    /// <summary>The next item of the stream, or the completion where it ended.</summary>
    public async Task<JsonElement> ItemAsync()
    {
        while (true)
        {
            using var message = JsonDocument.Parse(await NextAsync());
            var type = message.RootElement.GetProperty("type").GetInt32();
            if (type == 2) return message.RootElement.GetProperty("item").Clone();
            if (type == 3) return message.RootElement.Clone();
        }
    }

    /// <summary>The next value of one cell; beats and other cells are passed over.</summary>
    public async Task<JsonElement> CellAsync(int index, Func<JsonElement, bool> until)
    {
        while (true)
        {
            var cells = (await ItemAsync())[3];
            for (var i = 0; i < cells.GetArrayLength(); i += 2)
                if (cells[i].GetInt32() == index && until(cells[i + 1])) return cells[i + 1];
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        limit.Dispose();
    }

    private Task SendAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text + End), WebSocketMessageType.Text, true, limit.Token);

    private async Task<string> NextAsync()
    {
        var buffer = new byte[65_536];
        var bytes = new List<byte>();
        while (read.Count == 0)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(), limit.Token);
            bytes.AddRange(buffer.AsSpan(0, got.Count));
            if (!got.EndOfMessage) continue;
            rest.Append(Encoding.UTF8.GetString([.. bytes]));
            bytes.Clear();
            var parts = rest.ToString().Split(End);
            foreach (var part in parts[..^1]) read.Enqueue(part);
            rest.Clear().Append(parts[^1]);
        }
        return read.Dequeue();
    }
}
