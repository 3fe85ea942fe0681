using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace OpsMonitor.Web.Conversion;

/// <summary>One line of an Asterisk queue_log: <c>time|callid|queue|agent|EVENT|data1|...</c>, time in Unix seconds or local.</summary>
internal sealed record QueueLogLine(Instant Time, string CallId, string Queue, string Agent, string Event, IReadOnlyList<string> Data)
{
    private const string Nobody = "NONE";
    private static readonly LocalDateTimePattern Local = LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm:ss;FFFFFFFFF");

    /// <summary>Throws <see cref="FormatException"/> naming <paramref name="line"/>, counted from 1.</summary>
    public static QueueLogLine Parse(string text, int line, DateTimeZone zone)
    {
        var fields = text.Split('|', StringSplitOptions.TrimEntries);
        if (fields.Length < 5) throw new FormatException($"line {line}: {fields.Length} fields, at least 5 are needed");
        return new(When(fields[0], line, zone), fields[1], fields[2], fields[3], fields[4], fields[5..]);
    }

    /// <summary>The agent as one path segment (<c>SIP/ann</c> is <c>SIP-ann</c>), or null where the line names nobody.</summary>
    public string? AgentId => Agent is "" or Nobody ? null : Agent.Replace('/', '-');

    /// <summary>The queue, or null where the line is about all of them.</summary>
    public string? QueueOrAll => Queue is "" or Nobody ? null : Queue;

    /// <summary>data1 is 1. Null where the field is absent or empty.</summary>
    public string? Text(int n) => n <= Data.Count && Data[n - 1].Length > 0 ? Data[n - 1] : null;

    /// <summary>A field as a number not below zero; null where it is absent, empty or something else.</summary>
    public decimal? Number(int n) =>
        decimal.TryParse(Text(n), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>How many data fields there are up to the last that is not empty: some exports pad every line to five.</summary>
    public int Filled => Data.Count - Data.Reverse().TakeWhile(d => d.Length == 0).Count();

    private static Instant When(string text, int line, DateTimeZone zone)
    {
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 253402300800m)
            return Instant.FromUnixTimeMilliseconds((long)(seconds * 1000));
        var parsed = Local.Parse(text);
        if (!parsed.Success) throw new FormatException($"line {line}: '{text}' is neither Unix seconds nor YYYY-MM-DD HH:MM:SS");
        return Instant.FromUnixTimeMilliseconds(LogText.At(parsed.Value, zone).ToUnixTimeMilliseconds());
    }
}
