using System.Globalization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Ingest;

namespace OpsMonitor.Web.Read;

/// <summary>A parameter that does not mean anything; the answer names it.</summary>
internal sealed class QueryException(string parameter, string code, string detail, int status = 400) : Exception(detail)
{
    public Task WriteAsync(HttpContext context) =>
        new Problem(status, code, Message).WriteAsync(context, writer => writer.WriteString("parameter", parameter));
}

/// <summary>Parameters of the read API.</summary>
internal sealed class Query
{
    private const int DefaultLimit = 100, MaxLimit = 1_000;
    private const long Minute = 60_000, Day = 86_400_000;

    private readonly IQueryCollection _values;

    /// <exception cref="QueryException">A parameter that this endpoint does not have, or one given twice: a misspelt filter must not answer everything.</exception>
    public Query(IQueryCollection values, params ReadOnlySpan<string> known)
    {
        _values = values;
        foreach (var (name, value) in values)
        {
            if (!known.Contains(name)) throw new QueryException(name, "unknown_parameter", "The endpoint has no such parameter.");
            if (value.Count > 1) throw new QueryException(name, "repeated_parameter", "The parameter may be given once.");
        }
    }

    public string? Text(string name) => _values.TryGetValue(name, out var value) && value.ToString() is { Length: > 0 } text ? text : null;

    /// <summary><c>all</c>, <c>queue:ID</c>, <c>department:ID</c> or <c>departments:ID,ID</c>, as the books name it: <c>queue/ID</c>.</summary>
    public string Scope()
    {
        if (Text("scope") is not { } text || text == "all") return "all";
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && colon < text.Length - 1 && text[..colon] is "queue" or "department" or "departments") return $"{text[..colon]}/{text[(colon + 1)..]}";
        throw new QueryException("scope", "bad_scope", "A scope is all, queue:ID, department:ID or departments:ID,ID.");
    }

    /// <summary>The window, at whole minutes. Those that end now take in the running minute; <c>Live</c> adds what is true now.</summary>
    public (Window Window, bool Live) Window(BoardDirectory directory, string scope, long now)
    {
        var end = now - (now % Minute) + Minute;
        var text = Text("window") ?? "today";
        return text switch
        {
            "now" => (new(end, end), true),
            "30m" => (new(end - (30 * Minute), end), true),
            "60m" => (new(end - (60 * Minute), end), true),
            "today" => (new(directory.Today(scope, now).From, end), true),
            "month" => (new(directory.Month(scope, now).From, end), true),
            "7d" => (new(end - (7 * Day), end), true),
            "30d" => (new(end - (30 * Day), end), true),
            _ => (Between(text), false),
        };
    }

    /// <summary>An instant in RFC 3339, as Unix ms.</summary>
    public long Time(string name, long otherwise) => Text(name) is not { } text ? otherwise
        : Rfc3339.TryParse(text.Replace(' ', '+'), out var at) ? at
        : throw new QueryException(name, "bad_time", "A time is RFC 3339, for example 2026-11-21T09:00:00Z.");

    public int Limit()
    {
        if (Text("limit") is not { } text) return DefaultLimit;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit
            ? limit
            : throw new QueryException("limit", "bad_limit", "A limit is a whole number from 1 to 1000.");
    }

    /// <summary>The place after which a page begins: the subject for rows, a number for the list behind a metric.</summary>
    public string? Cursor()
    {
        if (Text("cursor") is not { } text) return null;
        try { return System.Text.Encoding.UTF8.GetString(Microsoft.AspNetCore.WebUtilities.WebEncoders.Base64UrlDecode(text)); }
        catch (FormatException) { throw BadCursor(); }
    }

    public int Offset() => Cursor() is not { } text ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset
        : throw BadCursor();

    public static string Encode(string place) => Microsoft.AspNetCore.WebUtilities.WebEncoders.Base64UrlEncode(System.Text.Encoding.UTF8.GetBytes(place));

    private static QueryException BadCursor() => new("cursor", "bad_cursor", "The cursor is not one that this endpoint gave.");

    private static Window Between(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        // A plus sign that a caller left unescaped in the address arrives as a space.
        if (slash > 0 && Rfc3339.TryParse(text[..slash].Replace(' ', '+'), out var from) && Rfc3339.TryParse(text[(slash + 1)..].Replace(' ', '+'), out var to))
        {
            if (from < to) return new(from, to);
            throw new QueryException("window", "empty_window", "A window ends after it begins.");
        }
        throw new QueryException("window", "bad_window", "A window is now, 30m, 60m, today, 7d, 30d, month, or FROM/TO in RFC 3339.");
    }
}
