using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Web.Serve;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Lists;
using OpsMonitor.Web.Metrics;
using OpsMonitor.Web.Past;

namespace OpsMonitor.Web.Read;

/// <summary>The numbers, the lists behind them, and the alerts. Everything is read between two turns, so one answer never mixes two states.</summary>
public static class ReadEndpoints
{
    /// <summary>Maps <c>/api/v1/...</c>. The paths are whole: give it a group without a prefix.</summary>
    public static void MapRead(this RouteGroupBuilder group)
    {
        Get(group, "/api/v1/metrics", Metrics);
        Get(group, "/api/v1/scorecards", Scorecards);
        Get(group, "/api/v1/fcr/revocations", Revocations);
        Get(group, "/api/v1/tickets", c => List(c, SubjectKind.Ticket));
        Get(group, "/api/v1/contacts", c => List(c, SubjectKind.Contact));
        Get(group, "/api/v1/callbacks", c => List(c, SubjectKind.Callback));
        Get(group, "/api/v1/tickets/{id}", Ticket);
        Get(group, "/api/v1/alerts", Alerts);
    }

    internal static void Get(RouteGroupBuilder group, string path, Func<HttpContext, Task> answer) => group.MapGet(path, (RequestDelegate)(async context =>
    {
        try { await answer(context); }
        catch (QueryException fault) { await fault.WriteAsync(context); }
    }));

    private static Task Metrics(HttpContext context)
    {
        var query = new Query(context.Request.Query, "scope", "window", "at", "view");
        var (host, directory) = Services(context);
        if (query.Text("at") is not null) return LookBack.Answer(context, host, directory, query);
        if (query.Text("view") is not null) throw new QueryException("view", "at_missing", "A view belongs to an instant.");
        var scope = Reach.Of(context).Within(query.Scope());
        var (window, live) = query.Window(directory, scope, host.Now);
        var (table, asOf) = host.Read(tally => (Report.Of(tally, scope, window, live), tally.LastEventAt));
        return Answer(context, writer =>
        {
            writer.WriteString("scope", scope.Replace('/', ':'));
            writer.WriteString("zone", directory.Zone(scope));
            MetricAnswers.WriteTable(writer, window, host.Now, asOf, table);
        });
    }

    private static Task Scorecards(HttpContext context)
    {
        var (host, directory) = Services(context);
        return Answer(context, MetricAnswers.Scorecards(host, directory, new Query(context.Request.Query, "window"), Reach.Of(context)));
    }

    private static Task Revocations(HttpContext context)
    {
        var (host, directory) = Services(context);
        return Answer(context, MetricAnswers.Revocations(host, directory, new Query(context.Request.Query, "scope", "window"), Reach.Of(context)));
    }

    private static Task List(HttpContext context, SubjectKind kind)
    {
        var asked = new Query(context.Request.Query, "department", "state", "metric", "window", "scope", "limit", "cursor");
        if (asked.Text("metric") is { } metric) return ListEndpoints.Behind(context, asked, metric);
        if (asked.Text("window") is not null) throw new QueryException("window", "metric_missing", "A window belongs to a metric.");
        var (host, _) = Services(context);
        var (scope, department, state, limit, after) = (Reach.Of(context).Within(asked.Scope()), asked.Text("department"), asked.Text("state"), asked.Limit(), asked.Cursor());
        var query = new KeptQuery(kind, after, limit + 1, department ?? Named("department/", scope), Named("queue/", scope), state);
        var page = Whole.Page(host, state is "open" or "unresolved" or "breached" ? null : query, r => Concerns(r, scope, department) && IsIn(r, state), kind, after, limit + 1);
        return Answer(context, writer =>
        {
            WriteItems(writer, page.Take(limit), row => RowJson.WriteRow(writer, row, clocks: false, host.Now));
            WriteNext(writer, page.Count > limit ? page[limit - 1].Subject.Id : null);
        });
    }

