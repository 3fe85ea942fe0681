using System.Globalization;
using System.Text;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Web.Serve;
using OpsMonitor.Web.Ingest;

namespace OpsMonitor.Web.Read;

/// <summary>How the server itself is: for a supervisor, a load balancer, and Prometheus.</summary>
public static class HealthEndpoints
{
    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>; they tell nothing but yes or no, so they ask for no key.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", (RequestDelegate)(static c => Reply.WriteAsync(c, 200, "application/json", w => w.WriteString("status", "live"))));
        routes.MapGet("/health/ready", (RequestDelegate)(static c => c.RequestServices.GetRequiredService<IOpsHost>().ReadOnly
            ? new Problem(503, "read_only", "The journal failed; nothing can be written until somebody acts. Reading goes on.").WriteAsync(c)
            : Reply.WriteAsync(c, 200, "application/json", w => w.WriteString("status", "ready"))));
    }

    /// <summary>Maps <c>/metrics</c>.</summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder routes) => routes.MapGet("/metrics", (RequestDelegate)Prometheus);

    /// <summary>The Prometheus text format, version 0.0.4.</summary>
    private static Task Prometheus(HttpContext context)
    {
        var host = context.RequestServices.GetRequiredService<IOpsHost>();
        var text = new StringBuilder();
        host.Read(tally =>
        {
            Head(text, "opsmonitor_events_total", "counter", "Events accepted.");
            foreach (var (name, s) in tally.Sources) Line(text, $"opsmonitor_events_total{{source=\"{Escape(name)}\"}}", s.Accepted);
            Head(text, "opsmonitor_duplicates_total", "counter", "Events that had been accepted before.");
            foreach (var (name, s) in tally.Sources) Line(text, $"opsmonitor_duplicates_total{{source=\"{Escape(name)}\"}}", s.Duplicates);
            Head(text, "opsmonitor_refused_total", "counter", "Events refused: an id used twice, or a time out of bounds.");
            foreach (var (name, s) in tally.Sources) Line(text, $"opsmonitor_refused_total{{source=\"{Escape(name)}\"}}", s.Refused);
            Head(text, "opsmonitor_late_events_total", "counter", "Events received more than five minutes after they happened.");
            foreach (var (name, s) in tally.Sources) Line(text, $"opsmonitor_late_events_total{{source=\"{Escape(name)}\"}}", s.Late);
            Head(text, "opsmonitor_source_missing", "gauge", "Sequence numbers that never arrived, of sources that number their events.");
            foreach (var (name, s) in tally.Sources) Line(text, $"opsmonitor_source_missing{{source=\"{Escape(name)}\"}}", s.Numbers.Missing);
            Head(text, "opsmonitor_source_silent_seconds", "gauge", "Since the source was last heard.");
            foreach (var (name, s) in tally.Sources) Line(text, $"opsmonitor_source_silent_seconds{{source=\"{Escape(name)}\"}}", Math.Max(0, host.Now - s.LastSeen) / 1000);
            Head(text, "opsmonitor_source_lag_ms", "summary", "Receipt minus event time over the last two hours, in ms.");
            foreach (var (name, s) in tally.Sources)
                foreach (var (percent, quantile) in ((int, string)[])[(50, "0.5"), (99, "0.99")])
                    if (s.Lag.Percentile(percent, host.Now) is { } lag) Line(text, $"opsmonitor_source_lag_ms{{source=\"{Escape(name)}\",quantile=\"{quantile}\"}}", lag);
            var all = tally.Books.Find("all")!;
            var level = all.Over(Window.Always);
            One(text, "opsmonitor_tickets_open", "gauge", "Open tickets.", level[Measure.OpenDelta]);
            One(text, "opsmonitor_clocks_breached_open", "gauge", "Clocks of open tickets past due.",
                all.MemberKeys.Where(k => k.Measure == Measure.ClockBreachedOpen).Sum(k => (long)all.Members(k).Count));
            return 0;
        });
        One(text, "opsmonitor_queue_depth", "gauge", "Events offered and not yet durable.", host.Queued);
        Head(text, "opsmonitor_detection_lateness_ms", "summary", "Alert raised minus true due time, in ms.");
        if (host.Lateness.Percentile(50) is { } p50) Line(text, "opsmonitor_detection_lateness_ms{quantile=\"0.5\"}", p50);
        if (host.Lateness.Percentile(99) is { } p99) Line(text, "opsmonitor_detection_lateness_ms{quantile=\"0.99\"}", p99);
        Line(text, "opsmonitor_detection_lateness_ms_count", host.Lateness.Total);
        One(text, "opsmonitor_detection_lateness_max_ms", "gauge", "The worst since the start, in ms.", host.Lateness.Max);
        One(text, "opsmonitor_late_data_alerts_total", "counter", "Alerts whose cause arrived after they were due; not in the lateness above.", host.Lateness.LateData);
        var outbox = host.OutboxCensus;
        One(text, "opsmonitor_outbox_pending", "gauge", "Alert changes committed and not yet marked sent.", outbox.Pending);
        One(text, "opsmonitor_outbox_oldest_ms", "gauge", "Age of the oldest of them, in ms.", outbox.OldestPendingAt is { } at ? Math.Max(0, host.Now - at) : 0);
        One(text, "opsmonitor_read_only", "gauge", "1 after the journal failed.", host.ReadOnly ? 1 : 0);
        if (context.RequestServices.GetService<Out.EventStream>() is { } stream) One(text, "opsmonitor_stream_listeners", "gauge", "Programs that listen to the stream.", stream.Listeners);
        context.RequestServices.GetService<Adapters.AdapterCounters>()?.Write((name, type, help) => Head(text, name, type, help), (line, value) => Line(text, line, value));
        Channels.ChannelEndpoints.WriteMetrics(context.RequestServices, (name, type, help) => Head(text, name, type, help), (line, value) => Line(text, line, value));
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private static void One(StringBuilder text, string name, string type, string help, long value)
    {
        Head(text, name, type, help);
        Line(text, name, value);
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Line(StringBuilder text, string name, long value) =>
        text.Append(name).Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');

    // A source is text from outside; an unescaped line break would forge a line.
    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
