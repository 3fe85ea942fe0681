namespace OpsMonitor.Web.Channels.Translators;

/// <summary>WeCom's robot in a group: its authority is the key in its address.</summary>
internal static class WeCom
{
    private static readonly Dictionary<long, long> Slow = new() { [45009] = 60_000 };

    // The robot takes 2,048 bytes of text.
    private const int MostBytes = 2_048;

    public static HttpCall Call(Telegram t) => new(t.Url, ChatAnswer.Json(json =>
    {
        json.WriteString("msgtype", "text");
        json.WriteStartObject("text");
        json.WriteString("content", Fitting(t.Message));
        json.WriteStartArray("mentioned_list");
        foreach (var user in t.Mentions) json.WriteStringValue(user);
        json.WriteEndArray();
        json.WriteEndObject();
    }), []);

    public static SendResult Read(int status, ReadOnlyMemory<byte> body) => ChatAnswer.Of(status, body, ["errcode"], Slow);

    // Lines at the end go before the link does.
    private static string Fitting(Message message)
    {
        var text = ChatAnswer.TextOf(message);
        for (var lines = message.Lines.Count; lines > 0 && System.Text.Encoding.UTF8.GetByteCount(text) > MostBytes;)
            text = ChatAnswer.TextOf(message with { Lines = [.. message.Lines.Take(--lines), "…"] });
        return text;
    }
}
