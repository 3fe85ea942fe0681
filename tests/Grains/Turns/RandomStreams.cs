using OpsMonitor.Grains.Events;

namespace OpsMonitor.Tests.Grains.Turns;

/// <summary>Ten days of events that need not make sense, from one seed.</summary>
internal static class RandomStreams
{
    public const int Days = 10;

    public static List<Event> Of(Random random)
    {
        var events = new List<Event>();
        for (var i = 0; i < 40; i++)
        {
            // Some share an instant, some a whole minute: ties must not matter.
            var grain = random.Next(3) switch { 0 => 1, 1 => Story.Minute, _ => 12 * Story.Hour };
            var at = Story.Ms("00:00:00") + (random.NextInt64(Days * Story.Day) / grain * grain);
            var (subject, data) = Any(random, at);
            var department = random.Next(3) switch { 0 => "billing", 1 => "network", _ => null };
            events.Add(Story.Event(at, subject, data, $"e-{i}", random.Next(2) == 0 ? "/a" : "/b", data is TicketDispatched ? null : department));
        }
        return events;
    }

    private static (string, EventData) Any(Random random, long at) => random.Next(10) switch
    {
        < 5 => ($"ticket/{random.Next(3)}", Ticket(random, at)),
        < 8 => ($"contact/{random.Next(4)}", Contact(random)),
        8 => ($"callback/{random.Next(2)}", Callback(random, at)),
        _ => ($"agent/{random.Next(2)}", new AgentStateChanged((AgentState)random.Next(7))),
    };

    private static string Later(Random random, long at) => Story.Iso(at + random.NextInt64(-Story.Hour, 3 * Story.Day));

    private static EventData Ticket(Random random, long at)
    {
        var reason = (PauseReason)random.Next(2);
        return random.Next(16) switch
        {
            < 3 => new TicketCreated(random.Next(2) == 0 ? TicketKind.Complaint : TicketKind.Inquiry, Channel.Phone, Priority: random.Next(1, 5)),
            3 => new TicketReplied("mail"),
            4 => new TicketClockPaused(reason, Until: random.Next(2) == 0 ? Later(random, at) : null),
            5 => new TicketClockResumed(reason),
            6 => new TicketClassified("x", Priority: random.Next(1, 5)),
            7 => new TicketDispatched($"D-{random.Next(2)}", "network", (DispatchRole)random.Next(2), random.Next(2) == 0 ? Later(random, at) : null),
            8 => new TicketDispatchAnswered($"D-{random.Next(2)}"),
            9 => new TicketDispatchReturned($"D-{random.Next(2)}", "not ours"),
            10 or 11 => new TicketResolved("fixed", random.Next(2) == 0),
            12 => new TicketReopened("again"),
            13 => new TicketClosed("done"),
            14 => new TicketExtensionGranted("resolution", "boss", Later(random, at)),
            _ => random.Next(2) == 0 ? new TicketMerged("T-9") : new TicketAcknowledged("mail"),
        };
    }

    private static EventData Contact(Random random) => random.Next(9) switch
    {
        < 2 => new ContactInitiated(Channel.Phone, (Direction)random.Next(2), random.Next(3) == 0 ? null : $"customer-{random.Next(2)}"),
        < 4 => new ContactQueued(random.Next(2) == 0 ? "q" : "r"),
        4 => new ContactAnswered("anna", WaitS: random.Next(2) == 0 ? random.Next(40) : null),
        5 => new ContactAbandoned((AbandonStage)random.Next(3), WaitS: random.Next(2) == 0 ? random.Next(40) : null),
        6 => new ContactDequeued("q", (DequeueReason)random.Next(5)),
        7 => new ContactDisconnected(DisconnectedBy.Customer),
        _ => random.Next(2) == 0 ? new ContactRefused("q", RefusalReason.Full) : new ContactWrapupCompleted("anna", 12.5m, Resolved: true),
    };

    private static EventData Callback(Random random, long at) => random.Next(7) switch
    {
        < 3 => new CallbackPromised(CallbackKind.Promise, Later(random, at)),
        3 => new CallbackRescheduled((RescheduledBy)random.Next(2), Later(random, at)),
        4 => new CallbackAttempted(1, (AttemptOutcome)random.Next(3)),
        5 => new CallbackCancelled("solved"),
        _ => new CallbackExhausted(3),
    };
}
