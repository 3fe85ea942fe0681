using OpsMonitor.Grains.Events;

namespace OpsMonitor.Tests.Grains.Customers;

/// <summary>Contacts, tickets and callbacks of two customers (and of nobody), from one seed: crowded or weeks apart, at the edges of every window and a millisecond beside.</summary>
internal static class CustomerStreams
{
    public static readonly long[] Windows = [Story.Hour, 24 * Story.Hour, 168 * Story.Hour];

    /// <summary>With the instants at which they arrive, in that order: some late, some twice.</summary>
    public static List<(long At, Event What)> Of(Random random, long windowMs, int subjects)
    {
        var (all, at, n) = (new List<Event>(), Story.Ms("00:00:00"), 0);
        var crowded = random.Next(3) > 0;
        for (var i = 0; i < subjects; i++)
        {
            at += Step(random, windowMs, crowded);
            foreach (var (subject, when, data) in random.Next(10) switch { < 6 => Contact(random, i, at, windowMs), < 9 => Ticket(random, i, at), _ => Callback(random, i, at) })
                all.Add(Story.Event(when, subject, data, $"e-{n++}", random.Next(2) == 0 ? "/a" : "/b", random.Next(3) switch { 0 => "billing", 1 => "network", _ => null }));
        }
        var arrivals = new List<(long At, Event What)>();
        var late = random.Next(3); // some streams have next to nothing late
        foreach (var e in all)
            for (var copies = random.Next(6) == 0 ? 2 : 1; copies > 0; copies--)
                arrivals.Add((e.At + (random.Next(late == 0 ? 30 : 6) switch { 0 => random.NextInt64(25 * Story.Day), 1 => random.NextInt64(9 * Story.Hour), 2 => random.NextInt64(10 * Story.Minute), _ => 0 }), e));
        arrivals.Sort((a, b) => a.At != b.At ? a.At.CompareTo(b.At) : a.What.CompareTo(b.What));
        return arrivals;
    }

    private static long Step(Random random, long windowMs, bool crowded) => random.Next(crowded ? 40 : 12) switch
    {
        0 => windowMs + random.Next(-1, 2),
        1 => (5 * Story.Minute) + random.Next(-1, 2),
        2 => (60 * Story.Minute) + random.Next(-1, 2),
        3 => (10 * Story.Minute) + random.Next(-1, 2),
        4 => random.Next(4) == 0 ? (30 * Story.Day) + random.Next(-1, 2) : random.NextInt64(Story.Day),
        5 => random.NextInt64(4 * Story.Day),
        < 9 => 0,
        _ => random.NextInt64(crowded ? 3 * Story.Minute : 9 * Story.Hour),
    };

    private static string? Customer(Random random) => random.Next(8) switch { 0 => null, < 3 => "few", _ => "many" };

    private static string? Issue(Random random) => random.Next(4) switch { 0 => null, 1 => "j", _ => "i" };

    private static IEnumerable<(string, long, EventData)> Contact(Random random, int i, long at, long windowMs)
    {
        var who = $"contact/{i}";
        long After(params long[] some) => at += random.Next(3) == 0 ? some[random.Next(some.Length)] : random.NextInt64(4 * Story.Minute);
        if (random.Next(12) == 0) yield return (who, at - random.NextInt64(Story.Hour), new ContactQueued("q")); // by a clock that is behind
        yield return (who, at, new ContactInitiated(Channel.Phone, random.Next(5) == 0 ? Direction.Outbound : Direction.Inbound, Customer(random), IssueKey: Issue(random)));
        if (random.Next(3) > 0) yield return (who, After(0), new ContactQueued(random.Next(2) == 0 ? "q" : "r"));
        if (random.Next(9) < 5)
        {
            yield return (who, After(0, Story.Minute), new ContactAnswered("anna"));
            if (random.Next(8) > 0) yield return (who, After(5 * Story.Minute, Story.Hour, windowMs, 2 * Story.Day), new ContactDisconnected(DisconnectedBy.Customer, Critical: random.Next(6) == 0 ? true : null));
            if (random.Next(9) == 0) yield return (who, After(windowMs, 3 * Story.Day), new ContactWrapupCompleted("anna", 3));
        }
        else if (random.Next(5) > 0) yield return (who, After(0, 5 * Story.Minute), new ContactAbandoned(AbandonStage.Queue));
    }

    private static IEnumerable<(string, long, EventData)> Ticket(Random random, int i, long at)
    {
        var who = $"ticket/{i}";
        yield return (who, at, new TicketCreated(random.Next(3) > 0 ? TicketKind.Complaint : TicketKind.Inquiry, Channel.Phone, CustomerRef: Customer(random), IssueKey: Issue(random), DepartmentId: "billing"));
        if (random.Next(3) == 0) yield break;
        at += random.Next(4) == 0 ? 36 * Story.Day : random.NextInt64(2 * Story.Day);
        yield return (who, at, new TicketResolved("ok"));
        yield return (who, at, new TicketClosed("ok"));
        if (random.Next(5) == 0) yield return (who, at + random.NextInt64(3 * Story.Day), new TicketReopened("again"));
    }

    private static IEnumerable<(string, long, EventData)> Callback(Random random, int i, long at)
    {
        yield return ($"callback/{i}", at, new CallbackPromised(CallbackKind.Promise, Story.Iso(at + Story.Hour), CustomerRef: Customer(random)));
        if (random.Next(2) == 0) yield return ($"callback/{i}", at + random.NextInt64(2 * Story.Hour), new CallbackAttempted(1, AttemptOutcome.NoAnswer));
    }
}
