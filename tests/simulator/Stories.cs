using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Simulator;

/// <summary>A set of events as the oracle reads it: by subject, each in the one order of time, source and id; and the savings among them.</summary>
public sealed class Stories
{
    private readonly SortedDictionary<Subject, List<Event>> _all = [];

    public IEnumerable<KeyValuePair<Subject, List<Event>>> All => _all;

    public List<PolicyEdit> Edits { get; } = [];

    public IReadOnlyList<Event> Of(Subject who) => _all.GetValueOrDefault(who) ?? [];

    public void Add(Event e)
    {
        if (!_all.TryGetValue(e.Subject, out var story)) _all[e.Subject] = story = [];
        var at = story.Count;
        while (at > 0 && Later(story[at - 1], e)) at--;
        story.Insert(at, e);
    }

    private static bool Later(Event a, Event b) =>
        a.At != b.At ? a.At > b.At : string.CompareOrdinal(a.Source, b.Source) is var source && source != 0 ? source > 0 : string.CompareOrdinal(a.Id, b.Id) > 0;
}
