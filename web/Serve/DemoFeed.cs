using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Demo;

namespace OpsMonitor.Web.Serve;

/// <summary>Lets the demo's call centre live: what has happened there since the last look is offered to the host, as an integration would.</summary>
public sealed class DemoFeed(CallCentre centre, IOpsHost host, TimeProvider clock) : BackgroundService
{
    public const int DaysBehind = 8;

    // Nearer to the present than this, what is left is the running host's.
    private static readonly Duration Caught = Duration.FromMilliseconds(50);

    /// <summary>
    /// The days before the present, each event and each promise taken at its own instant, as by a host that had run all the time. Judging them takes
    /// seconds, in which the present moves on: it goes on until it has caught up, for what fell due meanwhile would else look noticed late.
    /// </summary>
    public static IEnumerable<TurnInput> Past(CallCentre centre, Instant from, TimeProvider clock)
    {
        for (var (at, now) = (from, Present(clock)); now - at > Caught; now = Present(clock))
        {
            at = Instant.Min(at + Duration.FromMinutes(1), now);
            var together = new List<Event>();
            foreach (var e in centre.Until(at))
            {
                if (together.Count > 0 && together[0].At != e.At)
                {
                    yield return new(together[0].At, together, Replayed: true);
                    together = [];
                }
                together.Add(e);
            }
            if (together.Count > 0) yield return new(together[0].At, together, Replayed: true);
            yield return new(at.ToUnixTimeMilliseconds(), [], Replayed: true);
        }
    }

    private static Instant Present(TimeProvider clock) => Instant.FromDateTimeOffset(clock.GetUtcNow());

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                var events = centre.Until(Present(clock)).ToList();
                if (events.Count > 0) await host.OfferAsync(events, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the server stops, and the day with it
        }
    }
}
