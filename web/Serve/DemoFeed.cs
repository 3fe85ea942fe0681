using NodaTime;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Demo;

namespace OpsMonitor.Web.Serve;

/// <summary>Lets the demo's call centre live: what has happened there since the last look is offered to the host, as an integration would.</summary>
public sealed class DemoFeed(CallCentre centre, IOpsHost host, TimeProvider clock) : BackgroundService
{
    public const int DaysBehind = 8;

    /// <summary>The days before the start, minute by minute, each promise noticed at its second.</summary>
    public static IEnumerable<TurnInput> Past(CallCentre centre, Instant from, Instant to)
    {
        for (var at = from; at < to;)
        {
            at = Instant.Min(at + Duration.FromMinutes(1), to);
            yield return new(at.ToUnixTimeMilliseconds(), [.. centre.Until(at)], Replayed: true);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                var events = centre.Until(Instant.FromDateTimeOffset(clock.GetUtcNow())).ToList();
                if (events.Count > 0) await host.OfferAsync(events, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the server stops, and the day with it
        }
    }
}
