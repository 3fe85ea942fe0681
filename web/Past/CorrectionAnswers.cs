using System.Globalization;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Silo.Local.Rollups;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Past;

/// <summary>The ledger of corrections, as JSON page by page or as CSV in one go.</summary>
internal static class CorrectionAnswers
{
    private static readonly string[] Columns = ["number", "scope", "step", "from", "to", "version", "metric", "was", "now", "revised_at", "late_events"];

    public static Task Answer(HttpContext context, IOpsHost host, Query query)
    {
        var (scope, csv) = (query.Text("scope") is null ? null : query.Scope(), query.Text("format") switch { null or "json" => false, "csv" => true, _ => throw new QueryException("format", "bad_format", "A format is json or csv.") });
        var window = new Window(query.Time("from", 0), query.Time("to", host.Now));
        if (host.Rollups is not { } rollups) return new Problem(404, "no_corrections", "This host keeps no corrections.").WriteAsync(context);
        if (csv) return Csv(context, rollups.Corrections(scope, window, 0, int.MaxValue));
        var (limit, after) = (query.Limit(), query.Offset());
        var page = rollups.Corrections(scope, window, after, limit + 1);
        return ReadEndpoints.Answer(context, json =>
        {
            json.WriteStartArray("items");
            foreach (var c in page.Take(limit)) Write(json, c);
            json.WriteEndArray();
            if (page.Count > limit) json.WriteString("cursor", Query.Encode(page[limit - 1].Number.ToString(CultureInfo.InvariantCulture)));
            else json.WriteNull("cursor");
        });
    }

    public static void Write(Utf8JsonWriter json, Correction c)
    {
        json.WriteStartObject();
        json.WriteNumber("number", c.Number);
        json.WriteString("scope", c.Scope.Replace('/', ':'));
        json.WriteString("step", c.Step);
        RowJson.WriteTime(json, "from", c.Start);
        RowJson.WriteTime(json, "to", c.Until);
        json.WriteNumber("version", c.Version);
        json.WriteString("metric", c.Metric);
        Raw(json, "was", c.Was);
        Raw(json, "now", c.Now);
        RowJson.WriteTime(json, "revised_at", c.Turn);
        json.WriteString("reason", "late_data");
        Raw(json, "late_events", c.Causes);
        json.WriteEndObject();
    }

    public static void WriteCsv(TextWriter text, IEnumerable<Correction> corrections)
    {
        text.Write(string.Join(',', Columns) + "\r\n");
        foreach (var c in corrections)
            text.Write(string.Join(',', new[]
            {
                Number(c.Number), c.Scope.Replace('/', ':'), c.Step, RowJson.Time(c.Start), RowJson.Time(c.Until), Number(c.Version), c.Metric, c.Was ?? "", c.Now ?? "", RowJson.Time(c.Turn), c.Causes,
            }.Select(Cell)) + "\r\n");
    }

    /// <summary>A cell that no spreadsheet takes for a formula; what begins like one gets an apostrophe.</summary>
    public static string Cell(string text)
    {
        var safe = text.TrimStart(' ', '\u3000').Length > 0 && text.TrimStart(' ', '\u3000')[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '＝' or '＋' or '－' or '＠'
            && !decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _) ? "'" + text : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n;") < 0 ? safe : '"' + safe.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
    }

    private static Task Csv(HttpContext context, IReadOnlyList<Correction> corrections)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        WriteCsv(text, corrections);
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"corrections.csv\"";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), context.RequestAborted).AsTask();
    }

    private static string Number(long n) => n.ToString(CultureInfo.InvariantCulture);

    private static void Raw(Utf8JsonWriter json, string name, string? value)
    {
        json.WritePropertyName(name);
        if (value is null) json.WriteNullValue(); else json.WriteRawValue(value);
    }
}
