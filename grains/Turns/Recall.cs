using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Surveys;

namespace OpsMonitor.Grains.Turns;

/// <summary>A subject that left memory, with all events of earlier turns that are in its history; of a later turn none.</summary>
public sealed record Recalled(Subject Subject, IReadOnlyList<Event> Events)
{
    /// <summary>Those of its alerts that left memory, and those about it, as they were after the earlier turns; one that is in memory is passed over.</summary>
    public IReadOnlyList<Alert> Alerts { get; init; } = [];
}

/// <summary>What a turn needs of those that left memory. Asked before the turn, of the state as it is then.</summary>
public static class Recall
{
    /// <param name="hashes">one for each event where somebody has taken them: a repeat concerns nobody</param>
    /// <param name="read">all events so far of each of these subjects: its own, and those of surveys and contacts that name it</param>
    public static IReadOnlyList<Recalled> For(
        Shard shard, IReadOnlyList<Event> events, IReadOnlyList<EventHash>? hashes, Func<IReadOnlyCollection<Subject>, IReadOnlyList<Recalled>> read)
    {
        if (shard.LeftCount == 0) return [];
        var wanted = new SortedSet<Subject>();
        void Want(Subject who)
        {
            if (shard.IsAway(who)) wanted.Add(who);
        }
        for (var i = 0; i < events.Count; i++)
        {
            if (hashes is not null && shard.Knows(hashes[i].Identity)) continue;
            Want(events[i].Subject);
            if (SurveyLinks.TicketOf(events[i]) is { } about) Want(about);
            if (events[i].Subject.Kind != SubjectKind.Survey) continue;
            foreach (var named in shard.TicketsOf(events[i].Subject)) Want(named);
        }
        if (wanted.Count == 0) return [];
        var found = new List<Recalled>(read(wanted));
        var first = wanted;
        wanted = [];
        foreach (var survey in found) // what it named earlier hears of it as well
            if (survey.Subject.Kind == SubjectKind.Survey)
                foreach (var e in survey.Events)
                    if (SurveyLinks.TicketOf(e) is { } ticket && !first.Contains(ticket)) Want(ticket);
        if (wanted.Count > 0) found.AddRange(read(wanted));
        return found;
    }
}
