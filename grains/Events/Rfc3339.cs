using System.Numerics;

namespace OpsMonitor.Grains.Events;

/// <summary>Times on the wire: RFC 3339, always with an offset.</summary>
public static class Rfc3339
{
    private const long EpochMs = 62_135_596_800_000; // from 0001-01-01 to 1970-01-01
    private const long SecondMs = 1_000, MinuteMs = 60_000, HourMs = 3_600_000;

    /// <summary>Reads <c>2026-03-01T09:00:00.123+08:00</c> as Unix milliseconds; digits below a millisecond are cut off.</summary>
    /// <returns>False where the text is no RFC 3339 time or has no offset.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out long unixMs) => Parse(text, out unixMs);

    /// <summary>The same of UTF-8.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out long unixMs) => Parse(utf8, out unixMs);

    private static bool Parse<T>(ReadOnlySpan<T> text, out long unixMs) where T : unmanaged, IBinaryInteger<T>
    {
        unixMs = 0;
        if (text.Length is < 20 or > 64) return false;
        if (!Digits(text[..4], out var year) || Sign(text[4]) != '-' || !Digits(text[5..7], out var month) || Sign(text[7]) != '-' || !Digits(text[8..10], out var day)) return false;
        if (Sign(text[10]) is not ('T' or 't')) return false;
        if (!Digits(text[11..13], out var hour) || Sign(text[13]) != ':' || !Digits(text[14..16], out var minute) || Sign(text[16]) != ':' || !Digits(text[17..19], out var second)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        // 23:59:60 is legal; Unix time has no such second, so it counts as the one after it.
        if (hour > 23 || minute > 59 || second > 60) return false;
        if (!Fraction(text[19..], out var ms, out var rest) || !Offset(rest, out var offset)) return false;
        unixMs = new DateTime(year, month, day).Ticks / TimeSpan.TicksPerMillisecond - EpochMs
            + hour * HourMs + minute * MinuteMs + second * SecondMs + ms - offset;
        return true;
    }

    private static bool Fraction<T>(ReadOnlySpan<T> text, out int ms, out ReadOnlySpan<T> rest) where T : unmanaged, IBinaryInteger<T>
    {
        ms = 0;
        rest = text;
        if (Sign(text[0]) != '.') return true;
        var digits = 0;
        while (digits + 1 < text.Length && char.IsAsciiDigit(Sign(text[digits + 1]))) digits++;
        for (var i = 1; i <= 3; i++) ms = ms * 10 + (i <= digits ? Sign(text[i]) - '0' : 0);
        rest = text[(digits + 1)..];
        return digits > 0;
    }

    private static bool Offset<T>(ReadOnlySpan<T> text, out long ms) where T : unmanaged, IBinaryInteger<T>
    {
        ms = 0;
        if (text.Length == 1 && Sign(text[0]) is 'Z' or 'z') return true;
        if (text.Length != 6 || Sign(text[0]) is not ('+' or '-') || Sign(text[3]) != ':') return false;
        if (!Digits(text[1..3], out var hours) || !Digits(text[4..], out var minutes) || hours > 23 || minutes > 59) return false;
        ms = (hours * HourMs + minutes * MinuteMs) * (Sign(text[0]) == '-' ? -1 : 1);
        return true;
    }

    private static bool Digits<T>(ReadOnlySpan<T> text, out int value) where T : unmanaged, IBinaryInteger<T>
    {
        value = 0;
        foreach (var one in text)
        {
            var c = Sign(one);
            if (!char.IsAsciiDigit(c)) return false;
            value = value * 10 + (c - '0');
        }
        return true;
    }

    private static char Sign<T>(T one) where T : unmanaged, IBinaryInteger<T> => (char)ushort.CreateTruncating(one);
}
