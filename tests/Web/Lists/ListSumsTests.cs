using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Grains.Metrics.Oracle;
using OpsMonitor.Tests.Silo.Local;
using OpsMonitor.Web.Lists;
using OpsMonitor.Web.Metrics;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Lists;

/// <summary>
/// Forty random days, events late, doubled and shuffled, most subjects gone from memory: every number of the answer has a list, and the list adds
/// up to it: counts to counts, both sides of a rate, samples to their mean and percentiles. A failure prints its seed.
/// </summary>
public sealed class ListSumsTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>OPSMONITOR_LISTS has the number of seeds; 6 by default.</summary>
    public static TheoryData<int> Seeds() =>
        [.. Enumerable.Range(1, int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_LISTS"), out var n) ? n : 6)];

    [Theory(Timeout = 300_000), MemberData(nameof(Seeds))]
    public async Task The_list_behind_every_number_adds_up_to_it(int seed)
    {
        var random = new Random(seed);
        var events = MetricStreams.Of(random);
        var arrivals = events.Concat(events.Where(_ => random.Next(10) == 0)).OrderBy(_ => random.Next()).ToList();
        var until = Story.Ms($"+{MetricStreams.Days + 10} 00:00:00");
        var local = LocalHost.Open(new(_folder, PolicySet.Default, until) { LeaveAfterMs = 0 }, TimeProvider.System, static _ => { });
        await using var host = new OneMachine(local);
        foreach (var some in arrivals.Chunk(40)) await host.OfferAsync(some, default);
        for (var i = 0; i < 200 && (Left(host) < 5 || Parts(local) < 3 || host.Read(s => s.Revocations().Any())); i++)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
            await host.OfferAsync([], default);
        }
        Assert.True(Left(host) >= 5, $"seed {seed}: only {Left(host)} left memory");
        Assert.True(Parts(local) >= 3, $"seed {seed}: of customers' files too little left memory");

        var (numbers, lines) = (0, 0L);
        foreach (var scope in (string[])["all", "department/billing", "department/network", "queue/q", "departments/billing,field"])
            foreach (var window in Windows(random, until))
            {
                var table = host.Read(tally => Report.Of(tally, scope, window, live: true));
                foreach (var (path, value) in Leaves("", table))
                {
                    var rule = ListRules.Of(path, PolicySet.Default);
                    Assert.True(rule is not null, $"seed {seed}: no list behind {path}");
                    var items = ListEndpoints.Read(host, rule, scope, window).Items;
                    Assert.True(AddsUp(path, value, items), $"seed {seed}: {path} of {scope} in {Story.Iso(window.From)}/{Story.Iso(window.To)} is {value}, its list {items.Sum(i => i.Num)} / {items.Sum(i => i.N)}: {string.Join("; ", items.Take(20))}");
                    (numbers, lines) = (numbers + 1, lines + items.Count);
                }
            }
        var always = new Window(Story.Ms("00:00:00") - Story.Day, until + Story.Day);
        var fcr = (Ratio)host.Read(tally => Report.Of(tally, "all", always, live: false))["fcr.provisional"]!;
        output.WriteLine($"{fcr.N - fcr.Num} revoked, {host.Read(s => s.Revocations().Count())} of them in memory");
        Assert.Equal(fcr.N - fcr.Num, MetricAnswers.Revoked(host, "all", always).Count);
        output.WriteLine($"seed {seed}: {numbers} numbers, {lines} lines, {Left(host)} subjects out of memory");
        Assert.True(lines > 1_500, "too little to prove anything");
    }

    private static int Parts(LocalHost host) => host.Read(s => s.RestingParts().Count());

    private static int Left(OneMachine host) => Enumerable.Range(0, 3).Sum(kind => host.Kept!.Rows(new((SubjectKind)kind, null, 1_000)).Count);

    private static IEnumerable<Window> Windows(Random random, long until)
    {
        yield return new(Story.Ms("+0 00:00:00"), until);
        yield return new(until - (7 * Story.Day), until + Story.Minute);
        for (var i = 0; i < 4; i++)
        {
            var from = Story.Ms("+0 00:00:00") + random.NextInt64(MetricStreams.Days * Story.Day);
            yield return new(from, from + 1 + random.NextInt64(random.Next(2) == 0 ? Story.Day : 14 * Story.Day));
        }
    }

    private static IEnumerable<(string Path, object? Value)> Leaves(string at, IReadOnlyDictionary<string, object?> table)
    {
        foreach (var (name, value) in table)
        {
            var path = at.Length == 0 ? name : $"{at}/{name}";
            if (value is IReadOnlyDictionary<string, object?> inner)
                foreach (var leaf in Leaves(path, inner)) yield return leaf;
            else if (value is not null || !Groups.Contains(path.Split('/')[^1])) yield return (path, value);
        }
    }

    // Tables of tables: where there is nothing in them, there is no number to open.
    private static readonly string[] Groups = ["agents.by_agent", "agents.time_s", "time_s", "escalation_rate.by_level", "hot_issues", "redress", "amount", "time_ledger"];

    private static bool AddsUp(string path, object? value, IReadOnlyList<ListItem> items)
    {
        var (num, n) = (items.Sum(i => i.Num), items.Sum(i => i.N));
        var sorted = items.Where(i => i.Value is not null).Select(i => i.Value!.Value).Order().ToList();
        return value switch
        {
            Ratio ratio => ratio == new Ratio(num, n),
            long count => path.EndsWith(".n", StringComparison.Ordinal) ? count == n : count == num,
            null => n == 0,
            decimal amount when path.EndsWith("p50_s", StringComparison.Ordinal) => amount == Formulas.PercentileSeconds(sorted, 50),
            decimal amount when path.EndsWith("p90_s", StringComparison.Ordinal) => amount == Formulas.PercentileSeconds(sorted, 90),
            decimal amount when path.Contains('/', StringComparison.Ordinal) => amount == (path.StartsWith("redress", StringComparison.Ordinal) ? num / 1000m : Formulas.MeanSeconds(num, 1)),
            decimal amount when path == "contacts.longest_wait_s" => amount == Formulas.MeanSeconds(sorted[^1], 1),
            decimal amount => amount == Formulas.MeanSeconds(num, n),
            _ => false,
        };
    }
}
