using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OpsMonitor.Web.Channels.Translators;

/// <summary>Feishu's (Lark's) robot in a group.</summary>
internal static class Feishu
{
    private static readonly Dictionary<long, long> Slow = new() { [11232] = 60_000, [9499] = 60_000 };

    /// <summary>Time and secret are the KEY, and nothing is signed by it. It is what the receiver computes as well.</summary>
    /// <param name="seconds">Unix seconds</param>
    public static string Sign(string secret, long seconds) => Convert.ToBase64String(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seconds}\n{secret}")), Array.Empty<byte>()));

    public static HttpCall Call(Telegram t) => new(t.Url, ChatAnswer.Json(json =>
    {
        if (t.Secret is { } secret)
        {
            json.WriteString("timestamp", (t.Now / 1000).ToString(CultureInfo.InvariantCulture));
            json.WriteString("sign", Sign(secret, t.Now / 1000));
        }
        json.WriteString("msg_type", "text");
        json.WriteStartObject("content");
        json.WriteString("text", string.Concat(t.Mentions.Select(m => $"<at user_id=\"{m}\"></at> ")) + ChatAnswer.TextOf(t.Message));
        json.WriteEndObject();
    }), []);

    public static SendResult Read(int status, ReadOnlyMemory<byte> body) => ChatAnswer.Of(status, body, ["code", "StatusCode"], Slow);
}
