using System.Text;
using NodaTime;
using NodaTime.Text;

namespace OpsMonitor.Web.Policies;

/// <summary>Holidays of an iCalendar file (RFC 5545) as the lines of a calendar file. Whole-day events only; one that repeats must do so each year on its day.</summary>
public static class IcsHolidays
{
    private static readonly LocalDatePattern Basic = LocalDatePattern.CreateWithInvariantCulture("uuuuMMdd");

    /// <summary>One holiday; <see cref="To"/> is its last day.</summary>
    public sealed record Holiday(LocalDate From, LocalDate To, bool EveryYear, string Name);

    /// <exception cref="FormatException">The text is no iCalendar, or an event is none that a calendar file can say.</exception>
    public static IReadOnlyList<Holiday> Read(string text)
    {
        var (all, open) = (new List<Holiday>(), (Dictionary<string, string>?)null);
        var lines = Unfold(text);
        if (!lines.Any(l => l.Text == "BEGIN:VCALENDAR")) throw new FormatException("this is no iCalendar file: BEGIN:VCALENDAR is missing");
        foreach (var (line, number) in lines)
        {
            if (line == "BEGIN:VEVENT") open = new(StringComparer.Ordinal) { ["line"] = number.ToString(System.Globalization.CultureInfo.InvariantCulture) };
            else if (line == "END:VEVENT" && open is not null)
            {
                if (!open.TryGetValue("STATUS", out var status) || status != "CANCELLED") all.Add(Of(open));
                open = null;
            }
            else if (open is not null && line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
                open[line[..colon].Split(';')[0].ToUpperInvariant()] = line[(colon + 1)..];
        }
        return all;
    }

    /// <summary>The <c>holidays:</c> list of a calendar file, in the order of the dates.</summary>
    public static string ToYaml(IReadOnlyList<Holiday> holidays)
    {
        var yaml = new StringBuilder("holidays:\n");
        foreach (var h in holidays.OrderBy(h => h.From).ThenBy(h => h.Name, StringComparer.Ordinal))
        {
            var when = h.EveryYear ? $"every: \"{h.From.Month:00}-{h.From.Day:00}\"" : h.From == h.To ? $"date: {LocalDatePattern.Iso.Format(h.From)}"
                : $"from: {LocalDatePattern.Iso.Format(h.From)}, to: {LocalDatePattern.Iso.Format(h.To)}";
            yaml.Append($"  - {{{when}, name: {{en: {System.Text.Json.JsonSerializer.Serialize(h.Name, Relaxed)}}}}}\n");
        }
        return yaml.ToString();
    }

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static Holiday Of(Dictionary<string, string> e)
    {
        var name = Unescape(e.GetValueOrDefault("SUMMARY", "")) is { Length: > 0 } summary ? summary : "holiday";
        var from = Date(e, "DTSTART") ?? throw new FormatException($"line {e["line"]}: '{name}' has no DTSTART");
        var to = Date(e, "DTEND")?.PlusDays(-1) ?? from; // DTEND is the day after the last
        if (to < from) to = from;
        if (!e.TryGetValue("RRULE", out var rule)) return new(from, to, false, name);
        var parts = rule.Split(';').Where(p => !p.StartsWith("WKST=", StringComparison.Ordinal) && p != "INTERVAL=1" && p != $"BYMONTH={from.Month}" && p != $"BYMONTHDAY={from.Day}");
        if (!parts.SequenceEqual(["FREQ=YEARLY"]) || from != to) throw new FormatException($"line {e["line"]}: '{name}' repeats by {rule}; only FREQ=YEARLY of one day can be taken over");
        return new(from, to, true, name);
    }

    private static LocalDate? Date(Dictionary<string, string> e, string name)
    {
        if (!e.TryGetValue(name, out var text)) return null;
        var parsed = Basic.Parse(text);
        return parsed.Success ? parsed.Value : throw new FormatException($"line {e["line"]}: {name} '{text}' is not a whole day such as 20260101");
    }

    private static string Unescape(string text) => text.Replace("\\n", " ", StringComparison.Ordinal).Replace("\\,", ",", StringComparison.Ordinal)
        .Replace("\\;", ";", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal).Trim();

    // A line that begins with a blank continues the one before.
    private static List<(string Text, int Number)> Unfold(string text)
    {
        var (lines, number) = (new List<(string, int)>(), 0);
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.TrimEnd('\r');
            if (lines.Count > 0 && line is [' ' or '\t', ..]) lines[^1] = (lines[^1].Item1 + line[1..], lines[^1].Item2);
            else lines.Add((line, number));
        }
        return lines;
    }
}
