using System.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Adapters;

/// <summary>What became of a delivery that was offered to the host.</summary>
/// <param name="Refused">why nothing of it was taken for now; null where the matter is ended</param>
/// <param name="Kept">what no rule could take, and what the host refused for good</param>
internal sealed record Taken(Problem? Refused, int Accepted, int Duplicate, int Rejected, int Ignored, int Unmapped, IReadOnlyList<KeptRow> Kept)
{
    public IEnumerable<(string Outcome, int Count)> Counts =>
        [("accepted", Accepted), ("duplicate", Duplicate), ("rejected", Rejected), ("ignored", Ignored), ("unmapped", Unmapped)];

    /// <summary>Answers when what was accepted is durable: only then the rest is kept, since what is refused for a while comes again whole.</summary>
    /// <param name="now">dates an event that is refused and kept</param>
    public static async Task<Taken> OfferAsync(IServiceProvider services, Delivery delivery, DateTimeOffset now, CancellationToken stop)
    {
        var news = await NewsAsync(services, delivery.Events, stop);
        var answer = news.Count == 0 ? new IngestAnswer(false, false, []) : await services.GetRequiredService<IEventSink>().OfferAsync(news, stop);
        if (answer.ReadOnly) return Nothing(new(503, "read_only", "Events cannot be stored at the moment; nothing of this was.", "", 5));
        if (answer.Full) return Nothing(new(429, "full", "More events arrive than can be stored; nothing of this was.", "", 1));
        int Count(EventStatus status) => answer.Verdicts.Count(v => v.Status == status);
        var refused = news.Zip(answer.Verdicts).Where(static n => n.Second.Status == EventStatus.Rejected)
            .Select(n => new KeptRow(now, $"{n.Second.Code} {n.Second.Pointer}: {n.Second.Detail}", Encoding.UTF8.GetString(n.First.Raw.Span), KeptAs.Event));
        return new(null, Count(EventStatus.Accepted), Count(EventStatus.Duplicate) + delivery.Events.Count - news.Count, Count(EventStatus.Rejected), delivery.Ignored, delivery.Unmapped.Count,
            [.. delivery.Unmapped, .. refused]);
    }

    public static Taken None => Nothing(null);

    private static Taken Nothing(Problem? refused) => new(refused, 0, 0, 0, 0, 0, []);

    private static async Task<List<Event>> NewsAsync(IServiceProvider services, IReadOnlyList<Mapped> events, CancellationToken stop)
    {
        var news = new List<Event>(events.Count);
        var ids = events.Select(e => e.Event.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var mapped in events)
        {
            var host = mapped.Once == Once.No ? null : services.GetService<IOpsHost>();
            var history = host is null ? null : await host.HistoryAsync(mapped.Event.Subject, stop);
            if (Repeats.News(mapped, history, ids) is { } e) news.Add(e);
        }
        return news;
    }
}
