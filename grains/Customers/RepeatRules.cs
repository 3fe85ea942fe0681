using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Customers;

/// <summary>
/// Whether a ticket repeats the one before it of the same customer and issue. It depends on that one and the next one alone, so that a customer with
/// a hundred thousand tickets costs an event no more than one with two. A ticket without an issue repeats none and is repeated by none: nobody can
/// tell. (spec: metrics, repeat_rate, fcr.ticket)
/// </summary>
public static class RepeatRules
{
    public const long RepeatMs = 30 * 86_400_000L;

    /// <summary>Tickets of one customer and issue next to each other, by their creation.</summary>
    public static readonly Comparer<ContactFact> Order = Comparer<ContactFact>.Create((a, b) =>
    {
        var order = string.CompareOrdinal(a.CustomerRef, b.CustomerRef);
        if (order == 0) order = string.CompareOrdinal(a.IssueKey, b.IssueKey);
        if (order == 0) order = a.InitiatedAt.CompareTo(b.InitiatedAt);
        return order != 0 ? order : a.Contact.CompareTo(b.Contact);
    });

    /// <param name="before">the ticket of the same customer and issue created before it; null for the first</param>
    /// <param name="after">the one created after it; null for the last</param>
    public static IReadOnlyList<Contribution> Of(ContactFact ticket, ContactFact? before, ContactFact? after)
    {
        var j = new Judgement(long.MaxValue);
        Count(ticket, before, after, j);
        return j.Done(null).Contributions;
    }

    internal static void Count(ContactFact ticket, ContactFact? before, ContactFact? after, Judgement j)
    {
        var repeats = before is not null && ticket.InitiatedAt - before.InitiatedAt <= RepeatMs;
        var repeated = after is not null && after.InitiatedAt - ticket.InitiatedAt <= RepeatMs;
        if (ticket.FirstTimeAt is { } closed && !repeated) j.Point(Measure.TicketFirstTime, null, ticket.Department, closed);
        if (ticket.Complaint && (ticket.Repeat || repeats)) j.Point(Measure.RepeatComplaint, null, ticket.Department, ticket.InitiatedAt);
    }
}
