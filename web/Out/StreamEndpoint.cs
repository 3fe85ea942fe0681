using System.Globalization;
using System.Text;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Out;

/// <summary>
/// <c>GET /api/v1/stream</c>: own events as server-sent events. An id names run and place; <c>Last-Event-ID</c> goes on after it, or the first event is
/// <c>reset</c>: read the lists again, then go on from here.
/// </summary>
internal static class StreamEndpoint
{
    private const int MostListeners = 1_000, ReconnectMs = 2_000;

    // A key that was revoked hears nothing after so long. (spec: security)
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1), Beat = TimeSpan.FromSeconds(15);

    public static void AddStream(this IServiceCollection services)
    {
        services.AddSingleton<EventStream>();
        services.AddHostedService(s => s.GetRequiredService<EventStream>());
    }

    public static void MapStream(this RouteGroupBuilder group) => ReadEndpoints.Get(group, "/api/v1/stream", Answer);

    private static async Task Answer(HttpContext context)
    {
        var query = new Query(context.Request.Query, "scope", "types");
        var (stream, reach, scope) = (context.RequestServices.GetRequiredService<EventStream>(), Reach.Of(context), Reach.Of(context).Within(query.Scope()));
        if (scope.StartsWith("queue/", StringComparison.Ordinal)) throw new QueryException("scope", "bad_scope", "Events belong to departments: all, department:ID or departments:ID,ID.");
        var types = query.Text("types")?.Split(',');
        if (types?.FirstOrDefault(t => !OwnEvents.Types.Contains(t)) is { } odd) throw new QueryException("types", "bad_type", $"There are {string.Join(", ", OwnEvents.Types)}.");
        if (stream.Listeners >= MostListeners)
        {
            await new Problem(503, "too_many_listeners", "As many programs listen as may.", RetryAfterSeconds: 10).WriteAsync(context);
            return;
        }
        stream.Joined(1);
        try { await SendAsync(context, stream, p => (types is null || types.Contains(p.Type)) && (scope == "all" || Report.Covers(scope, null, p.Department)) && reach.Sees(p.Department)); }
        catch (OperationCanceledException) { } // it went away, or the server stops
        finally { stream.Joined(-1); }
    }

    private static async Task SendAsync(HttpContext context, EventStream stream, Func<Published, bool> wanted)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        var (response, stop) = (context.Response, ends.Token);
        (response.ContentType, response.Headers.CacheControl, response.Headers["X-Accel-Buffering"]) = ("text/event-stream", "no-store", "no");
        var (at, resumed) = Place(context, stream);
        await response.WriteAsync($"retry: {ReconnectMs}\n\n" + (resumed ? "" : Control(context, stream, at)), stop);
        await response.Body.FlushAsync(stop);
        for (var quiet = TimeSpan.Zero; MayStill(context);)
        {
            var (events, more) = stream.After(at);
            if (events is null)
            {
                at = stream.Newest; // too slow: some of it is gone
                await response.WriteAsync(Reset(stream, at), stop);
            }
            var text = new StringBuilder();
            foreach (var published in events ?? [])
            {
                at = published.Seq;
                if (wanted(published)) text.Append(Line(published.Type, stream.Epoch, at, Encoding.UTF8.GetString(published.Json)));
            }
            if (text.Length > 0) await response.WriteAsync(text.ToString(), stop);
            else if (quiet >= Beat) await response.WriteAsync(": beat\n\n", stop);
            quiet = text.Length > 0 || quiet >= Beat ? TimeSpan.Zero : quiet + Look;
            await response.Body.FlushAsync(stop);
            await Task.WhenAny(more, Task.Delay(Look, stop));
            stop.ThrowIfCancellationRequested();
        }
    }

    private static bool MayStill(HttpContext context) => context.Features.Get<ApiKey>() is not { } key
        || context.RequestServices.GetRequiredService<ApiKeyStore>().Keys.Any(k => k.Id == key.Id);

    // EPOCH-SEQ of an earlier answer; anything else begins with what comes next.
    private static (long At, bool Resumed) Place(HttpContext context, EventStream stream)
    {
        var id = context.Request.Headers["Last-Event-ID"].ToString();
        var dash = id.LastIndexOf('-');
        return dash > 0 && id[..dash] == stream.Epoch && long.TryParse(id[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var seq) && stream.After(seq).Events is not null
            ? (seq, true) : (stream.Newest, false);
    }

    private static string Control(HttpContext context, EventStream stream, long at) =>
        context.Request.Headers.ContainsKey("Last-Event-ID") ? Reset(stream, at) : Line("hello", stream.Epoch, at, "{}");

    private static string Reset(EventStream stream, long at) => Line("reset", stream.Epoch, at, "{\"read_again\":[\"/api/v1/alerts\"]}");

    private static string Line(string type, string epoch, long seq, string json) => string.Create(CultureInfo.InvariantCulture, $"id: {epoch}-{seq}\nevent: {type}\ndata: {json}\n\n");
}
