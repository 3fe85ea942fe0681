using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Bench;

/// <summary>One server under load: the same endpoint and headers, another keeper of events behind it.</summary>
internal sealed class Arm : IAsyncDisposable
{
    private const int Connections = 16;

    private readonly WebApplication _app;
    private readonly Load _load;

    private Arm(WebApplication app, string key)
    {
        _app = app;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _load = new(new(address), key, Connections);
    }

    public Task<double> RunAsync(TimeSpan window, int batch = Load.EventsPerBatch) => _load.RunAsync(window, batch);

    /// <summary>Of the last window, in ms.</summary>
    public double AckP99 => _load.AckP99;

    /// <inheritdoc cref="Load.ProcessorUs"/>
    public double ProcessorUs => _load.ProcessorUs;

    public static async Task<Arm> WithSinkAsync(string folder, IEventSink sink)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(static k => k.AddServerHeader = false);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(sink);
        builder.Services.AddSingleton(ApiKeyStore.OpenOrCreate(folder, out var key));
        var app = builder.Build();
        app.UseSecurityHeaders();
        app.MapEvents();
        await app.StartAsync();
        return new(app, key!);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>Reads and forgets: what HTTP and parsing cost alone.</summary>
internal sealed class ParseOnlySink : IEventSink
{
    public ValueTask<IngestAnswer> OfferAsync(IReadOnlyList<Event> events, CancellationToken cancel) => new(LogSink.Accepted(events.Count));
}
