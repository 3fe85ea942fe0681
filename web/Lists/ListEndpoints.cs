using System.Globalization;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Metrics;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Lists;

/// <summary><c>GET /api/v1/list</c>: the list behind a number, as JSON by pages or whole as CSV.</summary>
public static class ListEndpoints
{
    private const int RowsAtOnce = 500;

    private sealed record Found(string Metric, ListRule Rule, string Scope, Window Window, long Now, List<ListItem> Items)
    {
        public long Num => Items.Sum(i => i.Num);

        public long N => Items.Sum(i => i.N);
    }

    public static void MapLists(this RouteGroupBuilder group) => ReadEndpoints.Get(group, "/api/v1/list", Answer);

    private static Task Answer(HttpContext context)
    {
        var query = new Query(context.Request.Query, "metric", "scope", "window", "limit", "cursor", "format");
        var metric = query.Text("metric") ?? throw new QueryException("metric", "metric_missing", "A list is behind a number: name it.");
        return query.Text("format") switch
        {
            null or "json" => Behind(context, query, metric),
            "csv" => CsvAsync(context, Find(context, query, metric)),
            _ => throw new QueryException("format", "bad_format", "A format is json or csv."),
        };
    }

    /// <summary>One page of the list behind a number.</summary>
    internal static Task Behind(HttpContext context, Query query, string metric)
    {
        if (query.Text("state") is not null) throw new QueryException("state", "state_with_metric", "The list behind a number is whole; it has no state.");
        var (limit, offset, reach) = (query.Limit(), query.Offset(), Reach.Of(context));
        var found = Find(context, query, metric);
        var (host, directory) = ReadEndpoints.Services(context);
        var page = found.Items.Skip(offset).Take(limit).Select(i => (Item: i, Row: Seen(Whole.Find(host, i.Subject), reach))).ToList();
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteString("metric", metric);
            json.WriteString("scope", found.Scope.Replace('/', ':'));
            json.WriteStartObject("window");
            RowJson.WriteTime(json, "from", found.Window.From);
            RowJson.WriteTime(json, "to", found.Window.To);
            json.WriteEndObject();
            RowJson.WriteTime(json, "as_of", found.Now);
            json.WriteString("zone", directory.Zone(found.Scope));
            json.WriteString("formula", FormulaNames.Of(metric));
            json.WriteString("unit", found.Rule.Unit);
            json.WriteNumber("num", found.Num);
            json.WriteNumber("n", found.N);
            json.WriteNumber("count", found.Items.Count);
            ReadEndpoints.WriteItems(json, page, p => Write(json, found.Rule, p.Item, p.Row, host.Now));
            ReadEndpoints.WriteNext(json, offset + page.Count < found.Items.Count ? (offset + page.Count).ToString(CultureInfo.InvariantCulture) : null);
        });
    }

    private static Found Find(HttpContext context, Query query, string metric)
    {
        var (host, directory) = ReadEndpoints.Services(context);
        var policies = host.Read(static tally => tally.Policies);
        var rule = ListRules.Of(metric, policies) ?? throw new QueryException("metric", "bad_metric", "There is no list behind this name.");
        var scope = query.Scope();
        if (query.Text("department") is { } department) scope = scope == "all" ? "department/" + department : throw new QueryException("department", "scope_twice", "Give a scope or a department.");
        scope = Reach.Of(context).Within(scope);
        var (window, _) = query.Window(directory, scope, host.Now);
        var (items, now) = Read(host, rule, scope, window);
        return new(metric, rule, scope, window, now, items);
    }

    /// <summary>The whole list, of memory and disk as one state.</summary>
    internal static (List<ListItem> Items, long Now) Read(IOpsHost host, ListRule rule, string scope, Window window)
    {
        var before = host.Read(tally => ListScene.Of(tally, scope, window));
        return Whole.Read(
            host,
            rows => rule.KeptFrom(before.Window) is not { } from || rows is null ? [] : rows.Contributions(from, (who, own) =>
            {
                var lines = new List<ListItem>();
                rule.Take(who, own, before, lines);
                return (who, lines);
            }),
            (tally, kept) =>
            {
                var scene = ListScene.Of(tally, scope, window);
                return (rule.Read(tally, kept, scene), scene.Now == long.MinValue ? host.Now : scene.Now);
            });
    }

    // In a department's list stands a ticket that another has by now: that it counted is the department's, how it stands is not.
    private static Row? Seen(Row? row, Reach reach) => row is not null && reach.Sees(row.DepartmentId) ? row : null;

    private static void Write(Utf8JsonWriter json, ListRule rule, ListItem item, Row? row, long now)
    {
        json.WriteString("subject", item.Subject.ToString());
        json.WriteString("kind", KindOf(item.Subject));
        json.WriteBoolean("in_numerator", item.Num != 0);
        json.WriteNumber("num", item.Num);
        json.WriteNumber("n", item.N);
        RowJson.WriteTime(json, "at", item.At == long.MinValue ? null : item.At);
        json.WriteString("counted_for", item.Department);
        json.WritePropertyName("value");
        MetricJson.Write(json, Value(rule, item));
        json.WriteString("explain", Explain(item.Subject));
        if (row is not null) RowJson.WriteRow(json, row, clocks: false, now);
    }

    private static async Task CsvAsync(HttpContext context, Found found)
    {
        var (reach, (host, _)) = (Reach.Of(context), ReadEndpoints.Services(context));
        var response = context.Response;
        (response.ContentType, response.Headers.CacheControl, response.Headers.XContentTypeOptions) = ("text/csv; charset=utf-8", "no-store", "nosniff");
        response.Headers.ContentDisposition = "attachment; filename=\"list.csv\"";
        var text = new StringBuilder("\uFEFF"); // a spreadsheet takes it for UTF-8 only with this
        CsvText.Line(text, "subject", "kind", "state", "department", "queue", "at", "num", "n", "value", "unit", "explain");
        foreach (var some in found.Items.Chunk(RowsAtOnce))
        {
            foreach (var item in some)
            {
                var row = Seen(Whole.Find(host, item.Subject), reach);
                CsvText.Line(text, item.Subject.ToString(), KindOf(item.Subject), row?.State, item.Department ?? row?.DepartmentId, item.Queue ?? row?.QueueId, item.At == long.MinValue ? "" : RowJson.Time(item.At),
                    CsvText.Number(item.Num), CsvText.Number(item.N), CsvText.Number(Value(found.Rule, item)), found.Rule.Unit, Explain(item.Subject));
            }
            await response.WriteAsync(text.ToString(), context.RequestAborted);
            text.Clear();
        }
        await response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private static decimal? Value(ListRule rule, ListItem item) => item.Value is { } value && rule.Unit.Length > 0 ? value / 1000m : null;

    private static string KindOf(Subject subject) => subject.Kind == SubjectKind.Other ? "customer" : subject.Kind.ToString().ToLowerInvariant();

    private static string? Explain(Subject subject) => subject.Kind == SubjectKind.Ticket ? "/explain/" + Uri.EscapeDataString(subject.Id) : null;
}
