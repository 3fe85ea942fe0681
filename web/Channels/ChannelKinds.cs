using System.Collections.Frozen;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Channels.Translators;
using OpsMonitor.Web.Out;

namespace OpsMonitor.Web.Channels;

/// <summary>A request that is ready to be sent. Its address may itself be a secret.</summary>
internal sealed record HttpCall(Uri Url, byte[] Body, IReadOnlyList<(string Name, string Value)> Headers);

/// <summary>What a translator makes a request of.</summary>
/// <param name="Id">the same at every attempt</param>
/// <param name="Mentions">ids of users that the chat is to call</param>
/// <param name="Letter">null for a digest</param>
/// <param name="Now">Unix ms of the attempt</param>
internal sealed record Telegram(Message Message, Letter? Letter, string Id, Uri Url, string? Secret, IReadOnlyList<string> Mentions, string Link, long Now);

/// <summary>One kind of channel: data, and two small pure functions. Another one is another line in <see cref="ByName"/>.</summary>
/// <param name="Secrets">names of what may be set; the first is needed</param>
/// <param name="Rates">what the receiver allows</param>
/// <param name="Chat">one recipient for everybody, who can be sent a digest</param>
/// <param name="Call">null where it is not HTTP</param>
/// <param name="Read">what the receiver answered, by status and body</param>
internal sealed record ChannelKind(
    string Name, IReadOnlyList<string> Secrets, IReadOnlyList<Rate> Rates, bool Chat, Func<Telegram, HttpCall>? Call, Func<int, ReadOnlyMemory<byte>, SendResult>? Read);

internal static class ChannelKinds
{
    public const string Mail = "email", Url = "url", Secret = "secret", Password = "password";

    private const long Minute = 60_000;

    // Limits: those that the three chats publish for robots in a group. (spec: alerts, Channels)
    public static readonly FrozenDictionary<string, ChannelKind> ByName = new ChannelKind[]
    {
        new(Mail, [Password], [], false, null, null),
        new("webhook", [Secret, Url], [], false, Webhook.Call, Webhook.Read),
        new(HeartbeatCall.Kind, [Url], [], false, HeartbeatCall.Call, HeartbeatCall.Read),
        new(Subscriptions.Kind, [Secret, Url], [], false, EventHook.Call, Webhook.Read),
        new("dingtalk", [Url, Secret], [new(20, Minute)], true, DingTalk.Call, DingTalk.Read),
        new("wecom", [Url], [new(20, Minute)], true, WeCom.Call, WeCom.Read),
        new("feishu", [Url, Secret], [new(100, Minute), new(5, 1_000)], true, Feishu.Call, Feishu.Read),
    }.ToFrozenDictionary(k => k.Name, StringComparer.Ordinal);
}
