using OpsMonitor.Grains.Metrics;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Metrics;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Past;

/// <summary>The numbers of a past instant: as they are known now, or as they were shown then.</summary>
internal static class LookBack
{
    private const long Minute = 60_000, ShownForMs = 2 * Minute;

    public static Task Answer(HttpContext context, IOpsHost host, BoardDirectory directory, Query query)
    {
        var at = query.Time("at", 0);
        if (at > host.Now) throw new QueryException("at", "at_in_future", "Nobody knows the numbers of the future.");
        return query.Text("view") switch
        {
            null or "known" => Known(context, host, directory, query, at),
            "shown" => Shown(context, host, query, at),
            _ => throw new QueryException("view", "bad_view", "A view is known or shown."),
        };
    }

    private static async Task Known(HttpContext context, IOpsHost host, BoardDirectory directory, Query query, long at)
    {
        var scope = query.Scope();
        var (window, live) = query.Window(directory, scope, at);
        if (window.To > at - (at % Minute) + Minute) throw new QueryException("window", "window_after_at", "The window ends after the instant.");
        // Off the request's thread: it may take a while, and one at a time is looked at.
        if (await Task.Run(() => host.Known(scope, window, at, live), context.RequestAborted) is not { } table)
        {
            await new Problem(404, "not_kept", "This host cannot go back.").WriteAsync(context);
            return;
        }
        await ReadEndpoints.Answer(context, json =>
        {
            json.WriteString("scope", scope.Replace('/', ':'));
            RowJson.WriteTime(json, "at", at);
            json.WriteString("view", "known");
            json.WriteString("zone", directory.Zone(scope));
            MetricAnswers.WriteTable(json, window, at, at, table);
        });
    }

    private static Task Shown(HttpContext context, IOpsHost host, Query query, long at)
    {
        if (query.Text("window") is not (null or "today")) throw new QueryException("window", "window_not_recorded", "What was shown is kept of the day so far: window today.");
        var scope = query.Scope();
        if (host.Rollups is not { } rollups) return new Problem(404, "no_record", "This host keeps no record of what it showed.").WriteAsync(context);
        if (rollups.Shown(scope, at) is not { } shown || at - shown.At > ShownForMs) return new Problem(404, "nothing_shown", "Nothing was recorded of this scope within the two minutes before.").WriteAsync(context);
        return ReadEndpoints.Answer(context, json =>
        {
            json.WriteString("scope", scope.Replace('/', ':'));
            RowJson.WriteTime(json, "at", at);
            json.WriteString("view", "shown");
            RowJson.WriteTime(json, "shown_at", shown.At);
            json.WritePropertyName("metrics");
            json.WriteRawValue(shown.Numbers);
        });
    }
}
