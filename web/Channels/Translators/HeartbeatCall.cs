using System.Text.Json;

namespace OpsMonitor.Web.Channels.Translators;

/// <summary>A sign of life for a service that raises an alarm of its own when it stays away. It names nothing and nobody.</summary>
internal static class HeartbeatCall
{
    public const string Kind = "heartbeat";

    public static HttpCall Call(Telegram t) => new(t.Url, JsonSerializer.SerializeToUtf8Bytes(new { beat = t.Now }), []);

    public static SendResult Read(int status, ReadOnlyMemory<byte> body) =>
        status is >= 200 and < 300 ? new(true, $"HTTP {status}") : new(false, $"HTTP {status}"); // one that is gone now may come back: it is never given up
}
