using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpsMonitor.Web.Adapters;

/// <param name="Doubled">events of a rule with <c>once</c> whose id the file had before</param>
public sealed record MapSummary(long Rows, long Events, long Ignored, long Unmapped, long Doubled)
{
    public override string ToString() => $"{Rows} rows: {Events} events, {Ignored} rows ignored, {Unmapped} unmapped" + (Doubled > 0 ? $", {Doubled} said before" : "");
}

/// <summary>Maps a file: events out as NDJSON, what could not be mapped beside it with the reason, nothing dropped in silence.</summary>
public sealed class MapRun(Mapping mapping, DateTimeOffset now)
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Mapper _mapper = new(mapping);
    private readonly HashSet<string> _once = new(StringComparer.Ordinal);
    private MapSummary _summary = new(0, 0, 0, 0, 0);

    /// <param name="events">null for a dry run</param>
    /// <param name="unmapped">a JSON object per row: <c>line</c>, <c>reason</c>, <c>raw</c>; null for a dry run</param>
    /// <param name="tell">one line per row: what it became, or why not; null to keep quiet</param>
    /// <exception cref="FormatException">The file is not of the mapping's format at all; names the line.</exception>
    public MapSummary Run(TextReader input, Stream? events, Stream? unmapped, Action<string>? tell)
    {
        foreach (var (row, raw, broken) in RowReader.Read(mapping, input, now))
        {
            _summary = _summary with { Rows = _summary.Rows + 1 };
            var outcome = broken is null ? _mapper.Translate(row) : new Translation.Unmapped(broken);
            switch (outcome)
            {
                case Translation.Events e: Take(row, e, events, tell); break;
                case Translation.Ignored i:
                    _summary = _summary with { Ignored = _summary.Ignored + 1 };
                    tell?.Invoke($"{row.Line}: ignored: {i.Reason}");
                    break;
                case Translation.Unmapped u:
                    _summary = _summary with { Unmapped = _summary.Unmapped + 1 };
                    tell?.Invoke($"{row.Line}: UNMAPPED: {u.Reason}");
                    if (unmapped is not null) Keep(unmapped, row.Line, u.Reason, raw());
                    break;
            }
        }
        events?.Flush();
        unmapped?.Flush();
        return _summary;
    }

    private void Take(Row row, Translation.Events translation, Stream? events, Action<string>? tell)
    {
        foreach (var mapped in translation.All)
        {
            var e = mapped.Event;
            // In a file without arrival times the same delivery twice in a row has no other sign than its id.
            if (mapped.Once != Once.No && !_once.Add(e.Id))
            {
                _summary = _summary with { Doubled = _summary.Doubled + 1 };
                tell?.Invoke($"{row.Line}: said before: {e.Type} {e.Id}");
                continue;
            }
            _summary = _summary with { Events = _summary.Events + 1 };
            tell?.Invoke($"{row.Line}: {Encoding.UTF8.GetString(e.Raw.Span)}");
            events?.Write(e.Raw.Span);
            events?.WriteByte((byte)'\n');
        }
    }

    private static void Keep(Stream unmapped, long line, string reason, string raw)
    {
        using (var json = new Utf8JsonWriter(unmapped, Readable))
        {
            json.WriteStartObject();
            json.WriteNumber("line", line);
            json.WriteString("reason", reason);
            json.WriteString("raw", raw);
            json.WriteEndObject();
        }
        unmapped.WriteByte((byte)'\n');
    }
}
