using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Out;
using OpsMonitor.Web.Sources;

namespace OpsMonitor.Web.Serve;

/// <summary>The edge's view of the host: verdicts of the core become the answers of the API, with a stable code each.</summary>
/// <param name="samples">is shown what becomes of each event</param>
public sealed class HostSink(IOpsHost host, SourceSamples? samples = null) : IEventSink
{
    public async ValueTask<IngestAnswer> OfferAsync(IReadOnlyList<Event> events, CancellationToken cancel)
    {
        using var span = Tracing.Spans.StartActivity("offer");
        var (refusal, verdicts) = await host.OfferAsync(events, cancel);
        span?.SetTag("opsmonitor.events", events.Count).SetTag("opsmonitor.accepted", verdicts.Count(static v => v == Verdict.Accepted)).SetTag("opsmonitor.refusal", refusal.ToString());
        if (samples is not null)
            for (var i = 0; i < verdicts.Count; i++) samples.Saw(events[i], verdicts[i]);
        return new(refusal == Refusal.Full, refusal == Refusal.ReadOnly, [.. verdicts.Select(Translate)]);
    }

    private static EventVerdict Translate(Verdict verdict) => verdict switch
    {
        Verdict.Accepted => new(EventStatus.Accepted),
        Verdict.Duplicate => new(EventStatus.Duplicate),
        Verdict.IdReused => new(EventStatus.Rejected, "id_reused", "/id", "another event with this source and id is already kept; give each event its own id"),
        Verdict.TooOld => new(EventStatus.Rejected, "too_old", "/time", "older than 30 days; send it to a server started with --backfill"),
        Verdict.TimeInFuture => new(EventStatus.Rejected, "time_in_future", "/time", "more than 5 minutes ahead of the server; check the sender's clock"),
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, null),
    };
}
