using System.Text.Json;
using OpsMonitor.Web.Conversion;

namespace OpsMonitor.Web.Adapters;

/// <summary>The rows of a text in a mapping's format: each with its own words, and what is wrong with it where it is none.</summary>
internal static class RowReader
{
    /// <exception cref="FormatException">The text is not of the format at all; names the line.</exception>
    public static IEnumerable<(Row Row, Func<string> Raw, string? Broken)> Read(Mapping mapping, TextReader input, DateTimeOffset now) => mapping.Format switch
    {
        InputFormat.Csv => Table(mapping, input, now),
        InputFormat.Ndjson => Lines(mapping, input, now),
        _ => Whole(mapping, input.ReadToEnd(), now),
    };

    private static IEnumerable<(Row, Func<string>, string?)> Table(Mapping mapping, TextReader input, DateTimeOffset now)
    {
        using var csv = new CsvTable(input, mapping.Separator);
        while (csv.Read())
        {
            var (fields, raw, broken) = (new Dictionary<string, string>(StringComparer.Ordinal), "", (string?)null);
            try { fields = csv.Fields(); }
            catch (FormatException e) { (raw, broken) = (csv.Raw, e.Message); } // now: the reader is at another row when somebody asks
            var body = TextJson.Object(fields);
            yield return (new(body, csv.Line, now, mapping.Missing), broken is null ? body.GetRawText : () => raw, broken);
        }
    }

    private static IEnumerable<(Row, Func<string>, string?)> Lines(Mapping mapping, TextReader input, DateTimeOffset now)
    {
        for (var line = 1L; input.ReadLine() is { } text; line++)
        {
            if (string.IsNullOrWhiteSpace(text)) continue;
            var (body, broken) = Bodies.Parse(text);
            yield return (new(body, line, now, mapping.Missing), () => text, broken);
        }
    }

    private static IEnumerable<(Row, Func<string>, string?)> Whole(Mapping mapping, string text, DateTimeOffset now)
    {
        var (body, broken) = Bodies.Parse(text);
        if (broken is not null) throw new FormatException($"the file is {broken}");
        return Bodies.Items(body).Select((item, i) => (new Row(item, i + 1, now, mapping.Missing), (Func<string>)item.GetRawText, (string?)null));
    }
}
