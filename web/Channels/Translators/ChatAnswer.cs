using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpsMonitor.Web.Channels.Translators;

/// <summary>What the chats have in common: plain text that cannot call or command, and an error code inside a 200.</summary>
internal static class ChatAnswer
{
    // Chinese as it is, which some robots count by the byte; quotes and brackets stay escaped by JSON itself.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Text in which nothing is a tag or calls somebody: the signs that could are written by their full-width twins.</summary>
    public static string Quiet(string text) => text.Replace('<', '＜').Replace('>', '＞').Replace('@', '＠').Replace('&', '＆');

    /// <summary>All of a message; the link is ours and stays one.</summary>
    public static string TextOf(Message message) => $"{Quiet(string.Join('\n', [message.Subject, .. message.Lines]))}\n{message.Link}";

    public static byte[] Json(Action<Utf8JsonWriter> members)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    public static SendResult OfStatus(int status) => status is >= 200 and < 300
        ? new(true, Named(status)) : new(false, Named(status), Gone: status == 410);

    /// <param name="codes">names of the member that holds the code; 0 is good</param>
    /// <param name="slow">codes that say "too fast", each with the ms to wait</param>
    public static SendResult Of(int status, ReadOnlyMemory<byte> body, IReadOnlyList<string> codes, IReadOnlyDictionary<long, long> slow)
    {
        var result = OfStatus(status);
        if (!result.Delivered) return result;
        try
        {
            using var document = JsonDocument.Parse(body, new() { MaxDepth = 8 });
            foreach (var name in codes)
            {
                if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(name, out var found) || !found.TryGetInt64(out var code)) continue;
                if (code == 0) return new(true, Named(status));
                return new(false, string.Create(CultureInfo.InvariantCulture, $"{name} {code}"), RetryAfterMs: slow.TryGetValue(code, out var wait) ? wait : null);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) { }
        return new(false, "answer without a code"); // some gate before the robot answered: nobody was told
    }

    private static string Named(int status) => string.Create(CultureInfo.InvariantCulture, $"http {status}");
}
