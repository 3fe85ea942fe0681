namespace OpsMonitor.Simulator;

/// <param name="Violation">null = every guarantee held</param>
/// <param name="Hash">of everything that happened</param>
public sealed record Outcome(ulong Seed, string? Violation, ulong Hash, Coverage Coverage);

/// <summary>One seed: a faulty phase, then a calm one in which everything must come together.</summary>
public static class Schedule
{
    private const long LongestFaultyMs = 12 * 60_000, BusyCalmMs = 5 * 60_000, QuietMs = 3_000;

    /// <param name="plain">without what a scene adds: a schedule as they were when the simulator knew nothing else</param>
    public static Outcome Run(ulong seed, Planted planted = Planted.None, Action<string>? trace = null, bool plain = false)
    {
        var scene = plain ? Scene.Plain : Scene.Of(seed);
        var world = new World(seed, scene.Start, trace);
        try
        {
            Run(world, new(scene), planted);
            return new(seed, null, world.Hash, world.Coverage);
        }
        catch (ViolationException violation)
        {
            return new(seed, violation.Message, world.Hash, world.Coverage);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            trace?.Invoke(fault.ToString());
            return new(seed, $"a fault of the program: {fault.GetType().Name}: {fault.Message}", world.Hash, world.Coverage);
        }
    }

    private static void Run(World world, House house, Planted planted)
    {
        var dice = world.Dice;
        var faults = Faults.Of(dice);
        var calmFrom = world.Start + dice.Between(60_000, LongestFaultyMs);
        var batches = Offered.Of(dice, house.Scene, world.Start, calmFrom + BusyCalmMs);
        var server = new Server(world, house, faults, planted);
        var senders = new Senders(world, faults, server);
        server.Checks.Plan(batches);
        senders.Plan(batches);
        var people = new People(world, house, server, senders);
        if (house.Scene != Scene.Plain) people.Begin(calmFrom + (BusyCalmMs / 2));
        server.Viewers.Open(1 + dice.Below(3));
        for (var i = 0; i < faults.ClockSteps; i++)
            world.At(dice.Between(world.Start, calmFrom - 1), () => server.SetClock(dice.Of(1, -1) * dice.Of(dice.Between(1, 2_000), dice.Between(1_000, 120_000))));
        server.Boot();

        world.RunUntil(calmFrom);
        world.Calm = true;
        if (faults.ClockSteps > 0) server.SetClock(0);
        server.Checks.CalmFrom(calmFrom);
        if (!server.Up) server.Boot();
        else if (server.Writer.ReadOnly) server.Crash();
        world.RunUntil(calmFrom + BusyCalmMs + 60_000);
        // The end must not fall between a deadline and its picture.
        for (var i = 0; i < 200 && (server.Committing || server.Writer.Shard.NextWake - server.Clock <= QuietMs); i++) world.RunUntil(world.Now + QuietMs);
        world.RunUntil(world.Now + QuietMs - 200);
        server.Checks.Final(senders);
        people.Check(server.Writer.Shard.Edits, [.. server.Journal.Frames.Select(f => f.Edit).OfType<OpsMonitor.Grains.Policies.PolicyEdit>()]);
        world.Note("end", server.Writer.Shard.EventCount, server.Journal.Rows.Count);
    }
}
