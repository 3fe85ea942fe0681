using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Surveys;

/// <summary>
/// A survey's events belong to the histories of the tickets and contacts that it is about as well. One that names its target belongs to that; one
/// that names none, to every subject that another event of the survey names. A contact that is linked to a ticket belongs to its history too: who
/// asks for it again chases it. Each event only adds, so that the order of arrival does not matter.
/// </summary>
public sealed class SurveyLinks
{
    private readonly List<Event> _events = [];
    private readonly SortedSet<Subject> _tickets = [];

    /// <summary>In the order of arrival.</summary>
    public IReadOnlyList<Event> Events => _events;

    public IReadOnlyCollection<Subject> Tickets => _tickets;

    /// <summary>The ticket (or contact) in whose history the event stands besides its own: a survey's target, the ticket of a linked contact; null for any other event.</summary>
    public static Subject? TicketOf(Event e) => e.Data is ContactLinked { TicketId.Length: > 0 } linked && e.Subject.Kind == SubjectKind.Contact ? new(SubjectKind.Ticket, linked.TicketId)
        : TargetOf(e) is { } target && Subject.Parse(target) is { Kind: SubjectKind.Ticket or SubjectKind.Contact, Id.Length: > 0 } about && about != e.Subject ? about : null;

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
