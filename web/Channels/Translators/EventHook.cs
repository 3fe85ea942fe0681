using OpsMonitor.Web.Out;

namespace OpsMonitor.Web.Channels.Translators;

/// <summary>Own events for programs: the envelope of events, signed and sent as any webhook is.</summary>
internal static class EventHook
{
    public static HttpCall Call(Telegram t)
    {
        if (t.Letter is not { Kind: LetterKind.Event } letter) return Webhook.Call(t); // a test
        var call = Webhook.Call(t, OwnEvents.Write(letter.Notice, letter.Level, t.Link));
        return call with { Headers = [.. call.Headers, ("ce-specversion", "1.0")] };
    }
}
