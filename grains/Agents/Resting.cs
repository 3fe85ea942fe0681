using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>The states told in one hour of an agent. At rest they are bytes, a tenth of the size, which a reader reads for itself.</summary>
internal sealed class ToldHour
{
    private List<Event>? _events = [];
    private byte[]? _packed;

    /// <summary>What goes on after it, as it was judged last: of an hour that is new, what comes before it.</summary>
    public AgentCarry? End { get; set; }

    /// <summary>In their one order. To look at only.</summary>
    public List<Event> Events => _events ?? [.. History.Of(Pack()).Events];

    public void Add(Event e)
    {
        var events = _events ??= Events;
        _packed = null;
        var at = events.Count == 0 || events[^1].CompareTo(e) < 0 ? ~events.Count : events.BinarySearch(e); // most come in order
        events.Insert(at < 0 ? ~at : at, e);
    }

    public void Rest()
    {
        if (_events is null) return;
        (_packed, _events) = (SqueezedBytes.Of(History.Of(_events).Pack()), null);
    }

    /// <summary>As <see cref="History.Pack"/> gives them.</summary>
    public byte[] Pack() => _events is null ? SqueezedBytes.Read(_packed!) : History.Of(_events).Pack();
}

/// <summary>What contacts kept an agent busy with in one hour; at rest as bytes.</summary>
internal sealed class BusyHour
{
    private SortedSet<BusySpan>? _spans = [];
    private byte[]? _packed;

    /// <summary>In their order. To look at only.</summary>
    public IReadOnlyCollection<BusySpan> Spans => _spans ?? Unpacked();

    public void Add(BusySpan span) => Open().Add(span);

    public void Remove(BusySpan span) => Open().Remove(span);

    /// <param name="packed">as <see cref="Pack"/> gave it</param>
    public static BusyHour Of(byte[] packed) => new() { _spans = null, _packed = packed };

    public void Rest() => (_packed, _spans) = (Pack(), null);

    public byte[] Pack()
    {
        if (_spans is null) return _packed!;
        var (bytes, last) = (new ShortBytes(), 0L);
        bytes.Write(_spans.Count);
        foreach (var span in _spans)
        {
            bytes.Write(span.From - last);
            bytes.Write(span.To - span.From);
            bytes.Write((int)span.Duty);
            bytes.Write((int)span.Contact.Kind);
            bytes.Write(span.Contact.Id);
            last = span.From;
        }
        return bytes.End();
    }

    private SortedSet<BusySpan> Open()
    {
        var spans = _spans ??= Unpacked();
        _packed = null;
        return spans;
    }

    private SortedSet<BusySpan> Unpacked()
    {
        var (bytes, spans, at, from) = (_packed!, new SortedSet<BusySpan>(), 0, 0L);
        for (var left = ShortBytes.ReadNumber(bytes, ref at); left > 0; left--)
        {
            from += ShortBytes.ReadNumber(bytes, ref at);
            var to = from + ShortBytes.ReadNumber(bytes, ref at);
            var (duty, kind) = ((AgentDuty)ShortBytes.ReadNumber(bytes, ref at), (SubjectKind)ShortBytes.ReadNumber(bytes, ref at));
            spans.Add(new(from, to, duty, new(kind, ShortBytes.ReadText(bytes, ref at))));
        }
        return spans;
    }
}
