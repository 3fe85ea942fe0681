using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Metrics;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Replay;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Past;

/// <summary>One number over time, as it is known now: each point is what the report of its window says.</summary>
internal static class SeriesAnswers
{
    private const int MostPoints = 1_500;
    private const long Minute = 60_000;

    // Names that stand in a table only where there was something of the kind.
    private static readonly string[] Occasional = ["sla.", "contacts.refused.", "contacts.flow_out.", "service_level/", "agents.", "hot_issues/", "redress/", "time_ledger/", "escalation_rate.by_level/", "iso10002."];

    public static Action<Utf8JsonWriter> Of(IOpsHost host, BoardDirectory directory, Query query)
    {
        var metric = query.Text("metric") ?? throw new QueryException("metric", "metric_missing", "Name the metric.");
        var (scope, step, now) = (query.Scope(), query.Text("step") ?? "hour", host.Now);
        var (from, to) = (query.Time("from", now - 86_400_000), query.Time("to", now));
        if (from >= to) throw new QueryException("from", "empty_window", "A window ends after it begins.");
        var (start, ends) = Edges(directory, scope, step, from, to);
        var (values, asOf) = Read(host, scope, start, ends, metric);
        if (values.All(v => v is null) && !Exists(host, scope, metric)) throw new QueryException("metric", "bad_metric", "No number has this name.");
        return json =>
        {
            json.WriteString("scope", scope.Replace('/', ':'));
            json.WriteString("metric", metric);
            json.WriteString("step", step);
            json.WriteString("zone", directory.Zone(scope));
            json.WriteString("formula", FormulaNames.Of(metric));
            RowJson.WriteTime(json, "as_of", asOf == long.MinValue ? null : asOf);
            json.WriteStartArray("items");
            for (var i = 0; i < ends.Count; i++) Write(json, i == 0 ? start : ends[i - 1], ends[i], values[i], now);
            json.WriteEndArray();
        };
    }

    private static void Write(Utf8JsonWriter json, long from, long to, object? value, long now)
    {
        json.WriteStartObject();
        RowJson.WriteTime(json, "from", from);
        RowJson.WriteTime(json, "to", to);
        json.WriteBoolean("complete", to <= now);
        json.WritePropertyName("value");
        MetricJson.Write(json, value is Ratio ratio ? ratio.Value : value);
        if (value is Ratio { Num: var num, N: var n })
        {
            json.WriteNumber("num", num);
            json.WriteNumber("n", n);
        }
        json.WriteEndObject();
    }

    /// <summary>From the rollups where the host keeps them; else from its sums, a few windows at a time so that turns go on in between.</summary>
    private static (List<object?> Values, long AsOf) Read(IOpsHost host, string scope, long start, List<long> ends, string metric)
    {
        List<object?> Picked(ISumSource source, long now, PolicySet policies) => [.. Report.Series(source, scope, start, ends, now, policies).Select(t => MetricPath.Find(t, metric))];
        if (host.Rollups?.Read(scope, (source, now, policies) => Tuple.Create(Picked(source, now, policies), now)) is { } found) return (found.Item1, found.Item2);
        List<object?> values = [];
        for (var i = 0; i < ends.Count; i++)
        {
            var window = new Window(i == 0 ? start : ends[i - 1], ends[i]);
            values.Add(host.Read(tally => MetricPath.Find(Report.Of(tally, scope, window, live: false), metric)));
        }
        return (values, host.Read(tally => tally.Now));
    }

    private static bool Exists(IOpsHost host, string scope, string metric) =>
        Array.Exists(Occasional, o => metric.StartsWith(o, StringComparison.Ordinal))
        || host.Read(tally => Report.Of(tally, scope, new(0, Minute), live: false)) is var table && (table.ContainsKey(metric) || MetricPath.Find(table, metric) is not null);

    private static (long Start, List<long> Ends) Edges(BoardDirectory directory, string scope, string step, long from, long to)
    {
        var ends = new List<long>();
        long start;
        switch (step)
        {
            case "minute":
                start = from - (from % Minute);
                if ((to - start) / Minute > MostPoints) throw TooMany();
                for (var at = start; at < to;) ends.Add(at += Minute);
                return (start, ends);
            case "hour":
                if ((to - from) / (60 * Minute) > MostPoints) throw TooMany();
                var (first, parts) = Intervals.Between(from, to - 1, "hour", DateTimeZoneProviders.Tzdb[directory.Zone(scope)]);
                return (first, [.. parts.Select(p => p.End)]);
            case "day":
                if ((to - from) / (1_440 * Minute) > MostPoints) throw TooMany();
                start = directory.Today(scope, from).From;
                for (var at = start; at < to;) ends.Add(at = directory.Today(scope, at).To);
                return (start, ends);
            default: throw new QueryException("step", "bad_step", "A step is minute, hour or day.");
        }
    }

    private static QueryException TooMany() => new("step", "too_many_points", $"At most {MostPoints} points: take a larger step or a shorter time.");
}

/// <summary>A number inside a table by its name, <c>/</c> between the levels: <c>service_level/negative/20</c>.</summary>
internal static class MetricPath
{
    public static object? Find(IReadOnlyDictionary<string, object?> table, string path)
    {
        if (table.TryGetValue(path, out var value)) return value;
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
            if (table.TryGetValue(path[..slash], out var inner) && inner is IReadOnlyDictionary<string, object?> below) return Find(below, path[(slash + 1)..]);
        return null;
    }
}
