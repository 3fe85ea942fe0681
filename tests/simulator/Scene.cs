namespace OpsMonitor.Simulator;

/// <summary>When the desk works: each puts a change of working time into the few minutes that a schedule lasts.</summary>
public enum Hours { Always, Lunch, SkippedHour, HolidayBegins, HolidayEnds }

/// <summary>What the simulated house has besides tickets, calls and callbacks. Each is on or off by the seed, like the faults.</summary>
public sealed record Scene
{
    public static readonly Scene Plain = new();

    public Hours Hours { get; private init; }

    /// <summary>How often somebody saves a policy or a calendar.</summary>
    public int Edits { get; private init; }

    /// <summary>People acknowledge, shelve and release alerts.</summary>
    public bool Deeds { get; private init; }

    /// <summary>Tickets are sent to departments, each with a clock of its own.</summary>
    public bool Dispatches { get; private init; }

    public bool Agents { get; private init; }

    public bool Surveys { get; private init; }

    /// <summary>The same few customers call again and again.</summary>
    public bool Callers { get; private init; }

    /// <summary>Unix ms at which a schedule begins: Monday 2 March 2026, 08:00 UTC, or shortly before working time changes.</summary>
    public long Start => Hours switch
    {
        Hours.SkippedHour => 1_774_745_520_000, // Sunday 29 March 2026, 00:52 UTC; Berlin goes from 02:00 to 03:00 at 01:00 UTC
        Hours.HolidayBegins => 1_777_585_920_000, // 30 April 2026, 21:52 UTC; 1 May begins in Berlin at 22:00 UTC
        Hours.HolidayEnds => 1_777_672_320_000, // 1 May 2026, 21:52 UTC
        _ => 1_772_438_400_000,
    };

    /// <summary>Look-back and look-forward of first-contact resolution, ms; longer than the five minutes of a re-try where callers are many.</summary>
    public long FcrWindowMs => Callers ? 400_000 : 300_000;

    public Scene WithoutHours => this with { Hours = Hours.Always };

    public static Scene Of(ulong seed)
    {
        var dice = new Dice(seed ^ 0xA5C3_12F0_9B7E_4D61);
        if (dice.Chance(250)) return Plain;
        return new()
        {
            Hours = dice.Chance(500) ? (Hours)(1 + dice.Below(4)) : Hours.Always,
            Edits = dice.Chance(500) ? 1 + dice.Below(4) : 0,
            Deeds = dice.Chance(500),
            Dispatches = dice.Chance(500),
            Agents = dice.Chance(300),
            Surveys = dice.Chance(400),
            Callers = dice.Chance(400),
        };
    }
}
