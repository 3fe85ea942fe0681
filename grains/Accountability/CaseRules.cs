using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Accountability;

/// <summary>
/// Who answers for what went wrong, and what is done so that it does not again: an accountability record is opened, found, closed; an improvement
/// opened, closed, verified. Each is a subject with a history of its own. (spec: lifecycle, after-care; practice, 问责机制, 整改)
/// </summary>
public static class CaseRules
{
    public static Evaluation Evaluate(Subject subject, IReadOnlyList<Event> history, long now)
    {
        var j = new Judgement(now);
        if (CaseStory.Of(subject, history) is not { } story) return j.Done(new(subject, "unknown", null, null, null, null, 0, null, [], ["before_opened"]));
        return j.Done(new(subject, story.State, story.Department, null, story.OpenedAt, story.ClosedAt, 0, story.Owner, [], story.Irregular ? ["before_opened"] : [])
        {
            DueAt = story.ClosedAt is null ? story.DueAt : null,
        });
    }
}

/// <summary>One record folded from its events; what a later event leaves out stays. Instants in Unix ms.</summary>
/// <param name="State">opened, found, closed, or of an improvement opened, closed, verified</param>
/// <param name="Cluster">the code of the bulk complaint that it is about</param>
public sealed record CaseStory(string State, string? Department, string? Owner, long OpenedAt)
{
    public long? FoundAt { get; private set; }
    public long? ClosedAt { get; private set; }
    public long? VerifiedAt { get; private set; }
    public long? DueAt { get; private set; }
    public string? Cluster { get; private set; }
    public string? RootCause { get; private set; }
    public string? Measure { get; private set; }
    public IReadOnlyList<string> Tickets { get; private set; } = [];

    /// <summary>Something was told of it before it was opened.</summary>
    public bool Irregular { get; private set; }

    /// <returns>null where nobody told of such a record</returns>
    public static CaseStory? Of(Subject subject, IReadOnlyList<Event> history)
    {
        CaseStory? story = null;
        foreach (var e in history)
        {
            if (e.Subject != subject || Step(e) is not { } step) continue;
            var irregular = story is null && step.State != "opened";
            story ??= new(step.State, e.DepartmentId, step.Owner, e.At) { Irregular = irregular };
            story = story.After(e, step);
        }
        return story;
    }

    private sealed record Said(string State, string? Owner, IReadOnlyList<string>? Tickets, string? Cluster, string? RootCause, string? Measure, string? DueAt);

    private static Said? Step(Event e) => e.Data switch
    {
        AccountabilityOpened d => new("opened", null, d.TicketIds, d.ClusterId, d.RootCause, d.Measure, d.DueAt),
        AccountabilityFound d => new("found", null, d.TicketIds, d.ClusterId, d.RootCause, d.Measure, d.DueAt),
        AccountabilityClosed d => new("closed", null, d.TicketIds, d.ClusterId, d.RootCause, d.Measure, d.DueAt),
        ImprovementOpened d => new("opened", d.Owner, d.TicketIds, null, d.RootCause, d.Measure, d.DueAt),
        ImprovementClosed d => new("closed", d.Owner, d.TicketIds, null, d.RootCause, d.Measure, d.DueAt),
        ImprovementVerified d => new("verified", d.Owner, d.TicketIds, null, d.RootCause, d.Measure, d.DueAt),
        _ => null,
    };

    private CaseStory After(Event e, Said said) => this with
    {
        State = said.State == "opened" && ClosedAt is null && FoundAt is not null ? State : said.State, Department = e.DepartmentId ?? Department, Owner = said.Owner ?? Owner,
        FoundAt = said.State == "found" ? FoundAt ?? e.At : FoundAt,
        ClosedAt = said.State switch { "opened" => null, "closed" or "verified" => ClosedAt ?? e.At, _ => ClosedAt }, // opened again, it is open
        VerifiedAt = said.State switch { "verified" => e.At, "opened" => null, _ => VerifiedAt },
        DueAt = Times.Ms(said.DueAt) ?? DueAt, Cluster = said.Cluster ?? Cluster, RootCause = said.RootCause ?? RootCause, Measure = said.Measure ?? Measure,
        Tickets = said.Tickets ?? Tickets,
    };
}
