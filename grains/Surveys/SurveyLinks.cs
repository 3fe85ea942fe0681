using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Surveys;

/// <summary>
/// A survey's events belong to the histories of the tickets that it is about as well. One that names its target belongs to that; one that names
/// none, to every ticket that another event of the survey names. Each event only adds, so that the order of arrival does not matter.
/// </summary>
public sealed class SurveyLinks
{
    private readonly List<Event> _events = [];
    private readonly SortedSet<Subject> _tickets = [];

    /// <summary>In the order of arrival.</summary>
    public IReadOnlyList<Event> Events => _events;

    public IReadOnlyCollection<Subject> Tickets => _tickets;

    /// <summary>The ticket that an event of a survey names; null for any other event or target.</summary>
    public static Subject? TicketOf(Event e) => TargetOf(e) is { } target && Subject.Parse(target) is { Kind: SubjectKind.Ticket, Id.Length: > 0 } ticket ? ticket : null;

    public static bool NamesNothing(Event e) => e.Subject.Kind == SubjectKind.Survey && TargetOf(e) is null;

    /// <returns>what belongs to which ticket from now on, this event and earlier ones</returns>
    public IReadOnlyList<(Subject Ticket, Event Event)> Add(Event e)
    {
        var links = new List<(Subject, Event)>();
        if (TicketOf(e) is { } ticket)
        {
            links.Add((ticket, e));
            if (_tickets.Add(ticket))
                foreach (var earlier in _events)
                    if (NamesNothing(earlier)) links.Add((ticket, earlier));
        }
        else if (NamesNothing(e))
            foreach (var known in _tickets) links.Add((known, e));
        _events.Add(e);
        return links;
    }

    private static string? TargetOf(Event e) => e.Data switch
    {
        SurveySent d => d.Target,
        SurveyResponded d => d.Target,
        SurveyExcluded d => d.Target,
        _ => null,
    };
}
