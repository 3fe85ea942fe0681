using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Web.Replay;

/// <summary>How one source's events arrived.</summary>
internal sealed class SourceTrust
{
    public long NewestAt { get; set; } = long.MinValue;
    public long Accepted { get; set; }
    public long Duplicates { get; set; }
    public long Reordered { get; set; }
    public long Late { get; set; }
    public long Unknown { get; set; }
    public long IdReused { get; set; }
}

internal sealed record BadLine(string File, long Line, EventError Error);

/// <summary>
/// Reads all inputs into the set of distinct events. What stands in the set does not depend on the order of arrival, not even where an id was
/// used for two different events: then the one that comes first in the events' own order is kept.
/// </summary>
internal sealed class Intake(long? until)
{
    private const int BadLinesKept = 10_000, ProgressEvery = 10_000;

    private readonly Dictionary<UInt128, Event> _distinct = [];
    private long _last = long.MinValue;

    public SortedDictionary<string, SourceTrust> Sources { get; } = new(StringComparer.Ordinal);

    /// <summary>The first ones; <see cref="BadCodes"/> counts all.</summary>
    public List<BadLine> Bad { get; } = [];

    public SortedDictionary<string, long> BadCodes { get; } = new(StringComparer.Ordinal);

    public long Lines { get; private set; }

    public long AfterUntil { get; private set; }

    /// <summary>The given instant, else the time of the last event, else null.</summary>
    public long? Until => until ?? (_last == long.MinValue ? null : _last);

    public void Read(string path, IProgress<long>? progress) => LineReader.Each(path, (number, bytes) =>
    {
        if (++Lines % ProgressEvery == 0) progress?.Report(Lines);
        var (e, error) = EventReader.Read(bytes);
        if (e is not null) Take(e);
        else Refuse(new(Path.GetFileName(path), number, error!));
    });

    /// <summary>The events in their own order.</summary>
    public List<Event> Events()
    {
        var events = _distinct.Values.ToList();
        events.Sort();
        return events;
    }

    private void Refuse(BadLine bad)
    {
        BadCodes[bad.Error.Code] = BadCodes.GetValueOrDefault(bad.Error.Code) + 1;
        if (Bad.Count < BadLinesKept) Bad.Add(bad);
    }

    private void Take(Event e)
    {
        if (e.At > until) { AfterUntil++; return; }
        if (!Sources.TryGetValue(e.Source, out var source)) Sources[e.Source] = source = new();
        var identity = EventHash.IdentityOf(e.Source, e.Id);
        if (_distinct.TryGetValue(identity, out var known))
        {
            var raw = e.Raw.Span.SequenceCompareTo(known.Raw.Span);
            if (raw == 0) { source.Duplicates++; return; }
            source.IdReused++;
            _last = Math.Max(_last, e.At);
            var order = e.CompareTo(known);
            if (order < 0 || (order == 0 && raw < 0)) _distinct[identity] = e;
            return;
        }
        _distinct.Add(identity, e);
        _last = Math.Max(_last, e.At);
        Count(source, e);
    }

    private static void Count(SourceTrust source, Event e)
    {
        source.Accepted++;
        if (e.At < source.NewestAt) source.Reordered++;
        if (source.NewestAt != long.MinValue && e.At < source.NewestAt - SubjectRules.HorizonMs) source.Late++;
        if (e.Data is null) source.Unknown++;
        source.NewestAt = Math.Max(source.NewestAt, e.At);
    }
}
