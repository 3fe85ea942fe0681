using System.Globalization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Surveys;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Tickets;

/// <summary>What a ticket tells about care: escalation, redress, surveys, chasing, repeats, and what ISO 10002 asks to be counted.</summary>
internal static class TicketMeasures
{
    private const decimal MostAmount = 1_000_000_000_000;

    /// <param name="history">in its one order, with what is told of it elsewhere</param>
    /// <returns>what the customer's file keeps of it; null where the customer is unknown</returns>
    /// <param name="own">see <see cref="Own"/></param>
    public static ContactFact? Count(Subject subject, TicketStory story, IReadOnlyList<Event> history, List<Event> own, List<ClockRow> clocks, Judgement j)
    {
        var dispatches = DispatchMeasures.Of(own);
        dispatches.Count(story, j);
        CountEscalation(story, own, j);
        CountRedress(story, own, j);
        CountChasing(story, history, j);
        SurveyMeasures.Count(history, null, story.Department, j);
        CountCoverage(story, history, j);
        var (issue, repeat) = (IssueOf(own), own.Exists(e => e.Data is TicketLinked { Relation: LinkRelation.Repeat }));
        if (issue is not null) j.Point(Measure.IssueTickets, null, story.Department, story.CreatedAt, 1, issue);
        if (RootCauseOf(own) is { } cause) j.Point(Measure.RootCauseTickets, null, story.Department, story.CreatedAt, 1, cause);
        if (issue is not null && story.Created!.Kind == TicketKind.Complaint && story.State != "voided") j.Point(Measure.IssueComplaint, null, story.Department, story.CreatedAt, 1, issue);
        if (story.ExitAt is null && story.ClosedAt is null) j.Member(Measure.TicketOpen, null, story.Department, story.CreatedAt);
        if (story.Created!.Kind == TicketKind.Complaint) CountIso(story, own, clocks, j);
        return FactOf(subject, story, issue, repeat, dispatches.StayedInOneHand, j);
    }

    /// <summary>The ticket's own events; nothing happens to one that has left.</summary>
    public static List<Event> Own(IReadOnlyList<Event> history)
    {
        var own = new List<Event>(history.Count);
        foreach (var e in history)
        {
            if (e.Subject.Kind != SubjectKind.Ticket) continue;
            own.Add(e);
            if (e.Data is TicketDeclined or TicketWithdrawn or TicketVoided or TicketMerged) break;
        }
        return own;
    }

    // The cohort of the created ones: how far it went belongs to when it began.
    private static void CountEscalation(TicketStory story, List<Event> own, Judgement j)
    {
        var highest = 0;
        foreach (var e in own)
            if (e.Data is TicketEscalated d) highest = Math.Max(highest, Math.Min(d.ToLevel, 5));
        for (var level = 1; level <= highest; level++)
            j.Point(Measure.Escalated, null, story.Department, story.CreatedAt, 1, level.ToString(CultureInfo.InvariantCulture));
    }

    private static void CountRedress(TicketStory story, List<Event> own, Judgement j)
    {
        foreach (var e in own)
        {
            if (e.Data is not TicketRedressRecorded d) continue;
            var param = $"{Words.Of(d.Kind)}/{d.AuthorityLevel ?? "unstated"}";
            j.Point(Measure.RedressCount, null, story.Department, e.At, 1, param);
            if (d.Amount is { } amount)
                j.Point(Measure.RedressAmount, null, story.Department, e.At, (long)(Math.Clamp(amount, -MostAmount, MostAmount) * 1000), $"{param}/{d.Currency ?? "unstated"}");
            if (d.WithinAuthority == false) j.Point(Measure.RedressOverAuthority, null, story.Department, e.At);
        }
    }

    // A contact chases a ticket once, however often it is linked, and only one that was open at that time.
    private static void CountChasing(TicketStory story, IReadOnlyList<Event> history, Judgement j)
    {
        SortedSet<Subject>? known = null;
        foreach (var e in history)
            if (e.Data is ContactLinked { Relation: "chase" } && IsOpenAt(story, e.At) && (known ??= []).Add(e.Subject))
                j.Point(Measure.Chased, null, story.Department, e.At);
    }

    private static bool IsOpenAt(TicketStory story, long at)
    {
        if (at < story.CreatedAt || at >= story.ExitAt) return false;
        foreach (var stay in story.Stays)
            if (at >= stay.ClosedAt && !(at >= stay.ReopenedAt)) return false;
        return true;
    }

    private static void CountCoverage(TicketStory story, IReadOnlyList<Event> history, Judgement j)
    {
        foreach (var (closed, _) in story.Closings)
        {
            if (SurveyMeasures.Covers(history, closed) is not { } covered) continue;
            j.Point(Measure.SurveyDue, null, story.Department, closed);
            if (covered) j.Point(Measure.SurveyCovered, null, story.Department, closed);
        }
    }

    private static string? IssueOf(List<Event> own)
    {
        string? issue = null;
        foreach (var e in own)
            issue = e.Data switch { TicketCreated d => d.IssueKey ?? issue, TicketClassified d => d.IssueKey ?? issue, _ => issue };
        return issue;
    }

    // What the resolution says; else what a department found.
    private static string? RootCauseOf(List<Event> own)
    {
        string? answered = null, resolved = null;
        foreach (var e in own)
            if (e.Data is TicketDispatchAnswered { RootCause: { } a }) answered = a;
            else if (e.Data is TicketResolved { RootCause: { } r }) resolved = r;
        return resolved ?? answered;
    }

    // (ISO 10002, monitoring: wrongly prioritised, acknowledged or resolved after the agreed time, referred to outside bodies)
    private static void CountIso(TicketStory story, List<Event> own, List<ClockRow> clocks, Judgement j)
    {
        void Count(string what, long at) => j.Point(Measure.Iso, null, story.Department, at, 1, what);
        var (first, changed, outside) = (story.Created!.Priority, false, (long?)null);
        foreach (var e in own)
        {
            if (e.Data is TicketClassified { Priority: { } priority }) { changed |= first is not null && priority != first; first ??= priority; }
            if (e.Data is TicketReferredExternal { Direction: ReferralDirection.Out }) outside ??= e.At;
        }
        if (changed) Count("reprioritised", story.CreatedAt);
        if (outside is { } at) Count("referred_external", at);
        foreach (var clock in clocks)
        {
            if (clock is not { State: "breached", DueAt: { } due }) continue;
            if (clock.Id == "acknowledge") Count("acknowledged_late", due);
            if (clock.Id == "resolution") Count("resolved_late", due);
        }
    }

    private static ContactFact? FactOf(Subject subject, TicketStory story, string? issue, bool repeat, bool oneHand, Judgement j)
    {
        var complaint = story.Created!.Kind == TicketKind.Complaint;
        var firstTime = oneHand && story.ExitAt is null && story.ReopenedAt.Count == 0 ? story.ClosedAt : null;
        if (story.Created.CustomerRef is { } customer)
            return new(subject, customer, issue, false, story.CreatedAt, story.CreatedAt, story.Ended, false, false, null, story.Department)
            {
                Complaint = complaint, Repeat = repeat, FirstTimeAt = firstTime,
            };
        if (firstTime is { } closed) j.Point(Measure.TicketFirstTime, null, story.Department, closed);
        if (complaint && repeat) j.Point(Measure.RepeatComplaint, null, story.Department, story.CreatedAt);
        return null;
    }
}
