using System.Text;
using System.Text.Json;

namespace OpsMonitor.Tests.Web.Hostile;

/// <summary>Takes a good text and spoils it where it hurts: at the tokens of JSON, the lines of YAML, the fields of a form.</summary>
internal static class Damage
{
    private static readonly string Deep = new string('[', 70) + new string(']', 70), Deeper = new string('[', 20_000), Long = '"' + new string('x', 300_000) + '"';

    /// <summary>As JSON; some of it is none.</summary>
    public static readonly string[] Values =
    [
        "null", "true", "0", "-1", "-0", "1.5", "1e999", "1e300", "-1e300", "9223372036854775807", "9223372036854775808", "99999999999999999999999", "1e-400", "01", "0x10", "NaN", "Infinity", "'x'",
        "\"\"", "\" \"", "\"\\u0000\"", "\"a\\u0001b\\u007f\"", "\"a\0b\"", "\"\\ud83d\"", "\"\\udc00\\ud83d\"", "\"\\uFEFFx\"", "\"\u202egnp\"", "\"\u0663\"", "\"../../etc\"", "\"ticket/\"", "\"ticket//\"", "\"contact/a/b\"", "\"ticket/\\n\"",
        "\"2026-03-01T09:00:00\"", "\"2026-03-01\"", "\"2026-02-30T00:00:00Z\"", "\"0000-00-00T00:00:00Z\"", "\"0001-01-01T00:00:00Z\"", "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59.999Z\"", "\"9999-12-31T23:59:59-14:00\"", "\"2026-03-01T24:00:00Z\"", "\"2026-03-01T23:59:60Z\"",
        "\"-1\"", "\"1e9\"", "\"99999999999999999999\"", "\"NaN\"", "\"null\"", "\"%00\"", "\"{{x}}\"", "\"${x}\"", "\"' or 1=1 --\"", "\"<script>\"",
        "{}", "[]", "[null]", "[[]]", "{\"\":1}", "{\"a\":1,\"a\":2}", "{\"x\":{\"x\":{\"x\":null}}}", "", ",", "}", "]", "\"", Deep, Deeper, Long,
    ];

    public static byte[] Json(Random random, string good)
    {
        var text = good;
        for (var n = random.Next(1, 4); n > 0; n--) text = random.Next(4) == 0 ? Characters(random, text) : Token(random, text);
        return Bytes(random, Encoding.UTF8.GetBytes(text));
    }

    public static byte[] Yaml(Random random, string good)
    {
        var lines = good.Split('\n').ToList();
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(lines.Count);
            var colon = lines[at].IndexOf(": ", StringComparison.Ordinal);
            switch (random.Next(8))
            {
                case 0: lines.RemoveAt(at); break;
                case 1: lines.Insert(random.Next(lines.Count), lines[at]); break;
                case 2: lines[at] = new string(' ', random.Next(1, 9)) + lines[at]; break;
                case 3: lines.Insert(at, Pick(random, "\t- x", "&a a: *a", "<<: *a", "a: !!python/object x", "%YAML 9.9", "---", "...", "? [a, b]\n: c", "- ", "\0", "x: |", "x: >+9", "{", new string('[', 5_000), "a: " + new string('{', 200_000), "\u2028", "\"")); break;
                case 4 or 5 when colon > 0: lines[at] = lines[at][..(colon + 2)] + Pick(random, Values); break;
                case 6: lines[at] = Characters(random, lines[at]); break;
                default: (lines[at], lines[0]) = (lines[0], lines[at]); break;
            }
            if (lines.Count == 0) lines.Add("");
        }
        return Bytes(random, Encoding.UTF8.GetBytes(string.Join('\n', lines)));
    }

    /// <summary>Forms and tables: separators, escapes and lines.</summary>
    public static byte[] Text(Random random, string good)
    {
        var text = good;
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(text.Length + 1);
            text = random.Next(3) == 0 ? Characters(random, text)
                : text.Insert(at, Pick(random, "&", "=", "%", "%0", "%00", "%C3%28", "%ud83d", "+", ";", ",", "\"", "\"\"", "\n", "\r", "\r\n", "\0", "&&&&", "[]=", new string('&', 5_000), new string(',', 5_000), new string('x', 200_000)));
        }
        return Bytes(random, Encoding.UTF8.GetBytes(text));
    }

    public static T Pick<T>(Random random, params ReadOnlySpan<T> from) => from[random.Next(from.Length)];

    private static string Token(Random random, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var tokens = new List<(JsonTokenType Type, int From, int To)>();
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 1_000 });
            while (reader.Read()) tokens.Add((reader.TokenType, (int)reader.TokenStartIndex, (int)reader.BytesConsumed));
        }
        catch (JsonException) { }
        if (tokens.Count == 0) return Characters(random, text);
        var (type, from, to) = tokens[random.Next(tokens.Count)];
        string Cut(int a, int b) => Encoding.UTF8.GetString(bytes, a, Math.Max(0, b - a));
        var (before, token, after) = (Cut(0, from), Cut(from, to), Cut(to, bytes.Length));
        if (type == JsonTokenType.PropertyName)
        {
            return random.Next(4) switch
            {
                0 => before + token + Pick(random, Values) + "," + token + after, // the name twice, with another value
                1 => before + "\"" + Pick(random, "", "id", "data", "x", "\\u0000", "\\ud83d", "__proto__", "TIME", "subject ") + "\":" + after,
                2 => before + token + Pick(random, Values) + (after.IndexOf(',', StringComparison.Ordinal) is var comma and >= 0 ? after[comma..] : after),
                _ => before + after,
            };
        }
        return random.Next(5) switch { 0 => before + after, 1 => before + token + token + after, _ => before + Pick(random, Values) + after };
    }

    private static string Characters(Random random, string text)
    {
        if (text.Length == 0) return "\0";
        var (at, more) = (random.Next(text.Length), random.Next(1, 12));
        var end = Math.Min(text.Length, at + more);
        return random.Next(4) switch
        {
            0 => text[..at],
            1 => text[..at] + text[end..],
            2 => text[..at] + text[at..end] + text[at..],
            _ => text[..at] + (char)random.Next(0x80) + text[Math.Min(text.Length, at + 1)..],
        };
    }

    private static byte[] Bytes(Random random, byte[] body)
    {
        if (body.Length == 0 || random.Next(6) != 0) return body;
        var at = random.Next(body.Length);
        switch (random.Next(4))
        {
            case 0: body[at] ^= (byte)(1 << random.Next(8)); return body;
            case 1: body[at] = (byte)random.Next(0x80, 0x100); return body;
            case 2: return [0xEF, 0xBB, 0xBF, .. body];
            default: return Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(body));
        }
    }
}
