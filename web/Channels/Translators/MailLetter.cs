using System.Globalization;
using System.Text;

namespace OpsMonitor.Web.Channels.Translators;

/// <summary>
/// A mail as its bytes. The text is base64, so no line of it is a header, a boundary or the end; what stands in headers was checked or is encoded.
/// </summary>
internal static class MailLetter
{
    // With the header's name a line of 76 characters, which is all that an encoded word may have.
    private const int WordBytes = 39;

    /// <summary>A plain address as settings may hold it: no name, no comment, no quotes, ASCII.</summary>
    public static bool IsAddress(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at is > 0 and <= 64 && text.Length <= 254 && text[..at].All(static c => char.IsAsciiLetterOrDigit(c) || ".!#$%&'*+/=?^_`{|}~-".Contains(c, StringComparison.Ordinal))
            && Uri.CheckHostName(text[(at + 1)..]) == UriHostNameType.Dns && text[(at + 1)..].All(char.IsAscii);
    }

    /// <summary>The same letter has the same id at every attempt, so that a mail box shows it once.</summary>
    public static string IdOf(string key, string from) => $"<{key}@{from[(from.IndexOf('@', StringComparison.Ordinal) + 1)..]}>";

    /// <param name="at">Unix ms of the change, not of the attempt</param>
    public static byte[] Compose(Message message, string key, string from, string to, string language, long at)
    {
        if (!IsAddress(from) || !IsAddress(to)) throw new FormatException("not a mail address");
        var text = new StringBuilder();
        text.Append($"From: OpsMonitor <{from}>\r\nTo: <{to}>\r\n");
        text.Append($"Subject: {Encoded(message.Subject)}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Date: {DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime:ddd, dd MMM yyyy HH:mm:ss} +0000\r\n");
        text.Append($"Message-ID: {IdOf(key, from)}\r\nMIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\nContent-Language: {language}\r\n");
        text.Append("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        var body = Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Join("\r\n", [message.Subject, "", .. message.Lines, "", message.Link, ""])));
        for (var i = 0; i < body.Length; i += 76) text.Append(body.AsSpan(i, Math.Min(76, body.Length - i))).Append("\r\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>RFC 2047: words of base64, each a whole number of characters, folded.</summary>
    internal static string Encoded(string text)
    {
        var (words, word, bytes) = (new List<string>(), new StringBuilder(), 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > WordBytes) { Flush(); }
            word.Append(rune.ToString());
            bytes += rune.Utf8SequenceLength;
        }
        Flush();
        return string.Join("\r\n ", words);

        void Flush()
        {
            words.Add($"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(word.ToString()))}?=");
            word.Clear();
            bytes = 0;
        }
    }
}
