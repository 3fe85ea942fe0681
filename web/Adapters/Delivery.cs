using System.Text;

namespace OpsMonitor.Web.Adapters;

/// <summary>One request of a sender, translated.</summary>
/// <param name="Unmapped">why not, and the words themselves</param>
internal sealed record Delivery(int Rows, IReadOnlyList<(Mapped Mapped, string Raw)> Events, int Ignored, IReadOnlyList<(string Reason, string Raw)> Unmapped)
{
    private static readonly string[] Unseen = ["Authorization", "Proxy-Authorization", "Cookie", "X-API-Key"];

    /// <param name="turn">how many requests of the same millisecond came before this one</param>
    public static Delivery Read(Mapping mapping, HttpRequest request, ReadOnlyMemory<byte> body, DateTimeOffset now, long turn)
    {
        var (events, unmapped, ignored, rows) = (new List<(Mapped, string)>(), new List<(string, string)>(), 0, 0);
        var headers = Headers(mapping, request);
        var mapper = new Mapper(mapping);
        var text = Encoding.UTF8.GetString(body.Span);
        foreach (var (row, raw, broken) in Split(mapping, request, text, now))
        {
            rows++;
            switch (broken is null ? mapper.Translate(row with { Headers = headers, Turn = turn }) : new Translation.Unmapped(broken))
            {
                case Translation.Events e: events.AddRange(e.All.Select(m => (m, raw()))); break;
                case Translation.Ignored: ignored++; break;
                case Translation.Unmapped u: unmapped.Add((u.Reason, raw())); break;
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
