using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Customers;

/// <summary>
/// What one contact or ticket of a customer's file counts for, by its neighbours. First-contact resolution: eligible is what was answered, inbound, with
/// no other contact in the look-back window; kept, what has no repeat in the look-forward window, which runs from disconnection to the next
/// initiation. (spec: metrics, First-contact resolution)
/// </summary>
public static class CustomerRules
{
    /// <summary>A ticket of the same customer and issue repeats one created so many ms before. (spec: metrics, repeat_rate)</summary>
    public const long RepeatMs = 30 * 86_400_000L;

    /// <summary>A re-try so soon after giving up, in ms, is the same attempt to get through.</summary>
    internal const long RetryMs = 5 * 60_000;

    /// <summary>A whole file, where nobody keeps it: each of its facts by its neighbours. No alerts.</summary>
    /// <param name="contacts">in the order of their initiation; tickets among them</param>
    /// <param name="windowMs">look-back and look-forward</param>
    /// <param name="perIssue">only a contact about the same issue is a repeat</param>
    public static Evaluation Evaluate(IReadOnlyList<ContactFact> contacts, long windowMs, long now, bool perIssue = false)
    {
        var file = new CustomerFile(perIssue);
        foreach (var contact in contacts) file.Add(contact);
        var (j, by, revoked) = (new Judgement(now), new FileRules(windowMs, perIssue, null), new List<Revocation>());
        foreach (var fact in file.Facts) Judge(fact, file, by, j, revoked);
        return j.Done(null) with { Revocations = revoked };
    }

    /// <summary>One fact of a file.</summary>
    internal static Evaluation Evaluate(ContactFact fact, CustomerFile file, FileRules by, long now)
    {
        var (j, revoked) = (new Judgement(now), new List<Revocation>(0));
        Judge(fact, file, by, j, revoked);
        var done = j.Done(null);
        return revoked.Count == 0 ? done : done with { Revocations = revoked };
    }

    /// <summary>
    /// From the instant for which a fact counts until what it counts for could change no more: when its window had closed, of a ticket when no repeat could
    /// come. What is not over itself changes with its own row, and is looked for there.
    /// </summary>
    internal static Past.Life LifeOf(ContactFact fact, Evaluation now) => CountedOnce(fact) ? new(fact.FirstTimeAt!.Value, fact.InitiatedAt + RepeatMs + 1)
        : fact.Contact.Kind == SubjectKind.Ticket ? Past.Life.None : new(fact.InitiatedAt, Math.Max(now.KnownSince, Math.Max(fact.InitiatedAt, fact.LastAt) + 1));

    /// <summary>A ticket that may have counted as solved at the first go before its repeat came, and counts for nothing since.</summary>
    internal static bool CountedOnce(ContactFact? fact) => fact is { FirstTimeAt: not null, IssueKey: not null };

    private static void Judge(ContactFact fact, CustomerFile file, FileRules by, Judgement j, List<Revocation> revoked)
    {
        if (fact is { Inbound: true, Answered: true }) CountFirst(fact, file, by.WindowMs, j, revoked);
        if (fact.Contact.Kind == SubjectKind.Ticket) CountTicket(fact, file, j);
        if (by is { Raises: true, Rules: { } rules }) CustomerAlerts.Raise(fact, file, rules, j);
    }

    private static void CountFirst(ContactFact c, CustomerFile file, long windowMs, Judgement j, List<Revocation> revoked)
    {
        var line = file.LineOf(Role.Inbound, c)!;
        if (!IsFirst(c, file, line, windowMs)) return;
        var repeat = file.After(Role.Inbound, line, Placed.Of(c)) is { } next && next.InitiatedAt - c.LastAt < windowMs ? next : null;
        var kept = repeat is null;
        if (repeat is not null) revoked.Add(new(c.Contact, repeat.Contact, repeat.InitiatedAt, c.Queue, c.Department));
        j.Point(Measure.FcrEligible, c.Queue, c.Department, c.InitiatedAt);
        if (kept) j.Point(Measure.FcrKept, c.Queue, c.Department, c.InitiatedAt);
        var closes = c.LastAt + windowMs;
        if (c.Over && j.Reached(closes))
        {
            j.Point(Measure.FcrMature, c.Queue, c.Department, closes);
            if (kept) j.Point(Measure.FcrMatureKept, c.Queue, c.Department, closes);
        }
        else
        {
            j.Point(Measure.FcrOpen, c.Queue, c.Department, c.InitiatedAt);
            j.Point(Measure.FcrOpenSinceS, c.Queue, c.Department, c.InitiatedAt, c.LastAt / 1000);
        }
    }

    // In a dense file the one before says no at once. Who is past it goes back as far as the longest contact reaches: seldom more than once in a window.
    private static bool IsFirst(ContactFact c, CustomerFile file, string line, long windowMs)
    {
        var since = c.InitiatedAt - windowMs;
        var reach = since - file.Longest(Role.Inbound, line);
        for (var o = file.Before(Role.Inbound, line, Placed.Of(c)); o is not null && o.InitiatedAt >= reach; o = file.Before(Role.Inbound, line, Placed.Of(o)))
            if (o.LastAt > since && !(o.Abandoned && o.LastAt >= c.InitiatedAt - RetryMs)) return false;
        return true;
    }

    private static void CountTicket(ContactFact t, CustomerFile file, Judgement j)
    {
        var repeats = t.IssueKey is { } issue && file.Before(Role.Issue, issue, Placed.Of(t)) is { } before && t.InitiatedAt - before.InitiatedAt <= RepeatMs;
        if (t.Complaint && (t.Repeat || repeats)) j.Point(Measure.RepeatComplaint, null, t.Department, t.InitiatedAt);
        if (t.FirstTimeAt is not { } closed) return;
        var repeated = t.IssueKey is { } same && file.After(Role.Issue, same, Placed.Of(t)) is { } after && after.InitiatedAt - t.InitiatedAt <= RepeatMs;
        if (!repeated) j.Point(Measure.TicketFirstTime, null, t.Department, closed);
    }
}
