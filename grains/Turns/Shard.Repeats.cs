using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Turns;

/// <summary>The tickets of each customer and issue in their order; one that comes, goes or changes concerns its two neighbours alone.</summary>
public sealed partial class Shard
{
    private readonly SortedSet<ContactFact> _tickets = new(RepeatRules.Order);
    private readonly SortedSet<ContactFact> _dirtyRepeats = new(RepeatRules.Order);

    private void RememberTicket(ContactFact ticket, int sign)
    {
        if (sign > 0) _tickets.Add(ticket);
        else
        {
            _tickets.Remove(ticket);
            Count(ticket.Contact, []);
        }
        var (before, after) = Neighbours(ticket);
        if (before is not null) _dirtyRepeats.Add(before);
        if (after is not null) _dirtyRepeats.Add(after);
        if (sign > 0) _dirtyRepeats.Add(ticket);
    }

    private void SettleRepeats()
    {
        foreach (var noted in _dirtyRepeats)
            if (_tickets.TryGetValue(noted, out var ticket)) Count(ticket.Contact, Repeats(ticket));
        _dirtyRepeats.Clear();
    }

    private IReadOnlyList<Contribution> Repeats(ContactFact ticket)
    {
        var (before, after) = Neighbours(ticket);
        return RepeatRules.Of(ticket, before, after);
    }

    private (ContactFact? Before, ContactFact? After) Neighbours(ContactFact ticket)
    {
        var first = ticket with { InitiatedAt = long.MinValue };
        var last = ticket with { InitiatedAt = long.MaxValue };
        return (Other(_tickets.GetViewBetween(first, ticket).Reverse(), ticket), Other(_tickets.GetViewBetween(ticket, last), ticket));
    }

    // It may stand in the view itself, at its beginning.
    private static ContactFact? Other(IEnumerable<ContactFact> view, ContactFact ticket)
    {
        foreach (var found in view)
            if (found.Contact != ticket.Contact) return found;
        return null;
    }
}
