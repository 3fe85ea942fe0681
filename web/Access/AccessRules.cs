using System.Net;
using OpsMonitor.Web.Ingest;

namespace OpsMonitor.Web.Access;

/// <summary>What an endpoint asks of its caller; as metadata, so that a test can find an endpoint that asks nothing.</summary>
/// <param name="Or">a scope that will do as well; the endpoint then looks at the key itself</param>
/// <param name="Narrows">the endpoint keeps to the departments of a key that has some; every other one refuses such a key</param>
public sealed record AccessRule(bool KeyNeeded, KeyScope Scope, KeyScope Or = KeyScope.None, bool Narrows = false);

/// <summary>Access to endpoints and hubs. Works on anything mapped; needs an <see cref="ApiKeyStore"/> among the services.</summary>
public static class AccessRules
{
    private static readonly string[] Forwarding =
        ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Real-IP", "Via"];

    /// <summary>Only with a live key of the scope in <c>Authorization: Bearer</c> or <c>X-API-Key</c>; never in a URL.</summary>
    public static TBuilder RequireKey<TBuilder>(this TBuilder builder, KeyScope scope) where TBuilder : IEndpointConventionBuilder =>
        Guard(builder, new(true, scope));

    /// <summary>Only with a live key of either scope.</summary>
    public static TBuilder RequireKey<TBuilder>(this TBuilder builder, KeyScope scope, KeyScope or) where TBuilder : IEndpointConventionBuilder =>
        Guard(builder, new(true, scope, or));

    /// <summary>With a live key that may read, or from a browser or program on this very machine.</summary>
    public static TBuilder RequireKeyOrLoopback<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        Guard(builder, new(false, KeyScope.Read));

    /// <summary>Likewise; a key of some departments gets what is theirs: the endpoint asks <see cref="Reach"/>.</summary>
    public static TBuilder RequireKeyOrLoopbackWithin<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        Guard(builder, new(false, KeyScope.Read, Narrows: true));

    /// <summary>With a live key that may read or send, or from this machine.</summary>
    public static TBuilder RequireKeyOrLoopback<TBuilder>(this TBuilder builder, KeyScope or) where TBuilder : IEndpointConventionBuilder =>
        Guard(builder, new(false, KeyScope.Read, or));

    /// <summary>The key with which the request came in; only where the endpoint requires one.</summary>
    public static ApiKey KeyOf(this HttpContext context) =>
        context.Features.Get<ApiKey>() ?? throw new InvalidOperationException("the endpoint asks for no key");

    private static TBuilder Guard<TBuilder>(TBuilder builder, AccessRule rule) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(rule);
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context => Judge(context, rule) is { } refused ? RefuseAsync(context, refused) : next(context);
        });
        return builder;
    }

    /// <returns>why not; null where the request may go on</returns>
    internal static Problem? Judge(HttpContext context, AccessRule rule)
    {
        var presented = Presented(context.Request);
        if (presented is null) return !rule.KeyNeeded && IsLocal(context) ? null : Unauthorized;
        var keys = context.RequestServices.GetRequiredService<ApiKeyStore>();
        var (address, id) = (context.Connection.RemoteIpAddress, keys.LiveId(presented));
        if (keys.Tries.Wait(address, id) is { } seconds)
            return new(429, "too_many_tries", "Too many wrong keys came from this address; none is looked at for a while.", "", seconds);
        if (keys.Find(presented) is not { } key)
        {
            keys.Tries.Add(address, id);
            return Unauthorized;
        }
        if (!key.Scope.HasFlag(rule.Scope) && (rule.Or == KeyScope.None || !key.Scope.HasFlag(rule.Or))) return new(403, "scope_missing", $"The key lacks the scope {rule.Scope.ToString().ToLowerInvariant()}.");
        // Nobody thought of departments there, so nobody of some departments comes in. (spec: security, deny by default)
        if (key.Departments is not null && !rule.Narrows && rule.Scope != KeyScope.Ingest)
            return new(403, "department_limited", "The key is for some departments, and this shows all of them.");
        context.Features.Set(key);
        return null;
    }

    private static Problem Unauthorized => new(401, "unauthorized", "A live API key is needed, in Authorization: Bearer or X-API-Key.");

    private static Task RefuseAsync(HttpContext context, Problem problem)
    {
        if (problem.Status == 401) context.Response.Headers.WWWAuthenticate = "Bearer";
        return problem.WriteAsync(context);
    }

    private static string? Presented(HttpRequest request)
    {
        var bearer = request.Headers.Authorization;
        if (bearer.Count > 0)
            return bearer.Count == 1 && bearer[0]!.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? bearer[0]![7..].Trim() : "";
        var key = request.Headers["X-API-Key"];
        return key.Count == 0 ? null : key.Count == 1 ? key[0] : "";
    }

    /// <summary>
    /// A loopback address alone proves little: a proxy on this machine has one too, and so has a browser here that runs somebody
    /// else's page. Hence no trace of a proxy, a Host that DNS cannot point here, and an Origin that is our own.
    /// </summary>
    private static bool IsLocal(HttpContext context)
    {
        var request = context.Request;
        if (context.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote)) return false;
        foreach (var header in Forwarding)
            if (request.Headers.ContainsKey(header)) return false;
        if (request.Host.Host.ToLowerInvariant() is not ("localhost" or "127.0.0.1" or "[::1]" or "::1")) return false;
        var origin = request.Headers.Origin;
        return origin.Count == 0 || (origin.Count == 1 && string.Equals(origin[0], $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase));
    }
}
