using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Turns;

/// <summary>A subject's events in their one order, however they came. (design: rule 1)</summary>
public sealed class History
{
    private readonly List<Event> _events = [];
    private List<Event>? _deeds;

    public IReadOnlyList<Event> Events => _events;

    /// <summary>What people did with the subject's alerts. Apart from the rest: no rule of a subject reads it.</summary>
    public IReadOnlyList<Event> Deeds => _deeds ?? (IReadOnlyList<Event>)[];

    /// <summary>Both in the one order.</summary>
    public IReadOnlyList<Event> All
    {
        get
        {
            if (_deeds is null) return [.. _events];
            var all = new List<Event>(_events.Count + _deeds.Count);
            all.AddRange(_events);
            all.AddRange(_deeds);
            all.Sort();
            return all;
        }
    }

    public void Add(Event e) => Add(_events, e);

    public void AddDeed(Event e) => Add(_deeds ??= [], e);

    private static void Add(List<Event> events, Event e)
    {
        if (events.Count == 0 || events[^1].CompareTo(e) < 0) { events.Add(e); return; } // most come in order
        var at = events.BinarySearch(e);
        events.Insert(at < 0 ? ~at : at, e);
    }
}
