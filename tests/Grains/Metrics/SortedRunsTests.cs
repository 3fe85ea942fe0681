using OpsMonitor.Grains.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Grains.Metrics;

public sealed class SortedRunsTests
{
    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 20)];

    [Theory, MemberData(nameof(Seeds))] // few numbers meet often, many fill hundreds of runs
    public void Put_in_and_taken_out_at_random_it_holds_what_a_sorted_set_holds(int seed)
    {
        var (random, runs, set) = (new Random(seed), new SortedRuns<long>(), new SortedSet<long>());
        var most = seed % 2 == 0 ? 300 : 1_000_000;
        for (var i = 0; i < 20_000; i++)
        {
            var growing = i / 5_000 % 2 == 0;
            var n = random.Next(10) == 0 && set.Count > 0 ? set.Min : seed % 3 == 0 && growing ? i : random.Next(most);
            if (!growing && set.Count > 0) n = set.GetViewBetween(n, long.MaxValue).DefaultIfEmpty(set.Max).First(); // there, so that runs become few
            if (random.Next(10) < (growing ? 8 : 2)) Assert.Equal(set.Add(n), runs.Add(n)); else Assert.Equal(set.Remove(n), runs.Remove(n));
            if (i % 500 == 0) Same(random, set, runs, most);
        }
        foreach (var n in set.ToList()) Assert.True(runs.Remove(n));
        Assert.Empty(runs);
    }

    [Fact]
    public void Put_in_in_order_every_run_is_full_and_each_is_found()
    {
        var runs = new SortedRuns<long>();
        for (var i = 0L; i < 10_000; i++) Assert.True(runs.Add(i));
        for (var i = 0L; i < 10_000; i++) Assert.False(runs.Add(i));
        Assert.Equal((0, 10_000, 2_500), (runs.Min, runs.Count, runs.CountBetween(5_000, 7_500)));
    }

    [Fact]
    public void A_walk_through_it_says_so_when_it_is_changed_meanwhile()
    {
        var runs = new SortedRuns<long> { 1, 2, 3 };
        Assert.Throws<InvalidOperationException>(() =>
        {
            foreach (var n in runs) runs.Remove(n);
        });
    }

    private static void Same(Random random, SortedSet<long> set, SortedRuns<long> runs, int most)
    {
        var (from, to) = (random.Next(most), random.Next(most));
        Assert.Equal(set, runs);
        Assert.Equal(set.Count, runs.Count);
        Assert.Equal(set.Where(n => n >= from), runs.From(from));
        Assert.Equal(set.Count(n => n >= from && n < to), runs.CountBetween(from, to));
        if (set.Count > 0) Assert.Equal(set.Min, runs.Min);
    }
}
