using System.Globalization;
using NodaTime;
using NodaTime.Text;
using OpsMonitor.Web.Conversion;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// A time in a row. Formats: <c>iso</c> (RFC 3339; a blank for the T and a missing offset are let pass), <c>unix</c> (seconds, also with a
/// fraction; from 100,000,000,000 up they are milliseconds), <c>rfc2822</c>, <c>arrival</c>, or a pattern of NodaTime such as <c>d/M/uuuu HH:mm</c>. What has no offset is local in the zone.
/// </summary>
public sealed class FieldTime(IReadOnlyList<string> paths, string format, DateTimeZone zone, LocalDateTimePattern? pattern)
{
    public const string Arrival = "arrival";
    private static readonly string[] Known = ["iso", "unix", "rfc2822", Arrival];

    public bool IsArrival => format == Arrival;

    /// <exception cref="FormatException">The format is no pattern; says why.</exception>
    public static FieldTime Make(IReadOnlyList<string> paths, string format, DateTimeZone zone)
    {
        if (Known.Contains(format)) return new(paths, format, zone, null);
        try { return new(paths, format, zone, LocalDateTimePattern.CreateWithInvariantCulture(format)); }
        catch (InvalidPatternException e) { throw new FormatException($"'{format}' is neither {string.Join(", ", Known)} nor a pattern: {e.Message}", e); }
    }

    /// <summary>The instant; null and the reason where the row tells none.</summary>
    public Instant? At(Row row, out string? why)
    {
        why = null;
        if (IsArrival) return Instant.FromDateTimeOffset(row.Arrival);
        foreach (var path in paths)
        {
            if (row.Text(path) is not { } text) continue;
            if (Parse(text) is { } at) return at;
            why = $"{path}: not a time of the format '{format}'";
            return null;
        }
        why = $"{string.Join(", ", paths)}: no time";
        return null;
    }

    private Instant? Parse(string text) => format switch
    {
        "iso" => Iso(text),
        "unix" => Number(text) is { } n && Math.Abs(n) < 253402300800000m ? Instant.FromUnixTimeMilliseconds((long)(Math.Abs(n) < 100_000_000_000m ? n * 1000 : n)) : null,
        "rfc2822" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? Instant.FromDateTimeOffset(at) : null,
        _ => pattern!.Parse(text) is { Success: true, Value: var local } ? LogText.At(local, zone) : null,
    };

    private Instant? Iso(string text)
    {
        if (text.Length > 10 && text[10] == ' ') text = string.Concat(text.AsSpan(0, 10), "T", text.AsSpan(11));
        if (OffsetDateTimePattern.Rfc3339.Parse(text) is { Success: true, Value: var exact }) return exact.ToInstant();
        if (OffsetDateTimePattern.ExtendedIso.Parse(text) is { Success: true, Value: var loose }) return loose.ToInstant();
        if (LocalDateTimePattern.ExtendedIso.Parse(text) is { Success: true, Value: var local }) return LogText.At(local, zone);
        return LocalDatePattern.Iso.Parse(text) is { Success: true, Value: var day } ? LogText.At(day.AtMidnight(), zone) : null;
    }

    private static decimal? Number(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : null;
}
