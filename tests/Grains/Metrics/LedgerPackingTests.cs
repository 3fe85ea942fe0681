using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Grains.Metrics;

/// <summary>
/// What a ledger puts to rest after two days and adds to for late news is what a plain table of all that was added has: over any window, in each minute, as a
/// level, after a restart from its image; in memory or in files.
/// </summary>
public sealed class LedgerPackingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private const long Minute = 60_000, Hour = 60 * Minute;
    private const int Days = 9, Steps = 40_000;

    private static readonly MeasureKey[] Keys = [new(Measure.Created), new(Measure.OpenDelta), new(Measure.AgentDelta, "busy/anna"), new(Measure.AgentAt, "busy/anna"), new(Measure.AgentDelta, "break/bo")];

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public void At_rest_or_not_it_says_what_was_added(int seed, bool files)
    {
        var random = new Random(seed);
        using var scratch = files ? new ScratchShelf(_folder.File("scratch"), Assert.Fail, 20_000) : null;
        var shelf = scratch as IShelf ?? MemoryShelf.One;
        var start = Story.Ms("00:00:00");
        var (ledger, held) = (new Ledger(shelf), new List<Contribution>());
        for (var step = 0; step < Steps; step++)
        {
            if (step % 13_000 == 12_999) ledger = Restarted(ledger, shelf);
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
                : new Contribution(ContributionKind.Point, random.Next(8) == 0 ? new(Measure.HeldMs, $"seldom-{step}") : Keys[random.Next(Keys.Length)], null, null, when, random.Next(2) == 0 ? 1 : random.NextInt64(-(1L << 45), 1L << 45));
            ledger.Add(default, c, 1);
            held.Add(c);
            if (step % 4_000 == 0) Same(ledger, held, start, random); // what is read in between stays true when the past changes afterwards
        }
        Same(ledger, held, start, random);
        Assert.Equal(held.Min(Floor), Math.Min(ledger.FirstMinute!.Value, ledger.Minutes().First()));
        foreach (var c in held) ledger.Add(default, c, -1);
        Assert.Equal((null, null, 0), (ledger.FirstMinute, ledger.LastMinute, ledger.Contents(Window.Always).Count())); // a sum of nothing leaves no trace
    }

    [Fact]
    public void What_came_late_for_a_day_is_written_into_it_when_it_is_heard_of_no_more()
    {
        var (ledger, start) = (new Ledger(), Story.Ms("00:00:00"));
        void Add(int day) => ledger.Add(default, new(ContributionKind.Point, new(Measure.Created), null, null, start + (day * 24 * Hour), 1), 1);
        int Beside() => ledger.Image().Minutes.Sum(m => m.Later.Count);
        for (var day = 0; day < 4; day++) Add(day);
        Add(0);
        Add(1);
        Assert.Equal(2, Beside());
        Add(4);
        Assert.Equal(2, Beside()); // both were added to since the day before began
        Add(5);
        Assert.Equal(1, Beside()); // one a day
        Add(6);
        Assert.Equal((0, 9L), (Beside(), ledger.Over(Window.Always).Points[new(Measure.Created)]));
    }

    private static Ledger Restarted(Ledger ledger, IShelf shelf)
    {
        var image = ledger.Image();
        ledger.Add(default, new(ContributionKind.Point, new(Measure.Created), null, null, image.Minutes[0].Start, 1), 1); // an image is not touched by what comes after it
        var again = new Ledger(shelf);
        again.Restore(image);
        return again;
    }

    private static void Same(Ledger ledger, List<Contribution> held, long start, Random random)
    {
        var end = start + (Days * 24 * Hour);
        Assert.Equal(Text(held), Text([.. ledger.Contents(Window.Always)]));
        foreach (var window in (Window[])[Window.Always, new(start, end), .. Enumerable.Range(0, 6).Select(_ => Some())])
        {
            var within = held.Where(c => window == Window.Always || (Floor(c) >= Floor(window.From) && Floor(c) < Floor(window.To))).ToList();
            Assert.Equal(Text(within), Text(ledger.Over(window)));
            Assert.Equal(Named(within, window), ledger.Over(window).Points.Keys); // also none that comes to nothing in each bucket: it would tell in which order the events came
        }
        foreach (var to in (long[])[long.MaxValue, end, .. Enumerable.Range(0, 6).Select(_ => Some().To)])
            Assert.Equal(Text(held.Where(c => c.Kind == ContributionKind.Point && Levels.Has(c.Key.Measure) && (to == long.MaxValue || Floor(c) < Floor(to)))), Text(ledger.Level(to)));
        for (var i = 0; i < 20; i++)
        {
            var minute = Floor(held[random.Next(held.Count)]);
            Assert.Equal(Text(held.Where(c => Floor(c) == minute)), Text(ledger.At(minute)));
        }

        Window Some() => random.NextInt64(start, end) is var from ? new(from, from + random.NextInt64(3 * 24 * Hour)) : default;
    }

    // By the buckets that a window is made of: whole hours, and minutes at its edges.
    private static IEnumerable<MeasureKey> Named(IEnumerable<Contribution> within, Window window)
    {
        var (from, to) = window == Window.Always ? (window.From, window.To) : (Floor(window.From), Floor(window.To));
        return within.Where(c => c.Kind == ContributionKind.Point).GroupBy(c => (c.Key, Bucket: HourOf(c.At) >= from && HourOf(c.At) + Hour <= to ? HourOf(c.At) : Floor(c)))
            .Where(g => g.Sum(c => c.Amount) != 0).Select(g => g.Key.Key).Distinct().Order();

        static long HourOf(long at) => at - (at % Hour);
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
