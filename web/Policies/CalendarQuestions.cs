using System.Globalization;
using System.Text;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>
/// Answers questions about one calendar, a JSON object each. An answer's times are written as the question's were: with an offset (the
/// calendar's) or as local time of the calendar; dates for dates. (docs: policies, The calendar command)
/// </summary>
public sealed class CalendarQuestions(BusinessCalendar calendar)
{
    private static readonly LocalDateTimePattern Local = LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd'T'HH':'mm':'ss;FFF");
    private static readonly LocalDateTimePattern Minutes = LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd'T'HH':'mm");
    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const long MostSeconds = 1_000_000_000_000, MostDays = 100_000_000; // more than there is between the years 1 and 9999

    private enum Manner { Offset, Local, Date }

    private readonly record struct Time(long At, Manner Manner, LocalDate Date);

    /// <summary>One calendar file by itself.</summary>
    /// <exception cref="ReferenceDataException">The file breaks a rule.</exception>
    public static CalendarQuestions OfFile(string file) => new(CalendarShelf.Join([CalendarReader.Read(file)]).ById.Values.Single(c => !c.IsAlways));

    /// <summary>The answer as one line of JSON; <c>{"error": ...}</c> for what is no question.</summary>
    public string Answer(string line, out bool good)
    {
        try
        {
            using var question = JsonDocument.Parse(line);
            return Answer(question.RootElement, out good);
        }
        catch (JsonException e)
        {
            good = false;
            return Write(json => json.WriteString("error", e.Message), null);
        }
    }

    private string Answer(JsonElement question, out bool good)
    {
        try
        {
            good = true;
            return Write(json => Answer(question, json), question);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            good = false;
            return Write(json => json.WriteString("error", e is FormatException ? e.Message : "the question or its answer lies outside the years 1 to 9999"), question);
        }
    }

    private void Answer(JsonElement q, Utf8JsonWriter json)
    {
        switch (Text(q, "op"))
        {
            case "between": Seconds(json, calendar.Between(At(q, "from").At, At(q, "to").At)); break;
            case "add": Give(json, calendar.Add(At(q, "from").At, Ms(q, "seconds")), At(q, "from").Manner); break;
            case "add_days": AddDays(q, json); break;
            case "is_open": json.WriteBoolean("open", calendar.IsOpen(At(q, "at").At)); break;
            case "next_open": Give(json, calendar.NextOpen(At(q, "at").At), At(q, "at").Manner); break;
            case "prev_open": Give(json, calendar.PrevOpen(At(q, "at").At), At(q, "at").Manner); break;
            case "closing_after": Give(json, calendar.ClosingAfter(At(q, "at").At), At(q, "at").Manner); break;
            case "days_between": DaysBetween(q, json); break;
            case "periods": Periods(q, json); break;
            case var other: throw new FormatException($"'{other}' is not an op; known are between, add, add_days, is_open, next_open, prev_open, closing_after, days_between, periods");
        }
    }

    private void AddDays(JsonElement q, Utf8JsonWriter json)
    {
        var (from, days) = (At(q, "from"), Days(q));
        if (from.Manner != Manner.Date) { Give(json, calendar.AddDays(from.At, days), from.Manner); return; }
        if (calendar.AddDates(from.Date, days) is { } date) json.WriteString("at", LocalDatePattern.Iso.Format(date)); else json.WriteNull("at");
    }

    // Working dates after the first up to and with the last; "inclusive" counts the first as well.
    private void DaysBetween(JsonElement q, Utf8JsonWriter json)
    {
        var (from, to) = (At(q, "from").Date, At(q, "to").Date);
        var first = Inclusive(q) && calendar.Works(from < to ? from : to) ? 1 : 0;
        json.WriteNumber("days", calendar.DaysBetween(from, to) + (to < from ? -first : first));
    }

    private void Periods(JsonElement q, Utf8JsonWriter json)
    {
        var day = At(q, q.TryGetProperty("day", out _) ? "day" : q.TryGetProperty("date", out _) ? "date" : "at");
        var manner = day.Manner == Manner.Date ? Manner.Local : day.Manner;
        json.WriteStartArray("periods");
        foreach (var period in calendar.PeriodsOf(day.Date))
        {
            json.WriteStartArray();
            foreach (var minute in new[] { period.From, period.To })
                json.WriteStringValue(Spell(calendar.At(day.Date.PlusDays(minute / DayPeriod.DayMinutes) + LocalTime.FromMinutesSinceMidnight(minute % DayPeriod.DayMinutes)), manner));
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    private Time At(JsonElement q, string name)
    {
        var text = Text(q, name);
        if (Rfc3339.TryParse(text, out var at)) return new(at, Manner.Offset, calendar.DateOf(at));
        if (LocalDatePattern.Iso.Parse(text) is { Success: true } date) return new(calendar.At(date.Value.AtMidnight()), Manner.Date, date.Value);
        var local = Local.Parse(text) is { Success: true } full ? full : Minutes.Parse(text);
        if (!local.Success) throw new FormatException($"'{name}' must be RFC 3339, or local such as 2026-04-08T09:00:00, not '{text}'");
        return new(calendar.At(local.Value), Manner.Local, local.Value.Date);
    }

    private void Give(Utf8JsonWriter json, long at, Manner manner)
    {
        if (at is BusinessCalendar.Never or BusinessCalendar.NeverWas) json.WriteNull("at");
        else json.WriteString("at", Spell(at, manner == Manner.Date ? Manner.Local : manner));
    }

    private string Spell(long at, Manner manner)
    {
        var zoned = Instant.FromUnixTimeMilliseconds(at).InZone(calendar.Zone);
        if (zoned.Year < 1) throw new ArgumentOutOfRangeException(nameof(at)); // RFC 3339 knows no such year
        if (manner != Manner.Offset) return Local.Format(zoned.LocalDateTime);
        // Before zones had whole minutes, an offset such as +05:41:16 cannot be written: RFC 3339 has none.
        if (zoned.Offset.Seconds % 60 != 0) return Local.Format(zoned.ToInstant().InUtc().LocalDateTime) + "Z";
        var offset = zoned.Offset == Offset.Zero ? "Z" : OffsetPattern.CreateWithInvariantCulture("+HH:mm").Format(zoned.Offset);
        return Local.Format(zoned.LocalDateTime) + offset;
    }

    private static void Seconds(Utf8JsonWriter json, long ms)
    {
        if (ms % 1000 == 0) json.WriteNumber("seconds", ms / 1000); else json.WriteNumber("seconds", ms / 1000m);
    }

    private static long Ms(JsonElement q, string name) =>
        q.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var seconds) && Math.Abs(seconds) < MostSeconds ? (long)(seconds * 1000)
        : throw new FormatException($"'{name}' is required, as a number of less than {MostSeconds}");

    private static int Days(JsonElement q) =>
        q.TryGetProperty("days", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var days) && Math.Abs((long)days) < MostDays ? days
        : throw new FormatException($"'days' is required, as a whole number of less than {MostDays}");

    private static bool Inclusive(JsonElement q) => q.TryGetProperty("inclusive", out var value) && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new FormatException("'inclusive' must be true or false"),
    };

    private static string Text(JsonElement q, string name) =>
        q.ValueKind == JsonValueKind.Object && q.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()!
        : throw new FormatException($"'{name}' is required, as text");

    private static string Write(Action<Utf8JsonWriter> content, JsonElement? question)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            if (question is { ValueKind: JsonValueKind.Object } q && q.TryGetProperty("id", out var id)) { json.WritePropertyName("id"); id.WriteTo(json); }
            content(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
