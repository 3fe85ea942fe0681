using OpsMonitor.Web.Ingest;

namespace OpsMonitor.Web.Serve;

/// <summary>What no endpoint has answered: an address that is none, a method that it does not take. Programs get a code there as well.</summary>
internal static class Unanswered
{
    public static Task WriteAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/api")) return Task.CompletedTask;
        var problem = context.Response.StatusCode switch
        {
            404 => new Problem(404, "no_such_endpoint", "There is no such address; all of them stand in /openapi/v1.json."),
            405 => new Problem(405, "method_not_allowed", "The address takes other methods; they stand in the header Allow."),
            var status => new Problem(status, "refused", "The request was refused before any endpoint saw it."),
        };
        return problem.WriteAsync(context);
    }
}
