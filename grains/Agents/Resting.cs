using System.IO.Compression;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>The states told in one hour of an agent. At rest they are bytes, a tenth of the size, which a reader reads for itself.</summary>
internal sealed class ToldHour
{
#pragma warning disable RS0030 // named so, but squeezes bytes in memory: no I/O
    // What agents say in an hour looks alike from event to event.
    private const int Quality = 5, WindowBits = 18;

    private List<Event>? _events = [];
    private byte[]? _packed;
    private int _length;

    /// <summary>What goes on after it, as it was judged last: of an hour that is new, what comes before it.</summary>
    public AgentCarry? End { get; set; }

    /// <summary>In their one order. To look at only.</summary>
    public List<Event> Events => _events ?? [.. History.Of(Unpacked()).Events];

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
        var bytes = History.Of(_events).Pack();
        var room = new byte[BrotliEncoder.GetMaxCompressedLength(bytes.Length)];
        if (!BrotliEncoder.TryCompress(bytes, room, out var written, Quality, WindowBits)) return; // not with so much room
        (_packed, _length, _events) = (room[..written], bytes.Length, null);
    }

    /// <summary>As <see cref="History.Pack"/> gives them.</summary>
    public byte[] Pack() => _events is null ? Unpacked() : History.Of(_events).Pack();

    private byte[] Unpacked()
    {
        var bytes = new byte[_length];
        return BrotliDecoder.TryDecompress(_packed, bytes, out var read) && read == _length ? bytes : throw new InvalidOperationException("an hour at rest cannot be read");
    }
#pragma warning restore RS0030
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

    public void Rest()
    {
        if (_spans is null) return;
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
        (_packed, _spans) = (bytes.End(), null);
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
