using System.Buffers.Binary;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// A subject's events in their one order, however they came. One that comes from a snapshot is bytes until somebody asks: most subjects are not
/// asked before their next event. (design: rule 1)
/// </summary>
public sealed class History
{
    private List<Event> _events = [];
    private List<Event>? _deeds;
    private byte[]? _packed;

    public IReadOnlyList<Event> Events
    {
        get { Unpack(); return _events; }
    }

    /// <summary>What people did with the subject's alerts. Apart from the rest: no rule of a subject reads it.</summary>
    public IReadOnlyList<Event> Deeds
    {
        get { Unpack(); return _deeds ?? (IReadOnlyList<Event>)[]; }
    }

    /// <summary>Both in the one order.</summary>
    public IReadOnlyList<Event> All
    {
        get
        {
            Unpack();
            if (_deeds is null) return [.. _events];
            var all = new List<Event>(_events.Count + _deeds.Count);
            all.AddRange(_events);
            all.AddRange(_deeds);
            all.Sort();
            return all;
        }
    }

    /// <param name="packed">as <see cref="Pack"/> gave it; read when it is asked for</param>
    public static History Of(byte[] packed) => new() { _packed = packed };

    /// <param name="events">in their one order</param>
    internal static History Of(IEnumerable<Event> events) => new() { _events = [.. events] };

    public void Add(Event e)
    {
        Unpack();
        Add(_events, e);
    }

    public void AddDeed(Event e)
    {
        Unpack();
        Add(_deeds ??= [], e);
    }

    /// <summary>As it stands: later events of the one are not the other's.</summary>
    public History Copy() => _packed is { } bytes ? Of(bytes) : new() { _events = [.. _events], _deeds = _deeds is null ? null : [.. _deeds] };

    /// <summary>Every event's length in four bytes (little endian), then the event.</summary>
    public byte[] Pack()
    {
        if (_packed is { } bytes) return bytes;
        var (all, length) = (All, 0);
        foreach (var e in all) length += sizeof(int) + e.Raw.Length;
        var packed = new byte[length];
        var at = 0;
        foreach (var e in all)
        {
            BinaryPrimitives.WriteInt32LittleEndian(packed.AsSpan(at), e.Raw.Length);
            e.Raw.Span.CopyTo(packed.AsSpan(at += sizeof(int)));
            at += e.Raw.Length;
        }
        return packed;
    }

    /// <exception cref="InvalidOperationException">an event cannot be read: another version wrote it</exception>
    private void Unpack()
    {
        if (_packed is not { } bytes) return;
        _packed = null;
        for (var at = 0; at < bytes.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
            var e = EventReader.Read(bytes.AsMemory(at + sizeof(int), length)).Event ?? throw new InvalidOperationException("an event of a snapshot cannot be read");
            if (e.Data is AlertDeed) AddDeed(e); else Add(e);
            at += sizeof(int) + length;
        }
    }

    private static void Add(List<Event> events, Event e)
    {
        if (events.Count == 0 || events[^1].CompareTo(e) < 0) { events.Add(e); return; } // most come in order
        var at = events.BinarySearch(e);
        events.Insert(at < 0 ? ~at : at, e);
    }
}