    private static async Task Ticket(HttpContext context)
    {
        _ = new Query(context.Request.Query);
        var (host, _) = Services(context);
        var row = Whole.Find(host, new(SubjectKind.Ticket, (string)context.Request.RouteValues["id"]!));
        if (row is null || !Reach.Of(context).Sees(row.DepartmentId))
        {
            await new Problem(404, "not_found", "No event ever named this ticket.").WriteAsync(context);
            return;
        }
        var history = await host.HistoryAsync(row.Subject, context.RequestAborted);
        await Answer(context, writer =>
        {
            RowJson.WriteRow(writer, row, clocks: true, host.Now);
            writer.WriteStartArray("events"); // what all of the above follows from
            foreach (var e in history ?? []) writer.WriteRawValue(e.Raw.Span);
            writer.WriteEndArray();
        });
    }

    private static Task Alerts(HttpContext context)
    {
        var board = new Query(context.Request.Query, "board").Text("board") ?? "all";
        var (host, directory) = Services(context);
        var reach = Reach.Of(context);
        var scope = board == "all" ? "all" : "department/" + board;
        var (known, revision) = host.Read(tally => (
            board == "all" || reach.Sees(board) && (directory.Reference.Departments.ContainsKey(board) || tally.Books.Find(scope) is not null), tally.Alerts.Revision));
        if (!known) return new Problem(404, "no_such_board", "A board is 'all' or the id of a department.").WriteAsync(context);
        var page = AlertPage(host, scope, reach);
        return Answer(context, writer =>
        {
            writer.WriteNumber("rev", revision);
            writer.WriteNumber("now", host.Now);
            writer.WriteString("zone", directory.Zone(scope));
            writer.WritePropertyName("alerts");
            JsonSerializer.Serialize(writer, page.Select(AlertView.Of), BoardCells.Wire);
        });
    }

    /// <summary>What still stands first, then the red before the yellow, the newest before the older.</summary>
    private static List<Alert> AlertPage(IOpsHost host, string scope, Reach reach)
    {
        var departments = scope == "all" ? reach.Departments : [scope["department/".Length..]];
        for (var ask = AlertsShown; ; ask *= 2) // some of those on the disk may be back in memory: then more are needed
        {
            var used = 0;
            var alerts = Whole.Read(host, rows => rows?.Alerts(departments, ask) ?? [], (tally, kept) =>
            {
                var found = Whole.Alerts(tally, tally.Alerts.All.Where(a => BoardView.Concerns(a, scope) && reach.Sees(a.Due.DepartmentId)), kept);
                used = kept.Count(a => tally.Alerts.Find(a.Key) is null);
                return (Found: found, All: kept.Count < ask);
            });
            if (!alerts.All && used < AlertsShown) continue;
            return [.. alerts.Found.OrderBy(a => a.State != AlertState.Raised).ThenBy(a => a.Due.Level != AlertLevel.Red).ThenByDescending(a => a.Due.RaisedAt).ThenBy(a => a.Key).Take(AlertsShown)];
        }
    }

    private const int AlertsShown = 1_000;

    private static bool Concerns(Row row, string scope, string? department) =>
        (department is null || row.DepartmentId == department) && Report.Covers(scope, row.QueueId, row.DepartmentId);

    private static string? Named(string kind, string scope) => scope.StartsWith(kind, StringComparison.Ordinal) ? scope[kind.Length..] : null;

    /// <summary>Four words span states; any other is a state by its name.</summary>
    private static bool IsIn(Row row, string? state) => state switch
    {
        null => true,
        "open" => row.CreatedAt is not null && row.EndedAt is null,
        "unresolved" => TicketCensus.IsUnresolved(row),
        "breached" => row.EndedAt is null && row.Clocks.Any(c => c.State == "breached" && c.StoppedAt is null),
        _ => row.State == state,
    };

    internal static void WriteItems<T>(Utf8JsonWriter writer, IEnumerable<T> items, Action<T> write)
    {
        writer.WriteStartArray("items");
        foreach (var item in items)
        {
            writer.WriteStartObject();
            write(item);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    internal static void WriteNext(Utf8JsonWriter writer, string? place)
    {
        if (place is null) writer.WriteNull("cursor"); else writer.WriteString("cursor", Query.Encode(place));
    }

    internal static Task Answer(HttpContext context, Action<Utf8JsonWriter> members) => Reply.WriteAsync(context, 200, "application/json", members);

    internal static (IOpsHost Host, BoardDirectory Directory) Services(HttpContext context) =>
        (context.RequestServices.GetRequiredService<IOpsHost>(), context.RequestServices.GetRequiredService<BoardDirectory>());
}
