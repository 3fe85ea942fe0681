using System.Globalization;
using System.Text.Json;
using OpsMonitor.Grains.Sources;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Adapters;
using OpsMonitor.Web.Alerts;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Sources;

/// <summary>How far each source can be trusted, and what of it is missing, so that it can be sent again. (spec: metrics, Trust in the numbers)</summary>
public static class SourceEndpoints
{
    /// <summary>Not a word for so long is silence, in ms.</summary>
    public const long SilentMs = 5 * 60_000;

    private const int RangesShown = 5, MostRanges = 1_000;

    // One event in ten with a number that another had: the numbers are not the source's own.
    private const int SharedTenths = 10;

    /// <summary>What a panel shows of one source, read between two turns.</summary>
    private sealed record Line(
        string Name, SourceStats Stats, long? Lag, long? P50, long? P99, GapBook Numbers, long Missing, long Watermark, IReadOnlyList<NumberRange> Gaps);

    public static void MapSources(this RouteGroupBuilder group) => group.MapGet("/api/v1/sources", (RequestDelegate)All);

    /// <summary>Also for the source itself, by the key with which it sends.</summary>
    public static IEndpointConventionBuilder MapGaps(this IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/sources/{id}/gaps", (RequestDelegate)(async context =>
    {
        try { await Gaps(context); }
        catch (QueryException fault) { await fault.WriteAsync(context); }
    }));

    private static Task All(HttpContext context)
    {
        var (host, samples, kept) = (context.RequestServices.GetRequiredService<IOpsHost>(), context.RequestServices.GetRequiredService<SourceSamples>(), context.RequestServices.GetRequiredService<Quarantine>());
        var shelf = context.RequestServices.GetRequiredService<AdapterShelf>();
        var waiting = kept.Adapters.ToLookup(a => shelf.Find(a)?.Source ?? "", kept.Waiting, StringComparer.Ordinal);
        var now = host.Now;
        var lines = host.Read(tally => tally.Sources.Where(s => s.Key != AlertDesk.Source).Select(s => Of(s.Key, s.Value, now)).ToList());
        var known = lines.Select(l => l.Name).ToHashSet(StringComparer.Ordinal);
        var keys = context.RequestServices.GetRequiredService<ApiKeyStore>().Keys.SelectMany(k => k.Sources ?? []).Where(s => !known.Contains(s)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            RowJson.WriteTime(json, "as_of", now);
            json.WriteString("zone", context.RequestServices.GetRequiredService<BoardDirectory>().Zone("all"));
            json.WriteStartArray("sources");
            foreach (var line in lines) Write(json, line, samples, waiting[line.Name].Sum(), now);
            foreach (var name in keys) Never(json, name); // a key waits for it, and nothing has come
            json.WriteEndArray();
            json.WriteStartArray("senders"); // of what was no event, or could not be translated
            foreach (var name in samples.Names.Concat(kept.Adapters.Select(Sender)).Distinct(StringComparer.Ordinal).Where(n => !known.Contains(n)).Order(StringComparer.Ordinal))
            {
                json.WriteStartObject();
                json.WriteString("sender", name);
                json.WriteNumber("unreadable", samples.Count(name, "unreadable"));
                json.WriteNumber("quarantined", name.StartsWith(SourceSamples.Adapter, StringComparison.Ordinal) ? kept.Waiting(name[SourceSamples.Adapter.Length..]) : 0);
                Samples(json, samples.Of(name));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private static string Sender(string adapter) => SourceSamples.Adapter + adapter;

    // Copied while turns wait: nothing of it may be looked at later.
    private static Line Of(string name, SourceStats s, long now) => new(
        name, new(s.LastSeen, s.LastEventAt, s.Accepted, s.Duplicates, s.Unknown, s.Refused, s.Reordered) { Late = s.Late },
        s.Lag.Last, s.Lag.Percentile(50, now), s.Lag.Percentile(99, now), s.Numbers.Copy(), s.Numbers.Missing, s.Numbers.Watermark, [.. s.Numbers.Gaps().Take(RangesShown)]);

    private static void Write(Utf8JsonWriter json, Line line, SourceSamples samples, long quarantined, long now)
    {
        var (s, silent) = (line.Stats, line.Stats.LastSeen == long.MinValue ? long.MaxValue : Math.Max(0, now - line.Stats.LastSeen));
        json.WriteStartObject();
        json.WriteString("source", line.Name);
        json.WriteString("state", silent == long.MaxValue ? "never" : silent >= SilentMs ? "silent" : silent >= BoardView.SourceLateMs ? "late" : "live");
        RowJson.WriteTime(json, "last_seen", s.LastSeen == long.MinValue ? null : s.LastSeen);
        RowJson.WriteTime(json, "last_event_at", s.LastEventAt == long.MinValue ? null : s.LastEventAt);
        Number(json, "silent_s", silent == long.MaxValue ? null : silent / 1000);
        json.WriteStartObject("lag_ms");
        Number(json, "last", line.Lag);
        Number(json, "p50", line.P50);
        Number(json, "p99", line.P99);
        json.WriteEndObject();
        foreach (var (name, n) in new[]
        {
            ("accepted", s.Accepted), ("duplicates", s.Duplicates), ("late", s.Late), ("reordered", s.Reordered), ("unknown", s.Unknown), ("refused", s.Refused),
            ("quarantined", quarantined), ("unreadable", samples.Count(line.Name, "unreadable")),
        }) json.WriteNumber(name, n);
        json.WriteStartObject("sequence");
        Head(json, line.Numbers, line.Missing, line.Watermark);
        Ranges(json, line.Gaps);
        json.WriteEndObject();
        Samples(json, samples.Of(line.Name));
        json.WriteEndObject();
    }

    private static void Never(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject();
        json.WriteString("source", name);
        json.WriteString("state", "never");
        json.WriteEndObject();
    }

    private static Task Gaps(HttpContext context)
    {
        var query = new Query(context.Request.Query, "after", "limit");
        var after = query.Text("after") is not { } text ? -1
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new QueryException("after", "bad_after", "A sequence number from 0 on, after which the list goes on.");
        // A source often begins with a slash, which stays escaped in a path.
        var name = ((string)context.Request.RouteValues["id"]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var key = context.Features.Get<ApiKey>();
        if (key is not null && !key.Scope.HasFlag(KeyScope.Read) && !key.MaySpeakFor(name)) return NotFound.WriteAsync(context);
        var limit = Math.Min(query.Limit(), MostRanges);
        var found = context.RequestServices.GetRequiredService<IOpsHost>().Read(tally => tally.Sources.TryGetValue(name, out var s)
            ? (s.Numbers.Copy(), s.Numbers.Missing, s.Numbers.Watermark, s.Numbers.Gaps(after).Take(limit + 1).ToList(), s.LastEventAt) : default);
        if (found.Item1 is not { } numbers) return NotFound.WriteAsync(context);
        var (_, missing, watermark, gaps, lastEventAt) = found;
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteString("source", name);
            RowJson.WriteTime(json, "last_event_at", lastEventAt == long.MinValue ? null : lastEventAt);
            Head(json, numbers, missing, watermark);
            Ranges(json, gaps.Take(limit));
            if (gaps.Count > limit) json.WriteNumber("after", gaps[limit - 1].To); else json.WriteNull("after");
        });
    }

    private static Problem NotFound => new(404, "no_such_source", "No event came from a source of this name.");

    private static void Head(Utf8JsonWriter json, GapBook numbers, long missing, long watermark)
    {
        json.WriteString("numbering", numbers.Numbered == 0 ? "none" : numbers.Again * SharedTenths > numbers.Numbered ? "shared" : "own");
        Number(json, "from", numbers.Highest < 0 ? null : numbers.From);
        Number(json, "watermark", numbers.Highest < 0 ? null : watermark);
        Number(json, "highest", numbers.Highest < 0 ? null : numbers.Highest);
        json.WriteNumber("missing", missing);
    }

    private static void Ranges(Utf8JsonWriter json, IEnumerable<NumberRange> ranges)
    {
        json.WriteStartArray("gaps");
        foreach (var range in ranges)
        {
            json.WriteStartObject();
            json.WriteNumber("from", range.From);
            json.WriteNumber("to", range.To);
            json.WriteNumber("count", range.Count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Samples(Utf8JsonWriter json, IReadOnlyList<SourceSample> samples)
    {
        json.WriteStartArray("samples");
        foreach (var sample in samples)
        {
            json.WriteStartObject();
            json.WriteString("kind", sample.Kind);
            json.WriteString("id", sample.Id);
            json.WriteString("type", sample.Type);
            RowJson.WriteTime(json, "at", sample.At);
            RowJson.WriteTime(json, "received_at", sample.ReceivedAt);
            json.WriteString("code", sample.Code);
            json.WriteString("pointer", sample.Pointer);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } n) json.WriteNumber(name, n); else json.WriteNull(name);
    }
}
