using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Alerts;

/// <summary>What alerts ask of people, week by week: <c>/api/v1/alerts/load</c>. (spec: wallboard, Alarms)</summary>
internal static class AlarmLoadEndpoint
{
    private const int MostWeeks = 53, MostOperators = 1_000;

    public static void MapAlarmLoad(this RouteGroupBuilder group) => group.MapGet("/api/v1/alerts/load", (RequestDelegate)(static async context =>
    {
        try { await Get(context); }
        catch (QueryException fault) { await fault.WriteAsync(context); }
    }));

    private static Task Get(HttpContext context)
    {
        var query = new Query(context.Request.Query, "board", "weeks", "operators");
        var (host, directory) = (context.RequestServices.GetRequiredService<IOpsHost>(), context.RequestServices.GetRequiredService<BoardDirectory>());
        var board = query.Text("board") ?? "all";
        var scope = board == "all" ? "all" : "department/" + board;
        var weeks = Whole(query, "weeks", 1, MostWeeks) ?? 4;
        var operators = Whole(query, "operators", 1, MostOperators) ?? Supervisors(context);
        var zone = DateTimeZoneProviders.Tzdb.GetZoneOrNull(directory.Zone(scope)) ?? DateTimeZone.Utc;
        var edges = Edges(zone, host.Now, weeks);
        var load = new List<LoadWeek>();
        for (var i = 0; i + 1 < edges.Count; i++) // what has left memory is read a week at a time
            load.AddRange(AlarmLoad.Of(Noticed(host, scope, edges[i], edges[i + 1]), [edges[i], edges[i + 1]], operators, host.Now));
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteNumber("now", host.Now);
            json.WriteString("zone", zone.Id);
            json.WriteNumber("operators", operators);
            json.WritePropertyName("weeks");
            JsonSerializer.Serialize(json, Enumerable.Reverse(load), BoardCells.Wire);
        });
    }

    private static List<Alert> Noticed(IOpsHost host, string scope, long from, long to) => Read.Whole.Alerts(
        host, tally => tally.Alerts.NewsSince(from).Where(a => a.NoticedAt >= from && a.NoticedAt < to && BoardView.Concerns(a, scope)),
        kept => kept.AlertsNoticed(from, to, scope == "all" ? null : scope["department/".Length..]));

    // Whoever has the desk: the supervisors of channels.yaml, and nobody is less than one.
    private static int Supervisors(HttpContext context) =>
        Math.Max(1, context.RequestServices.GetRequiredService<ChannelStore>().Current().Settings.Contacts.Count(static c => c.Levels.Contains("supervisor")));

    /// <summary>Mondays at 00:00 of the zone: those of the last weeks, and the one to come.</summary>
    internal static IReadOnlyList<long> Edges(DateTimeZone zone, long now, int weeks)
    {
        var today = Instant.FromUnixTimeMilliseconds(now).InZone(zone).Date;
        var monday = today.PlusDays(1 - (int)today.DayOfWeek);
        return [.. Enumerable.Range(1 - weeks, weeks + 1).Select(w => zone.AtStartOfDay(monday.PlusWeeks(w)).ToInstant().ToUnixTimeMilliseconds())];
    }

    private static int? Whole(Query query, string name, int least, int most)
    {
        if (query.Text(name) is not { } text) return null;
        return int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var n) && n >= least && n <= most
            ? n : throw new QueryException(name, "bad_parameter", $"'{name}' is a whole number from {least} to {most}.");
    }
}
