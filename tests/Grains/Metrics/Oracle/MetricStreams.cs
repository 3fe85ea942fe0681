using System.Text.Json;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Tests.Grains.Metrics.Oracle;

/// <summary>
/// Forty days of a small company, from one seed: calls, tickets, promises, surveys and agents whose lives make sense, each event at an instant of its
/// own. How it arrives is another matter.
/// </summary>
internal sealed class MetricStreams(Random random)
{
    public const int Days = 40;

    private readonly List<Event> _events = [];
    private readonly SortedSet<long> _taken = [];

    public static List<Event> Of(Random random)
    {
        var streams = new MetricStreams(random);
        for (var i = 0; i < 3; i++) streams.Agent($"a{i}");
        for (var i = 0; i < 14; i++) streams.Contact($"contact/C-{i}");
        for (var i = 0; i < 8; i++) streams.Ticket($"ticket/T-{i}");
        for (var i = 0; i < 6; i++) streams.Callback($"callback/B-{i}");
        for (var i = 0; i < 5; i++) streams.Survey($"survey/S-{i}");
        return streams._events;
    }

    private bool Chance(int percent) => random.Next(100) < percent;

    private string? Department() => random.Next(4) switch { 0 => "billing", 1 => "network", 2 => "field", _ => null };

    // Often to the edges that matter, and never twice the same.
    private long Later(long at, long most)
    {
        var next = at + random.Next(5) switch
        {
            0 => 20 * Story.Second, 1 => 5 * Story.Second, 2 => random.NextInt64(Story.Minute), 3 => random.NextInt64(most), _ => random.NextInt64(1 + (most / 24)),
        };
        while (next <= at || !_taken.Add(next)) next++;
        return next;
    }

    private long Start() => Later(Story.Ms("00:00:00"), random.Next(3) == 0 ? 3 * Story.Day : Days * Story.Day);

    private void Say(long at, string subject, EventData data, string? department = null) =>
        _events.Add(Story.Event(at, subject, data, $"e-{_events.Count}", Chance(50) ? "/a" : "/b", data is TicketDispatched ? null : department));

    private void Agent(string agent)
    {
        var (at, department) = (Start(), Department());
        for (var i = random.Next(12); i >= 0; i--)
        {
            Say(at, $"agent/{agent}", new AgentStateChanged((AgentState)random.Next(7), Queues: random.Next(3) switch { 0 => ["q"], 1 => ["q", "r"], _ => null }), department);
            at = Later(at, 12 * Story.Hour);
        }
    }

    private string AnyAgent() => $"a{random.Next(4)}"; // one of them never says how he is

    private void Contact(string contact)
    {
        var (at, department) = (Start(), Department());
        void Next(EventData data, long most = 10 * Story.Minute)
        {
            Say(at, contact, data, department);
            at = Later(at, most);
        }

        Next(new ContactInitiated(Channel.Phone, Chance(85) ? Direction.Inbound : Direction.Outbound, Chance(85) ? $"c{random.Next(3)}" : null));
        var queue = Chance(60) ? "q" : "r";
        if (Chance(8)) { Next(new ContactRefused(queue, (RefusalReason)random.Next(3))); return; }
        if (Chance(10)) Next(new ContactLinked($"T-{random.Next(8)}", Chance(70) ? "chase" : "reply"));
        Next(new ContactQueued(queue), 2 * Story.Minute);
        if (Chance(15)) { queue = queue == "q" ? "r" : "q"; Next(new ContactQueued(queue), 2 * Story.Minute); }
        switch (random.Next(10))
        {
            case 0: Next(new ContactAbandoned(AbandonStage.Queue, WaitS: Chance(30) ? random.Next(60) : null)); return;
            case 1: Next(new ContactDequeued(queue, (DequeueReason)random.Next(5))); return;
            case 2: return; // waits for ever
            case 3: Next(new ContactDisconnected(DisconnectedBy.Customer)); return; // hung up while waiting
        }
        for (var legs = Chance(20) ? 2 : 1; legs > 0; legs--)
        {
            if (Chance(30)) { var missing = AnyAgent(); Next(new ContactOffered(missing), Story.Minute); Next(new ContactOfferMissed(missing), Story.Minute); }
            var agent = AnyAgent();
            if (Chance(70)) Next(new ContactOffered(agent), Story.Minute);
            Next(new ContactAnswered(agent, WaitS: Chance(30) ? random.Next(60) : null), 30 * Story.Minute);
            if (legs == 1) break;
            Next(new ContactTransferred((TransferMode)random.Next(2), "elsewhere"), Story.Minute);
            queue = queue == "q" ? "r" : "q";
            Next(new ContactQueued(queue), Story.Minute);
        }
        if (Chance(10)) return; // still talking
        Next(new ContactDisconnected(DisconnectedBy.Agent, TalkS: Chance(50) ? random.Next(900) : null, HoldS: Chance(30) ? random.Next(60) : null), 5 * Story.Minute);
        if (Chance(60)) Next(new ContactWrapupCompleted(LastAgent(contact), Chance(70) ? random.Next(300) : null, Resolved: Chance(50) ? Chance(60) : null));
    }

