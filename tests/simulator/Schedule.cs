namespace OpsMonitor.Simulator;

/// <param name="Violation">null = every guarantee held</param>
/// <param name="Hash">of everything that happened</param>
public sealed record Outcome(ulong Seed, string? Violation, ulong Hash, Coverage Coverage);

/// <summary>One seed: a faulty phase, then a calm one in which everything must come together.</summary>
public static class Schedule
{
    /// <summary>Unix ms: Monday 2 March 2026, 08:00 UTC.</summary>
    public const long Start = 1_772_438_400_000;

    private const long LongestFaultyMs = 12 * 60_000, BusyCalmMs = 5 * 60_000, QuietMs = 3_000;

    public static Outcome Run(ulong seed, Planted planted = Planted.None, Action<string>? trace = null)
    {
        var world = new World(seed, trace);
        try
        {
            Run(world, planted);
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

    private static void Run(World world, Planted planted)
    {
        var dice = world.Dice;
        var faults = Faults.Of(dice);
        var calmFrom = Start + dice.Between(60_000, LongestFaultyMs);
        var batches = Offered.Of(dice, Start, calmFrom + BusyCalmMs);
        var server = new Server(world, faults, planted);
        var senders = new Senders(world, faults, server);
        server.Checks.Plan(batches);
        senders.Plan(batches);
        server.Viewers.Open(1 + dice.Below(3));
        for (var i = 0; i < faults.ClockSteps; i++)
            world.At(dice.Between(Start, calmFrom - 1), () => server.SetClock(dice.Of(1, -1) * dice.Of(dice.Between(1, 2_000), dice.Between(1_000, 120_000))));
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
        world.Note("end", server.Writer.Shard.EventCount, server.Journal.Rows.Count);
    }
}
