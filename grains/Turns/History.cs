using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Turns;

/// <summary>A subject's events in their one order, however they came. (design: rule 1)</summary>
public sealed class History
{
    private readonly List<Event> _events = [];

    public IReadOnlyList<Event> Events => _events;

    public void Add(Event e)
    {
        if (_events.Count == 0 || _events[^1].CompareTo(e) < 0) { _events.Add(e); return; } // most come in order
        var at = _events.BinarySearch(e);
        _events.Insert(at < 0 ? ~at : at, e);
    }
}
