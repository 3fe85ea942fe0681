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
        var problem = mapping is null ? NoSuchAdapter : MaySpeak(context, mapping);
        var body = ReadOnlyMemory<byte>.Empty;
        if (problem is null) (body, problem) = await RequestBody.ReadAsync(context);
        problem ??= Signed(context, mapping!, body);
        if (problem is null) await TakeAsync(context, mapping!, body);
        else await problem.WriteAsync(context);
    }

    internal static Problem NoSuchAdapter => new(404, "no_such_adapter", "No mapping of this name is in the folder adapters, and none comes with the program.");

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
        var taken = await Taken.OfferAsync(services, delivery, now, context.RequestAborted);
        if (taken.Refused is { } refused)
        {
            await refused.WriteAsync(context);
            return;
        }
        var counters = services.GetRequiredService<AdapterCounters>();
        if (services.GetService<SourceSamples>() is { } samples)
            foreach (var row in taken.Kept) samples.Quarantined(mapping.Name, row.Reason);
        counters.Add(mapping.Name, "unkept", services.GetRequiredService<Quarantine>().Keep(mapping.Name, taken.Kept));
        foreach (var (outcome, count) in taken.Counts) counters.Add(mapping.Name, outcome, count);
        // Kept and counted is an answer that ends the matter: a sender that is told 400 tries for days and then switches its webhook off.
        await Reply.WriteAsync(context, 200, "application/json", writer =>
        {
            foreach (var (outcome, count) in taken.Counts) writer.WriteNumber(outcome, count);
        });
    }
}
