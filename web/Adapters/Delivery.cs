using System.Text;

namespace OpsMonitor.Web.Adapters;

/// <summary>Rows of a sender, translated: of one request, or such as were kept.</summary>
/// <param name="Unmapped">with the reason why not</param>
internal sealed record Delivery(int Rows, IReadOnlyList<Mapped> Events, int Ignored, IReadOnlyList<KeptRow> Unmapped)
{
    private static readonly string[] Unseen = ["Authorization", "Proxy-Authorization", "Cookie", "X-API-Key"];

    /// <param name="turn">how many requests of the same millisecond came before this one</param>
    public static Delivery Read(Mapping mapping, HttpRequest request, ReadOnlyMemory<byte> body, DateTimeOffset now, long turn)
    {
        var headers = Headers(mapping, request);
        var kept = mapping.Headers.Where(headers.ContainsKey).ToDictionary(h => h, h => headers[h], StringComparer.OrdinalIgnoreCase);
        var mapper = new Mapper(mapping);
        var text = Encoding.UTF8.GetString(body.Span);
        return Of(Split(mapping, request, text, now).Select(r => (
            r.Broken is null ? mapper.Translate(r.Row with { Headers = headers, Turn = turn }) : new Translation.Unmapped(r.Broken),
            (Func<string, KeptRow>)(reason => new(now, reason, r.Raw(), request.HasFormContentType ? KeptAs.Form : KeptAs.Row) { Line = r.Row.Line, Turn = turn, Headers = kept }))));
    }

    /// <summary>Rows that were kept, by the mapping as it is now.</summary>
    public static Delivery Again(Mapping mapping, IReadOnlyList<KeptRow> rows) =>
        Of(rows.Select(r => (r.Translate(mapping), (Func<string, KeptRow>)(reason => r with { Reason = reason }))));

    private static Delivery Of(IEnumerable<(Translation Became, Func<string, KeptRow> Keep)> all)
    {
        var (events, unmapped, ignored, rows) = (new List<Mapped>(), new List<KeptRow>(), 0, 0);
        foreach (var (became, keep) in all)
        {
            rows++;
            switch (became)
            {
                case Translation.Events e: events.AddRange(e.All); break;
                case Translation.Ignored: ignored++; break;
                case Translation.Unmapped u: unmapped.Add(keep(u.Reason)); break;
            }
        }
        return new(rows, events, ignored, unmapped);
    }

    private static IEnumerable<(Row Row, Func<string> Raw, string? Broken)> Split(Mapping mapping, HttpRequest request, string text, DateTimeOffset now)
    {
        if (request.HasFormContentType) return [(new Row(Bodies.Form(text), 1, now, mapping.Missing), () => text, null)];
        try
        {
            using var reader = new StringReader(text);
            return [.. RowReader.Read(mapping, reader, now)];
        }
        catch (FormatException e)
        {
            return [(new Row(default, 1, now, mapping.Missing), () => text, e.Message)];
        }
    }

    /// <summary>A signature or a key is nothing that a rule should look at, or that could come into an event.</summary>
    private static Dictionary<string, string> Headers(Mapping mapping, HttpRequest request) => request.Headers
        .Where(h => h.Value.Count == 1 && !Unseen.Contains(h.Key, StringComparer.OrdinalIgnoreCase) && !h.Key.Equals(mapping.Auth.Header, StringComparison.OrdinalIgnoreCase))
        .ToDictionary(h => h.Key, h => h.Value[0] ?? "", StringComparer.OrdinalIgnoreCase);
}
