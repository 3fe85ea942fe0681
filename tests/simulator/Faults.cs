namespace OpsMonitor.Simulator;

/// <summary>
/// What may go wrong in one schedule. Each is on or off by the seed (swarm testing: a schedule with everything on hides what one with little on
/// would show). All figures without a unit are chances in a thousand, each time there is occasion.
/// </summary>
public sealed record Faults
{
    /// <summary>Before any effect of the writer.</summary>
    public int Crash { get; private init; }

    /// <summary>The journal says no: half of the time the frame is durable all the same.</summary>
    public int CommitError { get; private init; }

    /// <summary>A commit takes up to a second.</summary>
    public int Stall { get; private init; }

    public int LostRequest { get; private init; }

    public int DoubledRequest { get; private init; }

    public int LostAnswer { get; private init; }

    /// <summary>The longest way through the network, ms: requests overtake each other.</summary>
    public int LatencyMs { get; private init; } = 20;

    public int TornSnapshot { get; private init; }

    /// <summary>A commit error stays unmended for so long, and a crash is followed by a start after so long, at most, ms.</summary>
    public int DownMs { get; private init; } = 3_000;

    /// <summary>How often the server's clock is set, in all.</summary>
    public int ClockSteps { get; private init; }

    /// <summary>A channel's receiver does not take a row.</summary>
    public int SendError { get; private init; }

    /// <summary>A viewer takes up to so long to read a frame, ms.</summary>
    public int SlowViewerMs { get; private init; } = 30;

    /// <summary>Chance that a viewer goes away after a frame.</summary>
    public int ViewerGone { get; private init; }

    /// <summary>Frames and snapshots pass through the bytes that the real journal keeps.</summary>
    public bool Bytes { get; private init; }

    public static readonly Faults None = new();

    public static Faults Of(Dice dice) => new()
    {
        Crash = On(dice) ? dice.Of(3, 10, 30) : 0,
        CommitError = On(dice) ? dice.Of(10, 40) : 0,
        Stall = On(dice) ? dice.Of(50, 200) : 0,
        LostRequest = On(dice) ? dice.Of(50, 200) : 0,
        DoubledRequest = On(dice) ? dice.Of(50, 300) : 0,
        LostAnswer = On(dice) ? dice.Of(50, 300) : 0,
        LatencyMs = On(dice) ? dice.Of(200, 2_000, 8_000) : 20,
        TornSnapshot = On(dice) ? dice.Of(100, 500) : 0,
        DownMs = dice.Of(1_000, 20_000, 120_000),
        ClockSteps = On(dice) ? dice.Of(1, 3) : 0,
        SendError = On(dice) ? dice.Of(50, 300) : 0,
        SlowViewerMs = On(dice) ? dice.Of(500, 4_000) : 30,
        ViewerGone = On(dice) ? 50 : 0,
        Bytes = dice.Chance(60),
    };

    private static bool On(Dice dice) => dice.Chance(500);
}
