using System.Globalization;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Demo;

/// <summary>
/// The telephone side: calls arrive at random, wait for a free agent in order (VIP first), or hang up when their patience ends.
/// Waits are not drawn: they come out of too few agents for too many calls.
/// </summary>
internal sealed class Switchboard(Agenda agenda, Dice dice, EventLog log, Weather weather, Customers customers, Floor floor)
{
    private const double PatienceMs = 90_000;

    private sealed class Call(string id, Caller caller, long initiatedAt)
    {
        public string Id => id;
        public Caller Caller => caller;
        public long InitiatedAt => initiatedAt;
        public long QueuedAt { get; set; }
        public bool Waiting { get; set; }
    }

    private readonly LinkedList<Call> _waiting = new();
    private int _calls;

    /// <summary>What the case desk does with a handled call; the answer is the ticket it is about, if any.</summary>
    public required Func<Caller, string, long, string?> Handled { get; init; }

    /// <summary>Takes over a caller who would rather be called back; the answer is the callback's id.</summary>
    public required Func<Caller, string, string> CallBack { get; init; }

    public void Open()
    {
        floor.Freed = Serve;
        NextArrival();
    }

    /// <summary>Poisson arrivals of a rate that changes: draw at the highest rate, keep in proportion.</summary>
    private void NextArrival()
    {
        const double FirstCalls = 0.82; // the rest of the profile is filled by people who call again
        const double Highest = Scenario.PeakCallsPerHour * 3;
        agenda.In(dice.Exponential(Scenario.Hour / (Highest * FirstCalls)), () =>
        {
            if (dice.Between(0, Highest) < Scenario.CallsPerHour(agenda.Now) * weather.Factor) Ring(customers.New());
            NextArrival();
        });
    }

    private void Ring(Caller caller)
    {
        var call = new Call($"call-{(++_calls).ToString(CultureInfo.InvariantCulture)}", caller, agenda.Now);
        log.Contact(call.Id, new ContactInitiated(Channel.Phone, Direction.Inbound, caller.Ref, "hotline", "zh", caller.Issue));
        if (dice.Chance(0.03))
        {
            agenda.In(dice.Seconds(2, 15), () => log.Contact(call.Id, new ContactAbandoned(AbandonStage.Ivr)));
            return;
        }
        agenda.In(dice.Seconds(5, 20), () => Enqueue(call));
    }

    private void Enqueue(Call call)
    {
        var priority = call.Caller.Queue == "vip" ? 1 : 3;
        log.Contact(call.Id, new ContactQueued(call.Caller.Queue, call.Caller.Department.Id, Priority: priority), call.Caller.Department.Id);
        (call.QueuedAt, call.Waiting) = (agenda.Now, true);
        _waiting.AddLast(call);
        agenda.In(dice.Exponential(PatienceMs), () => LosePatience(call));
        Serve();
    }

    private void LosePatience(Call call)
    {
        if (!call.Waiting) return;
        Leave(call);
        var waited = agenda.Now - call.QueuedAt;
        if (waited > 30_000 && dice.Chance(0.3))
        {
            var callback = CallBack(call.Caller, call.Id);
            log.Contact(call.Id, new ContactDequeued(call.Caller.Queue, DequeueReason.Callback, callback));
            return;
        }
        log.Contact(call.Id, new ContactAbandoned(AbandonStage.Queue, call.Caller.Queue, waited / 1000m));
        customers.MaybeRetry(call.Caller, Ring);
    }

    private void Leave(Call call)
    {
        call.Waiting = false;
        _waiting.Remove(call);
    }

    /// <summary>Joins the calls that wait, VIP first, with agents who are free for their queue.</summary>
    private void Serve()
    {
        foreach (var call in _waiting.OrderBy(call => call.Caller.Queue == "vip" ? 0 : 1).ThenBy(call => call.QueuedAt).ToList())
        {
            if (floor.TakeFree(call.Caller.Queue) is not { } agent) continue;
            Leave(call);
            Offer(call, agent);
        }
        floor.Relieve(_waiting.Count == 0);
    }

    private void Offer(Call call, Floor.Agent agent)
    {
        log.Contact(call.Id, new ContactOffered(agent.Id, call.Caller.Queue));
        if (dice.Chance(0.015))
        {
            const int RingSeconds = 20;
            agenda.In(RingSeconds * 1000, () => Miss(call, agent, RingSeconds));
            return;
        }
        agenda.In(dice.Seconds(1, 5), () => Answer(call, agent));
    }

    private void Miss(Call call, Floor.Agent agent, int rang)
    {
        log.Contact(call.Id, new ContactOfferMissed(agent.Id, call.Caller.Queue, rang, "no_answer"));
        floor.StepAway(agent);
        call.Waiting = true;
        _waiting.AddFirst(call);
        agenda.In(dice.Exponential(PatienceMs), () => LosePatience(call));
        Serve();
    }

    private void Answer(Call call, Floor.Agent agent)
    {
        log.Contact(call.Id, new ContactAnswered(agent.Id, call.Caller.Queue, (agenda.Now - call.QueuedAt) / 1000m));
        floor.Busy(agent);
        var talk = Math.Clamp(dice.Lognormal(200_000, 0.6), 15_000, 25 * Scenario.Minute);
        if (weather.IsBad(call.Caller.Department.Id)) talk = talk * 5 / 4;
        var hold = dice.Chance(0.08) ? dice.Seconds(15, 70) : 0;
        if (hold > 0)
        {
            agenda.In(talk / 2, () => log.Contact(call.Id, new ContactHeld(agent.Id)));
            agenda.In(talk / 2 + hold, () => log.Contact(call.Id, new ContactResumed(agent.Id)));
        }
        agenda.In(talk + hold, () => HangUp(call, agent, talk, hold));
    }

    private void HangUp(Call call, Floor.Agent agent, long talk, long hold)
    {
        var by = dice.Chance(0.8) ? DisconnectedBy.Customer : DisconnectedBy.Agent;
        log.Contact(call.Id, new ContactDisconnected(by, talk / 1000m, hold / 1000m));
        floor.WrapUp(agent);
        customers.MaybeAgain(call.Caller, Ring);
        var work = 5_000 + Math.Min(dice.Exponential(40_000), 4 * Scenario.Minute);
        agenda.In(work, () =>
        {
            var ticket = Handled(call.Caller, call.Id, call.InitiatedAt);
            var disposition = ticket is null ? "answered" : "ticket";
            log.Contact(call.Id, new ContactWrapupCompleted(agent.Id, work / 1000m, disposition, ticket is null, call.Caller.Issue, ticket));
            floor.Free(agent);
            Serve();
        });
    }
}
