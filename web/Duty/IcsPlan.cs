using System.Globalization;
using System.Text;
using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Web.Duty;

/// <summary>A rota's plan as an iCalendar file (RFC 5545): one event for each time on duty, told in UTC, so that no reader needs its zone.</summary>
internal static class IcsPlan
{
    private const int MostOctets = 75;

    /// <param name="nameOf">a person's name by his id</param>
    /// <param name="now">Unix ms of the export</param>
    public static string Write(RotaEntry rota, IReadOnlyList<OnDuty> plan, Func<string, string> nameOf, long now)
    {
        var ics = new StringBuilder();
        Line(ics, "BEGIN:VCALENDAR");
        Line(ics, "VERSION:2.0");
        Line(ics, "PRODID:-//OpsMonitor//Duty//EN");
        Line(ics, "CALSCALE:GREGORIAN");
        Line(ics, "METHOD:PUBLISH");
        Line(ics, "X-WR-CALNAME:" + Text(rota.Name));
        foreach (var duty in plan)
        {
            Line(ics, "BEGIN:VEVENT");
            // The same stretch has the same id in every export, whoever is on duty: a reader then replaces it.
            Line(ics, $"UID:{rota.Plan.Id}-{duty.From.ToString(CultureInfo.InvariantCulture)}@opsmonitor");
            Line(ics, "DTSTAMP:" + Time(now));
            Line(ics, "DTSTART:" + Time(duty.From));
            Line(ics, "DTEND:" + Time(duty.To));
            Line(ics, "SUMMARY:" + Text($"{rota.Name}: {nameOf(duty.Person)}"));
            if (duty.Reason is { } reason) Line(ics, "DESCRIPTION:" + Text(reason));
            Line(ics, "END:VEVENT");
        }
        Line(ics, "END:VCALENDAR");
        return ics.ToString();
    }

    // The seconds of a shift's end are whole.
    private static string Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static string Text(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
            escaped.Append(c switch { '\\' => @"\\", ';' => @"\;", ',' => @"\,", '\n' => @"\n", _ => char.IsControl(c) ? " " : c.ToString() });
        return escaped.ToString();
    }

    // A line is 75 octets at most; what is longer goes on in the next one after a blank, and no character is cut.
    private static void Line(StringBuilder ics, string line)
    {
        var octets = 0;
        foreach (var rune in line.EnumerateRunes())
        {
            if (octets + rune.Utf8SequenceLength > MostOctets)
            {
                ics.Append("\r\n ");
                octets = 1;
            }
            ics.Append(rune.ToString());
            octets += rune.Utf8SequenceLength;
        }
        ics.Append("\r\n");
    }
}
