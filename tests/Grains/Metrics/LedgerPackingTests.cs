using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Grains.Metrics;

/// <summary>
/// What a ledger packs after two days and unpacks for late news is what a plain table of all that was added has: over any window, in each minute, as a level,
/// as an image.
/// </summary>
public sealed class LedgerPackingTests
{
    private const long Minute = 60_000, Hour = 60 * Minute;
    private const int Days = 9, Steps = 40_000;

    private static readonly MeasureKey[] Keys = [new(Measure.Created), new(Measure.OpenDelta), new(Measure.AgentDelta, "busy/anna"), new(Measure.AgentAt, "busy/anna"), new(Measure.AgentDelta, "break/bo")];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Packed_or_not_it_says_what_was_added(int seed)
    {
        var random = new Random(seed);
        var start = Story.Ms("00:00:00");
        var (ledger, held) = (new Ledger(), new List<Contribution>());
        for (var step = 0; step < Steps; step++)
        {
            if (held.Count > 0 && random.Next(4) == 0)
            {
                var at = random.Next(3) == 0 ? random.Next(held.Count) : held.Count - 1 - random.Next(Math.Min(20, held.Count)); // old ones too: they are packed by now
                ledger.Add(default, held[at], -1);
                held.RemoveAt(at);
                continue;
            }
            var late = random.Next(10) == 0 ? random.NextInt64(Days * 24 * Hour) : 0;
            var when = start + Math.Max(0, (step * Days * 24 * Hour / Steps) + random.NextInt64(Minute) - late);
            var c = random.Next(3) == 0 ? new Contribution(ContributionKind.Sample, new(Measure.WaitMs), null, null, when, random.NextInt64(-5, 1L << random.Next(45)))
                : new Contribution(ContributionKind.Point, Keys[random.Next(Keys.Length)], null, null, when, random.Next(2) == 0 ? 1 : random.NextInt64(-(1L << 45), 1L << 45));
            ledger.Add(default, c, 1);
            held.Add(c);
            if (step % 4_000 == 0) Same(ledger, held, start, random); // what is read in between stays true when the past changes afterwards
        }
        Same(ledger, held, start, random);
        Assert.Equal(held.Min(Floor), Math.Min(ledger.FirstMinute!.Value, ledger.Minutes()[0]));
        foreach (var c in held) ledger.Add(default, c, -1);
        Assert.Equal((null, null, 0), (ledger.FirstMinute, ledger.LastMinute, ledger.Image().Count())); // a sum of nothing leaves no trace
    }

    private static void Same(Ledger ledger, List<Contribution> held, long start, Random random)
    {
        var end = start + (Days * 24 * Hour);
        Assert.Equal(Text(held), Text([.. ledger.Image()]));
        foreach (var window in (Window[])[Window.Always, new(start, end), .. Enumerable.Range(0, 6).Select(_ => Some())])
            Assert.Equal(Text(held.Where(c => window == Window.Always || (Floor(c) >= Floor(window.From) && Floor(c) < Floor(window.To)))), Text(ledger.Over(window)));
        foreach (var to in (long[])[long.MaxValue, end, .. Enumerable.Range(0, 6).Select(_ => Some().To)])
            Assert.Equal(Text(held.Where(c => c.Kind == ContributionKind.Point && Levels.Has(c.Key.Measure) && (to == long.MaxValue || Floor(c) < Floor(to)))), Text(ledger.Level(to)));
        for (var i = 0; i < 20; i++)
        {
            var minute = Floor(held[random.Next(held.Count)]);
            Assert.Equal(Text(held.Where(c => Floor(c) == minute)), Text(ledger.At(minute)));
        }

        Window Some() => random.NextInt64(start, end) is var from ? new(from, from + random.NextInt64(3 * 24 * Hour)) : default;
    }

    private static long Floor(Contribution c) => Floor(c.At);

    private static long Floor(long at) => at - (at % Minute);

    private static string Text(IEnumerable<Contribution> all)
    {
        var points = all.Where(c => c.Kind == ContributionKind.Point).GroupBy(c => c.Key).Select(g => (g.Key, Sum: g.Sum(c => c.Amount))).Where(p => p.Sum != 0);
        return Text(points, all.Where(c => c.Kind == ContributionKind.Sample).Select(c => c.Amount));
    }

    private static string Text(Sums sums) => Text(sums.Points.Select(p => (p.Key, p.Value)).Where(p => p.Value != 0), sums.Samples.SelectMany(s => s.Value));

    private static string Text(IEnumerable<(MeasureKey Key, long Sum)> points, IEnumerable<long> samples) =>
        $"{string.Join(' ', points.OrderBy(p => p.Key).Select(p => $"{p.Key.Measure}{p.Key.Param}={p.Sum}"))} | {string.Join(',', samples.Order())}";
}
