using System.Diagnostics;
using OpsMonitor.Simulator;
using Xunit;

namespace OpsMonitor.Tests.Simulation;

/// <summary>
/// The writer that production runs, in virtual time, with everything going wrong that can. A failure names its seed:
/// <c>dotnet run -c Release --project tests/simulator -- --seed N --trace</c> tells the story. (docs/proof.md)
/// </summary>
public sealed class SimulatorTests(ITestOutputHelper output)
{
    private const ulong Schedules = 300, EnoughForAnyDefect = 300;

    // Each found something once; what, stands in docs/proof.md.
    private static readonly ulong[] Kept = [9, 12, 50, 66, 97, 124, 138, 153, 156, 174, 427, 685, 780, 6_330, 14_962, 17_964, 21_040];

    // Of schedules with a scene: what was told twice, and savings that did not reach tickets that were over, a ticket sent on before it was there.
    private static readonly ulong[] KeptWithScene = [100, 119, 147, 256, 272, 768, 849, 974, 1_281, 1_346, 105_016, 105_043];

    public static TheoryData<Planted> Defects() => [.. OpsMonitor.Simulator.Defects.All];

    [Fact(Timeout = 240_000)]
    public void Every_guarantee_holds_in_every_schedule_and_enough_has_happened_to_say_so()
    {
        var failures = new List<Outcome>();
        var (coverage, _) = OpsMonitor.Simulator.Defects.Run(1, Schedules, Planted.None, failures.Add);
        Assert.True(failures.Count == 0, string.Join('\n', failures.OrderBy(f => f.Seed).Select(f => $"seed {f.Seed}: {f.Violation}")));
        foreach (var (what, n) in coverage.Counts) output.WriteLine($"{n,8} {what}");
        foreach (var (what, floor) in Floors) Assert.True(coverage.Counts.GetValueOrDefault(what) >= floor, $"'{what}' came up {coverage.Counts.GetValueOrDefault(what)} times, should {floor}");
    }

    [Fact(Timeout = 120_000)]
    public void What_failed_once_holds_for_ever()
    {
        Assert.All(Kept, seed => Assert.Null(Schedule.Run(seed, plain: true).Violation)); // found before there were scenes, and still the same stories
        Assert.All(KeptWithScene, seed => Assert.Null(Schedule.Run(seed).Violation));
    }

    [Theory(Timeout = 120_000), MemberData(nameof(Defects))]
    public void Every_planted_defect_is_caught(Planted defect)
    {
        var caught = OpsMonitor.Simulator.Defects.FirstCaught(defect, EnoughForAnyDefect);
        Assert.True(caught is not null, $"{defect} was not caught in {EnoughForAnyDefect} schedules");
        output.WriteLine($"seed {caught.Seed}: {caught.Violation}");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_seed_is_the_same_story_in_two_processes()
    {
        foreach (ulong seed in (ulong[])[3, 28, 67])
        {
            var here = $"seed {seed} hash {Schedule.Run(seed).Hash:x16} ok";
            Assert.Equal(here, $"seed {seed} hash {Schedule.Run(seed).Hash:x16} ok");
            Assert.Equal(here, await Elsewhere(seed));
        }
    }

    private static async Task<string> Elsewhere(ulong seed)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Schedule).Assembly.Location, "--seed", $"{seed}"]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return said.Trim();
    }

    private static readonly (string What, long Floor)[] Floors =
    [
        ("policy saved", 100), ("calendar saved", 40), ("a policy takes running clocks over", 30), ("a calendar takes running clocks over", 15),
        ("crash while a saving commits", 1), ("a saving is found that nobody answered", 1), ("a clock stood still while the desk was closed", 500),
        ("alert.acknowledged", 300), ("alert.shelved", 80), ("alert.released", 80), ("taken, and the time ran out", 500),
        ("a step of the ladder after a restart", 100), ("a first contact was none after all", 50),
        ("crash", 200), ("crash between commit and acknowledgement", 5), ("crash while committing, durable", 3), ("crash while committing, lost", 3),
        ("commit failed", 10), ("commit failed after it was durable", 10), ("commit stalled", 100), ("torn snapshot passed over", 10),
        ("recovered from snapshot and tail", 50), ("overdue at start", 50), ("resolve before open", 20), ("breach retracted", 100),
        ("alert from late data", 100), ("duplicate", 500), ("id used for something else", 20), ("event ahead of time refused", 20),
        ("doubled request", 100), ("lost request", 100), ("lost answer", 100), ("refused", 50), ("several offers in one turn", 20),
        ("send failed", 100), ("told again after a crash, shown once", 20), ("slow viewer skips a frame", 50), ("clock set back", 50), ("clock set forward", 50),
    ];
}
