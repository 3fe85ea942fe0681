using OpsMonitor.Web.Board;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Past;

/// <summary>Numbers over time, and what became of them.</summary>
public static class PastEndpoints
{
    /// <summary>Maps <c>/api/v1/series</c> and <c>/api/v1/corrections</c>. The paths are whole: give it a group without a prefix.</summary>
    public static void MapPast(this RouteGroupBuilder group)
    {
        Get(group, "/api/v1/series", c => ReadEndpoints.Answer(c, SeriesAnswers.Of(Host(c), Directory(c), new Query(c.Request.Query, "metric", "scope", "from", "to", "step"))));
        Get(group, "/api/v1/corrections", c => CorrectionAnswers.Answer(c, Host(c), new Query(c.Request.Query, "scope", "from", "to", "limit", "cursor", "format")));
    }

    private static IOpsHost Host(HttpContext context) => context.RequestServices.GetRequiredService<IOpsHost>();

    private static BoardDirectory Directory(HttpContext context) => context.RequestServices.GetRequiredService<BoardDirectory>();

    private static void Get(RouteGroupBuilder group, string path, Func<HttpContext, Task> answer) => group.MapGet(path, (RequestDelegate)(async context =>
    {
        try { await answer(context); }
        catch (QueryException fault) { await fault.WriteAsync(context); }
    }));
}