    private string LastAgent(string contact) => _events.Where(e => e.Subject.ToString() == contact).Select(e => e.Data).OfType<ContactAnswered>().Last().AgentId;

    private void Ticket(string ticket)
    {
        var (at, moves) = (Start(), random.Next(7));
        void Next(EventData data, string? department = null)
        {
            Say(at, ticket, data, department);
            at = Later(at, 2 * Story.Day);
        }

        var received = Chance(40) ? Story.Iso(at - random.NextInt64(Story.Day)) : null;
        Next(new TicketCreated((TicketKind)random.Next(2), Channel.Phone, ReceivedAt: received, Priority: Chance(70) ? random.Next(1, 5) : null,
            CustomerRef: Chance(85) ? $"c{random.Next(3)}" : null, IssueKey: Chance(80) ? $"i{random.Next(2)}" : null), Department());
        for (var i = 0; i < moves; i++) Move(ticket, Next);
        if (Chance(15)) { Next(new TicketWithdrawn("found it")); return; }
        for (var rounds = random.Next(4); rounds > 0; rounds--)
        {
            Next(new TicketResolved("fixed", Chance(40)));
            if (Chance(75)) Next(new TicketClosed("done"));
            if (rounds > 1) Next(new TicketReopened("again"));
        }
    }

    private void Move(string ticket, Action<EventData, string?> next)
    {
        var sent = _events.Count(e => e.Subject.ToString() == ticket && e.Data is TicketDispatched);
        var dispatch = $"{ticket[7..]}-D{random.Next(sent + 1)}"; // one of its own, or none
        switch (random.Next(11))
        {
            case 0 or 1: next(new TicketDispatched($"{ticket[7..]}-D{sent}", Department() ?? "field", (DispatchRole)random.Next(2)), null); break;
            case 2: next(new TicketDispatchReturned(dispatch, "not ours"), null); break;
            case 3: next(new TicketDispatchReviewed(dispatch, ReviewOutcome.Ok, random.Next(1, 6)), null); break;
            case 4: next(new TicketClassified("x", Priority: Chance(50) ? random.Next(1, 5) : null, IssueKey: Chance(20) ? "i1" : null), Chance(40) ? Department() : null); break;
            case 5: next(new TicketEscalated(random.Next(1, 6), EscalationTrigger.Manual), null); break;
            case 6: next(new TicketRedressRecorded((RedressKind)random.Next(2), random.Next(1000) / 10m, "CNY", Chance(50) ? "L1" : null, Chance(70)), null); break;
            case 7: next(new TicketLinked("T-x", (LinkRelation)random.Next(3)), null); break;
            case 8: next(new TicketReferredExternal("ombudsman", (ReferralDirection)random.Next(2)), null); break;
            case 9: next(new TicketDispatchAnswered(dispatch), null); break;
            default:
                next(new TicketClockPaused(PauseReason.AwaitingCustomer), null);
                if (Chance(70)) next(new TicketClockResumed(PauseReason.AwaitingCustomer), null);
                break;
        }
    }

    private void Callback(string callback)
    {
        var (at, department) = (Start(), Department());
        void Next(EventData data)
        {
            Say(at, callback, data, department);
            at = Later(at, Story.Day);
        }

        var due = at + random.NextInt64(Story.Day);
        Next(new CallbackPromised(CallbackKind.Promise, Chance(60) ? Story.Iso(due) : null, Story.Iso(due - Story.Hour), Story.Iso(due)));
        if (Chance(30)) Next(new CallbackRescheduled((RescheduledBy)random.Next(2), Story.Iso(at + random.NextInt64(Story.Day))));
        for (var i = random.Next(3); i > 0; i--) Next(new CallbackAttempted(i, (AttemptOutcome)random.Next(3)));
        switch (random.Next(5))
        {
            case 0: Next(new CallbackFulfilled()); break;
            case 1: Next(new CallbackCancelled("solved")); break;
            case 2: Next(new CallbackExhausted(3)); break;
        }
    }

    private void Survey(string survey)
    {
        var (at, target) = (Later(Story.Ms("+5 00:00:00"), 30 * Story.Day), Chance(70) ? $"ticket/T-{random.Next(8)}" : $"contact/C-{random.Next(14)}");
        void Next(EventData data)
        {
            Say(at, survey, data);
            at = Later(at, Story.Day);
        }

        if (Chance(80)) Next(new SurveySent(target, "phone"));
        JsonElement? satisfied = random.Next(7) switch
        {
            0 => JsonElement.Parse("\"satisfied\""), 1 => JsonElement.Parse("\"basically_satisfied\""), 2 => JsonElement.Parse("\"dissatisfied\""), 3 => null,
            var n => JsonElement.Parse($"{n - 1}"),
        };
        if (Chance(70)) Next(new SurveyResponded(Chance(80), Chance(50) ? target : null, Chance(70), (SurveyResolved)random.Next(3), satisfied));
        if (Chance(15)) Next(new SurveyExcluded("died", target));
    }
}
