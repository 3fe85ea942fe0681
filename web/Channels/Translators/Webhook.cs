using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Web.Channels.Translators;

/// <summary>A webhook by Standard Webhooks 1.0.0: who knows the secret can tell that it is we, and by the id that he has heard it already.</summary>
internal static class Webhook
{
    private const string Prefix = "whsec_";

    /// <summary>The key in a secret: <c>whsec_</c> and base64 of 24 to 64 bytes. Null for anything else.</summary>
    public static byte[]? KeyOf(string secret)
    {
        var key = new byte[64];
        return secret.StartsWith(Prefix, StringComparison.Ordinal) && Convert.TryFromBase64String(secret[Prefix.Length..], key, out var length) && length >= 24 ? key[..length] : null;
    }

    /// <param name="seconds">Unix seconds</param>
    public static string Sign(string secret, string id, long seconds, ReadOnlySpan<byte> body)
    {
        var key = KeyOf(secret) ?? throw new FormatException("not a secret of a webhook");
        byte[] signed = [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{seconds}.")), .. body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed));
    }

    public static HttpCall Call(Telegram t) => Call(t, Body(t));

    /// <summary>A body, signed.</summary>
    public static HttpCall Call(Telegram t, byte[] body)
    {
        var seconds = t.Now / 1000;
        return new(t.Url, body,
        [
            ("webhook-id", t.Id), ("webhook-timestamp", seconds.ToString(CultureInfo.InvariantCulture)), ("webhook-signature", Sign(t.Secret!, t.Id, seconds, body)),
        ]);
    }

    public static SendResult Read(int status, ReadOnlyMemory<byte> body) => ChatAnswer.OfStatus(status);

    // Nothing in it depends on the attempt.
    private static byte[] Body(Telegram t)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            var letter = t.Letter!;
            var n = letter.Notice;
            json.WriteStartObject();
            json.WriteString("type", letter.Kind switch { LetterKind.Test => "channel.test", LetterKind.Undelivered => "channel.undelivered", _ => "alert." + n.StateName });
            json.WriteString("timestamp", DateTimeOffset.FromUnixTimeMilliseconds(n.At).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteStartObject("data");
            json.WriteString("alert", n.Alert);
            json.WriteString("code", n.Code);
            json.WriteString("state", n.StateName);
            json.WriteString("priority", n.Priority);
            json.WriteString("to", letter.Level);
            json.WriteString("why", Telling.NameOf(letter.Why));
            json.WriteString("undelivered_by", letter.About);
            json.WriteString("link", t.Link);
            json.WriteString("text", t.Message.Subject);
            if (n.Json.Length > 0)
            {
                json.WritePropertyName("detail");
                json.WriteRawValue(n.Json.Span);
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }
}
