using System.Collections.Concurrent;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Channels.Translators;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Channels;

/// <summary>
/// Sends signs of life by the channels of the kind heartbeat, through the same guard as everything. It keeps silent while events cannot be kept or
/// nobody sends messages: then somebody outside must notice.
/// </summary>
internal sealed partial class DeadMan(IOpsHost host, ChannelStore store, LetterTable table, ISender sender, Courier courier, TimeProvider clock, ILogger<DeadMan> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, (long At, bool Delivered)> _last = new(StringComparer.Ordinal);

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await BeatAsync(stop);
                await Task.Delay(Look, stop);
            }
            catch (OperationCanceledException) { return; }
            catch (Exception fault) when (fault is not OutOfMemoryException) // whatever it is: the walls must not go with it
            {
                CannotBeat(fault);
                try { await Task.Delay(Look, stop); }
                catch (OperationCanceledException) { return; }
            }
        }
    }

    /// <summary>Sends what is due; a slow receiver holds up no other.</summary>
    internal Task BeatAsync(CancellationToken stop)
    {
        var (settings, now) = (store.Current().Settings, Now);
        if (!Heartbeat.MayBeat(host.ReadOnly, courier.LookedAt, now)) return Task.CompletedTask;
        _ = host.Read(static tally => tally.Version); // whoever cannot be read cannot alarm
        return Task.WhenAll(settings.Channels.Values.Where(c => c.Kind == HeartbeatCall.Kind && IsDue(c, now)).Select(c => SendAsync(settings, c, now, stop)));
    }

    private bool IsDue(ChannelEntry channel, long now)
    {
        var (at, delivered) = _last.TryGetValue(channel.Id, out var last) ? (last.At, last.Delivered) : ((long?)null, false);
        return Heartbeat.NextAt(at, delivered, channel.EveryMs) <= now;
    }

    private async Task SendAsync(ChannelSettings settings, ChannelEntry channel, long now, CancellationToken stop)
    {
        _last[channel.Id] = (now, false);
        var result = await sender.SendAsync(settings, channel, [Courier.TestLetter(channel, null, now)], now, stop);
        _last[channel.Id] = (now, result.Delivered);
        table.Noted(channel.Id, result.Delivered, result.Detail, Now);
    }

    [LoggerMessage(LogLevel.Error, "signs of life cannot be sent at the moment")]
    private partial void CannotBeat(Exception fault);
}
