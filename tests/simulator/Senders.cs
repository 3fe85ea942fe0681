using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Simulator;

/// <summary>A request on its way into the server's queue.</summary>
public sealed class SimOffer(Batch batch, Action<IReadOnlyList<Verdict>?> answer)
    : Offer(batch.Events, batch.Hashes, batch.Events.Sum(e => (long)e.Raw.Length))
{
    public Batch Batch => batch;

    /// <summary>Null = refused.</summary>
    public Action<IReadOnlyList<Verdict>?> Answer => answer;
}

/// <summary>Integrations that send at least once: again until they have heard of every event, over a network that loses, doubles and reorders.</summary>
public sealed class Senders(World world, Faults faults, Server server)
{
    private readonly HashSet<int> _done = [];
    private int _made = 1_000_000;

    public int Open { get; private set; }

    public void Plan(IReadOnlyList<Batch> batches)
    {
        Open = batches.Count;
        foreach (var batch in batches) world.At(batch.SendAt, () => Send(batch));
    }

    /// <summary>One more, made up while it runs.</summary>
    public void Offer(Event e)
    {
        var batch = new Batch(++_made, world.Now, [e]);
        server.Checks.Offered(e);
        Open++;
        Send(batch);
    }

    private void Send(Batch batch)
    {
        if (_done.Contains(batch.Number)) return;
        world.Note("send", batch.Number);
        var copies = Luck(faults.DoubledRequest, "doubled request") ? 2 : 1;
        for (var i = 0; i < copies; i++)
            if (!Luck(faults.LostRequest, "lost request")) world.After(Latency(), () => server.Receive(new(batch, verdicts => Answered(batch, verdicts))));
        world.After(world.Calm ? 3_000 : world.Dice.Between(2_000, 15_000), () => Send(batch));
    }

    private void Answered(Batch batch, IReadOnlyList<Verdict>? verdicts)
    {
        if (Luck(faults.LostAnswer, "lost answer")) return;
        world.After(Latency(), () =>
        {
            if (verdicts is null || _done.Contains(batch.Number)) return; // refused: the time-out sends it again
            if (verdicts.Contains(Verdict.TimeInFuture) || verdicts.Contains(Verdict.TooOld)) return; // the rest must come again
            _done.Add(batch.Number);
            Open--;
        });
    }

    private bool Luck(int perMille, string what)
    {
        if (world.Calm || !world.Dice.Chance(perMille)) return false;
        world.Coverage.Add(what);
        return true;
    }

    private long Latency() => world.Dice.Between(1, world.Calm ? 20 : faults.LatencyMs);
}
