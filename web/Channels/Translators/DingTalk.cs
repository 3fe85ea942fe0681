using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OpsMonitor.Web.Channels.Translators;

/// <summary>DingTalk's robot in a group, "additional signature" (加签) where a secret is set.</summary>
internal static class DingTalk
{
    // "Too fast" blocks the robot for ten minutes.
    private static readonly Dictionary<long, long> Slow = new() { [130101] = 600_000, [660026] = 600_000 };

    /// <summary>HMAC-SHA256 with the secret as the key over time and secret; base64, not yet escaped.</summary>
    /// <param name="ms">Unix ms</param>
    public static string Sign(string secret, long ms) => Convert.ToBase64String(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{ms}\n{secret}"))));

    public static HttpCall Call(Telegram t)
    {
        var url = t.Url.AbsoluteUri;
        if (t.Secret is { } secret)
            url += string.Create(CultureInfo.InvariantCulture, $"{(url.Contains('?', StringComparison.Ordinal) ? '&' : '?')}timestamp={t.Now}&sign={Uri.EscapeDataString(Sign(secret, t.Now))}");
        return new(new(url), ChatAnswer.Json(json =>
        {
            json.WriteString("msgtype", "text");
            json.WriteStartObject("text");
            json.WriteString("content", ChatAnswer.TextOf(t.Message));
            json.WriteEndObject();
            json.WriteStartObject("at");
            json.WriteStartArray("atUserIds");
            foreach (var user in t.Mentions) json.WriteStringValue(user);
            json.WriteEndArray();
            json.WriteBoolean("isAtAll", false);
            json.WriteEndObject();
        }), []);
    }

    public static SendResult Read(int status, ReadOnlyMemory<byte> body) => ChatAnswer.Of(status, body, ["errcode"], Slow);
}
