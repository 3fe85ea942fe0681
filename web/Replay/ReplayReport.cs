using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Metrics;

namespace OpsMonitor.Web.Replay;

/// <summary>The report of a replay. (spec: metrics, Report of replay)</summary>
internal static class ReplayReport
{
    private const long Minute = 60_000;
    private const int FlushAtBytes = 1 << 16;
    private static readonly InstantPattern Rfc3339 = InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm:ss;FFF'Z'");

    public static void Write(Stream output, Tally tally, long? until, string? interval, DateTimeZone zone)
    {
        using var json = new Utf8JsonWriter(output, Json.Plain);
        json.WriteStartObject();
        Time(json, "until", until);
        json.WriteStartObject("scopes"u8);
        foreach (var (scope, ledger) in tally.Books.All)
        {
            json.WriteStartObject(scope);
            json.WritePropertyName("total"u8);
            MetricJson.Write(json, Report.Of(tally, scope, Whole(until), live: true));
            if (interval is not null) Series(json, tally, scope, ledger, until, interval, zone);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    /// <summary>A time as RFC 3339 in UTC, with milliseconds only where it has some; null for none.</summary>
    public static void Time(Utf8JsonWriter json, string name, long? at)
    {
        if (at is { } ms) json.WriteString(name, Rfc3339.Format(Instant.FromUnixTimeMilliseconds(ms)));
        else json.WriteNull(name);
    }

    // Sums are kept by the minute: the one that holds until belongs to the report.
    private static Window Whole(long? until) => new(long.MinValue, until is { } at ? at + Minute : long.MaxValue);

    private static void Series(Utf8JsonWriter json, Tally tally, string scope, Ledger ledger, long? until, string interval, DateTimeZone zone)
    {
        json.WriteStartObject("intervals"u8);
        if (ledger.FirstMinute is { } first && ledger.LastMinute is { } last)
        {
            // What goes on, an agent's shift say, goes on to the end.
            var (start, parts) = Intervals.Between(first, Math.Max(last, until ?? last), interval, zone);
            var tables = Report.Series(tally, scope, start, [.. parts.Select(p => p.End)]);
            foreach (var ((key, _), table) in parts.Zip(tables))
            {
                json.WritePropertyName(key);
                MetricJson.Write(json, table);
                if (json.BytesPending > FlushAtBytes) json.Flush();
            }
        }
        json.WriteEndObject();
    }
}

internal static class Json
{
    /// <summary>For files: text in its own script, since nothing here is put into a page.</summary>
    public static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
