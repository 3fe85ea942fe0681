using System.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Serve;
using OpsMonitor.Web.Sources;

namespace OpsMonitor.Web.Adapters;

/// <summary>The door for senders who speak their own language: proves who they are in their own way, translates, offers, keeps what it cannot translate.</summary>
public static class AdapterEndpoints
{
    private const int MaxRows = 500;

    /// <exception cref="Reference.ReferenceDataException">A mapping of the reference folder breaks a rule.</exception>
    public static void AddAdapters(this IServiceCollection services, string dataFolder, string? referenceFolder, Action<string> announce)
    {
        var shelf = new AdapterShelf(referenceFolder, announce);
        shelf.CheckAll();
        services.AddSingleton(shelf);
        services.AddSingleton(new Secrets(dataFolder));
        services.AddSingleton(new AdapterCounters());
        services.AddSingleton<ArrivalOrder>();
        services.AddSingleton(s => new Quarantine(dataFolder, s.GetService<TimeProvider>() ?? TimeProvider.System));
    }

    /// <summary>Maps POST /api/v1/adapters/{name}. The rule stands as metadata; it is judged here, since a mapping may ask for a signature instead of a key.</summary>
    public static IEndpointConventionBuilder MapAdapters(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/adapters/{name}", (RequestDelegate)PostAsync).WithMetadata(new AccessRule(true, KeyScope.Ingest));

    private static async Task PostAsync(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        var mapping = context.RequestServices.GetRequiredService<AdapterShelf>().Find(name);
        // Who may not come in is not told which adapters there are: without a mapping the key is asked for first.
        if ((mapping is null || mapping.Auth.Kind == AuthKind.Key) && AccessRules.Judge(context, new(true, KeyScope.Ingest)) is { } refused)
        {
            if (refused.Status == 401) context.Response.Headers.WWWAuthenticate = "Bearer";
            await refused.WriteAsync(context);
            return;
        }
        var problem = mapping is null ? new Problem(404, "no_such_adapter", "No mapping of this name is in the folder adapters, and none comes with the program.") : MaySpeak(context, mapping);
        var body = ReadOnlyMemory<byte>.Empty;
        if (problem is null) (body, problem) = await RequestBody.ReadAsync(context);
        problem ??= Signed(context, mapping!, body);
        if (problem is null) await TakeAsync(context, mapping!, body);
        else await problem.WriteAsync(context);
    }

    private static Problem? MaySpeak(HttpContext context, Mapping mapping) =>
        mapping.Auth.Kind != AuthKind.Key || context.KeyOf().MaySpeakFor(mapping.Source) ? null
        : new(403, "source_not_allowed", "The key may not speak for this adapter's source.");

    /// <summary>Wrong signatures are counted by address as wrong keys are.</summary>
    private static Problem? Signed(HttpContext context, Mapping mapping, ReadOnlyMemory<byte> body)
    {
        if (mapping.Auth.Kind == AuthKind.Key) return null;
        var services = context.RequestServices;
        var (tries, address) = (services.GetRequiredService<ApiKeyStore>().Tries, context.Connection.RemoteIpAddress);
        if (tries.Wait(address, null) is { } seconds) return new(429, "too_many_tries", "Too many wrong signatures came from this address; none is looked at for a while.", "", seconds);
        var secrets = services.GetRequiredService<Secrets>().Of(mapping.Auth.Secret);
        if (secrets.Count == 0) return new(503, "secret_missing", "The adapter's secret is not in the folder secrets of the server.", "", 60);
        var now = (services.GetService<TimeProvider>() ?? TimeProvider.System).GetUtcNow();
        if (Signatures.Verify(mapping.Auth, secrets, context.Request, body.Span, now)) return null;
        tries.Add(address, null);
        services.GetRequiredService<AdapterCounters>().Add(mapping.Name, "refused", 1);
        return new(401, "bad_signature", "The signature is missing, is not of this body and address, or is too old.");
    }

    private static async Task TakeAsync(HttpContext context, Mapping mapping, ReadOnlyMemory<byte> body)
    {
        var services = context.RequestServices;
        var now = (services.GetService<TimeProvider>() ?? TimeProvider.System).GetUtcNow();
        var delivery = Delivery.Read(mapping, context.Request, body, now, services.GetRequiredService<ArrivalOrder>().TurnOf(now));
        if (delivery.Rows > MaxRows)
        {
            await new Problem(413, "batch_too_large", "A body has at most 500 rows.").WriteAsync(context);
            return;
        }
        var (news, repeated) = await NewsAsync(services, delivery.Events, context.RequestAborted);
        var answer = news.Count == 0 ? new IngestAnswer(false, false, []) : await services.GetRequiredService<IEventSink>().OfferAsync(news, context.RequestAborted);
        if (answer.ReadOnly) await new Problem(503, "read_only", "Events cannot be stored at the moment; nothing of this was.", "", 5).WriteAsync(context);
        else if (answer.Full) await new Problem(429, "full", "More events arrive than can be stored; nothing of this was.", "", 1).WriteAsync(context);
        else await AnswerAsync(context, mapping.Name, delivery, news, answer.Verdicts, repeated);
    }

    private static async Task<(List<Event> News, int Repeated)> NewsAsync(IServiceProvider services, IReadOnlyList<(Mapped Mapped, string Raw)> events, CancellationToken stop)
    {
        var news = new List<Event>(events.Count);
        var ids = events.Select(e => e.Mapped.Event.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var (mapped, _) in events)
        {
            var host = mapped.Rule.Once == Once.No ? null : services.GetService<IOpsHost>();
            var history = host is null ? null : await host.HistoryAsync(mapped.Event.Subject, stop);
            if (Repeats.News(mapped, history, ids) is { } e) news.Add(e);
        }
        return (news, events.Count - news.Count);
    }

    /// <summary>Only now, when the events are durable, the rest is kept: what is refused for a while comes again whole.</summary>
    private static Task AnswerAsync(HttpContext context, string name, Delivery delivery, List<Event> news, IReadOnlyList<EventVerdict> verdicts, int repeated)
    {
        var kept = new List<(string Reason, string Raw)>(delivery.Unmapped);
        for (var i = 0; i < verdicts.Count; i++)
            if (verdicts[i].Status == EventStatus.Rejected) kept.Add(($"{verdicts[i].Code} {verdicts[i].Pointer}: {verdicts[i].Detail}", Encoding.UTF8.GetString(news[i].Raw.Span)));
        var counters = context.RequestServices.GetRequiredService<AdapterCounters>();
        if (context.RequestServices.GetService<SourceSamples>() is { } samples)
            foreach (var (reason, _) in kept) samples.Quarantined(name, reason);
        counters.Add(name, "unkept", context.RequestServices.GetRequiredService<Quarantine>().Keep(name, kept));
        (string Outcome, int Count)[] counts =
        [
            ("accepted", verdicts.Count(static v => v.Status == EventStatus.Accepted)),
            ("duplicate", verdicts.Count(static v => v.Status == EventStatus.Duplicate) + repeated),
            ("rejected", verdicts.Count(static v => v.Status == EventStatus.Rejected)),
            ("ignored", delivery.Ignored),
            ("unmapped", delivery.Unmapped.Count),
        ];
        foreach (var (outcome, count) in counts) counters.Add(name, outcome, count);
        // Kept and counted is an answer that ends the matter: a sender that is told 400 tries for days and then switches its webhook off.
        return Reply.WriteAsync(context, 200, "application/json", writer =>
        {
            foreach (var (outcome, count) in counts) writer.WriteNumber(outcome, count);
        });
    }
}
