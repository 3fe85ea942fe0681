using System.Collections.Concurrent;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Sources;

/// <summary>One thing that did not go as it should. Names places, never values that were sent.</summary>
/// <param name="At">the event's own time, Unix ms; null where it could not be read</param>
/// <param name="ReceivedAt">Unix ms</param>
public sealed record SourceSample(string Kind, string? Id, string? Type, long? At, long ReceivedAt, string? Code, string? Pointer);

/// <summary>
/// The newest examples of what each source sent late, twice, unknown or wrong, since the start of the server. Counts are kept elsewhere and for good;
/// this is to see what one of them looks like. A few of each kind, of a bounded number of sources.
/// </summary>
public sealed class SourceSamples(TimeProvider clock)
{
    /// <summary>What an adapter is called among senders.</summary>
    public const string Adapter = "adapter/";

    private const int EachKind = 5, MostSources = 1_000;

    private sealed class Shelf
    {
        public readonly SortedDictionary<string, (long Count, Queue<SourceSample> Newest)> Kinds = new(StringComparer.Ordinal);
    }

    private readonly ConcurrentDictionary<string, Shelf> _sources = new(StringComparer.Ordinal);

    /// <summary>What the core made of an event.</summary>
    public void Saw(Event e, Verdict verdict)
    {
        var now = Now;
        switch (verdict)
        {
            case Verdict.Duplicate: Keep(e.Source, new("duplicate", e.Id, e.Type, e.At, now, null, null)); break;
            case Verdict.IdReused: Keep(e.Source, new("refused", e.Id, e.Type, e.At, now, "id_reused", "/id")); break;
            case Verdict.TooOld: Keep(e.Source, new("refused", e.Id, e.Type, e.At, now, "too_old", "/time")); break;
            case Verdict.TimeInFuture: Keep(e.Source, new("refused", e.Id, e.Type, e.At, now, "time_in_future", "/time")); break;
            default:
                if (e.Data is null) Keep(e.Source, new("unknown", e.Id, e.Type, e.At, now, null, "/type"));
                if (now - e.At > SourceStats.LateMs) Keep(e.Source, new("late", e.Id, e.Type, e.At, now, null, null));
                break;
        }
    }

    /// <summary>What was no event at all; the source is not known, so whoever sent it stands for it.</summary>
    public void Unreadable(string sender, string? id, string code, string pointer) => Keep(sender, new("unreadable", id, null, null, Now, code, pointer));

    public void Quarantined(string adapter, string reason) => Keep(Adapter + adapter, new("quarantined", null, null, null, Now, reason, null));

    /// <summary>How many of a kind since the start.</summary>
    public long Count(string source, string kind)
    {
        if (!_sources.TryGetValue(source, out var shelf)) return 0;
        lock (shelf) return shelf.Kinds.GetValueOrDefault(kind).Count;
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<SourceSample> Of(string source)
    {
        if (!_sources.TryGetValue(source, out var shelf)) return [];
        lock (shelf) return [.. shelf.Kinds.Values.SelectMany(k => k.Newest).OrderByDescending(s => s.ReceivedAt)];
    }

    /// <summary>Those of whom there is any.</summary>
    public IEnumerable<string> Names => _sources.Keys.Order(StringComparer.Ordinal);

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private void Keep(string source, SourceSample sample)
    {
        if (!_sources.TryGetValue(source, out var shelf))
        {
            if (_sources.Count >= MostSources) return; // whoever makes up names is not given memory for them
            shelf = _sources.GetOrAdd(source, static _ => new());
        }
        lock (shelf)
        {
            var (count, newest) = shelf.Kinds.TryGetValue(sample.Kind, out var known) ? known : (0, new());
            newest.Enqueue(sample);
            if (newest.Count > EachKind) newest.Dequeue();
            shelf.Kinds[sample.Kind] = (count + 1, newest);
        }
    }
}
