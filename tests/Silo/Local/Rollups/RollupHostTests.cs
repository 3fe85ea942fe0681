using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Rollups;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Grains.Metrics.Oracle;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Rollups;

/// <summary>Rollups say what the host's sums say: while events come late, twice and out of order, after every kind of start, with the file gone or old.</summary>
public sealed class RollupHostTests : IDisposable
{
    private static readonly string[] Scopes = ["all", "queue/q", "queue/r", "department/billing", "department/network", "departments/billing,field", "department/nobody"];

    private readonly TemporaryFolder _folder = new();
    private readonly SetClock _clock = new();
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public async Task Every_window_of_the_file_is_the_report_of_the_host(int seed)
    {
        var random = new Random(seed);
        var news = MetricStreams.Of(random).Select(e => (Told: e.At + (random.Next(3) == 0 ? random.NextInt64(2 * Story.Day) : 0), Event: e)).OrderBy(n => n.Told).ToList();
        var half = news.Count / 2;
        await using (var host = Open())
        {
            await Tell(host, random, news[..half]);
            Compare(host, random, "as it comes");
        }
        foreach (var file in Directory.GetFiles(_folder.Path, "rollups.db*")) File.Copy(file, file + ".old");
        await using (var host = Open())
        {
            Compare(host, random, "after a clean stop");
            Assert.DoesNotContain(_said, s => s.Contains("unreadable", StringComparison.Ordinal));
            await Tell(host, random, news[half..]);
            Compare(host, random, "the second half");
        }
        foreach (var file in Directory.GetFiles(_folder.Path, "rollups.db*").Where(f => !f.EndsWith(".old", StringComparison.Ordinal))) File.Delete(file);
        foreach (var old in Directory.GetFiles(_folder.Path, "rollups.db*.old")) File.Copy(old, old[..^4]);
        await using (var host = Open()) Compare(host, random, "with a file of yesterday");
        foreach (var file in Directory.GetFiles(_folder.Path, "rollups.db*")) File.Delete(file);
        await using (var host = Open()) Compare(host, random, "with the file gone");
        foreach (var file in Directory.GetFiles(_folder.Path, "*.snapshot")) File.Delete(file);
        await using (var host = Open()) Compare(host, random, "with all turns taken again");
        await File.WriteAllTextAsync(RollupFile.PathIn(_folder.Path), "no database, and longer than a header of one would be, which is a hundred bytes, so that it is read as one and refused");
        await using (var host = Open()) Compare(host, random, "with a damaged file");
        Assert.Contains(_said, s => s.Contains("rollups are unreadable", StringComparison.Ordinal));
    }

    private async Task Tell(LocalHost host, Random random, List<(long Told, Event Event)> news)
    {
        for (var i = 0; i < news.Count;)
        {
            var size = Math.Min(1 + random.Next(12), news.Count - i);
            _clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(_clock.NowMs, news[i + size - 1].Told)));
            await host.OfferAsync([.. news[i..(i + size)].Select(n => n.Event)], CancellationToken.None);
            i += size;
            if (random.Next(8) == 0) Compare(host, random, "on the way");
        }
    }

    private static void Compare(LocalHost host, Random random, string when)
    {
        for (var i = 0; i < 12; i++)
        {
            var scope = Scopes[random.Next(Scopes.Length)];
            var from = Story.Ms("00:00:00") + (random.NextInt64(MetricStreams.Days * 24) * Story.Hour) + (random.Next(2) * random.NextInt64(60) * Story.Minute);
            var window = random.Next(4) switch { 0 => new Window(from, from + Story.Minute), 1 => new(from, from + Story.Hour), 2 => new(from, from + Story.Day), _ => new(from, from + random.NextInt64(30 * Story.Day)) };
            for (var tries = 20; ; tries--)
            {
                // A turn without news changes the instant too, and what goes on until now has grown.
                var before = host.Read(s => (s.Version, s.Now));
                var filed = host.Rollups!.Read(scope, (source, now, policies) => Text(Report.Of(source, scope, window, now, policies)));
                var (expected, after) = host.Read(s => (Text(Report.Of(s, scope, window, live: false)), (s.Version, s.Now)));
                if (before != after && tries > 0) continue; // another turn in between
                Assert.Equal($"{when}, {scope}, {Story.Iso(window.From)} to {Story.Iso(window.To)}: {expected}", $"{when}, {scope}, {Story.Iso(window.From)} to {Story.Iso(window.To)}: {filed}");
                break;
            }
        }
    }

    [Fact]
    public async Task A_series_is_the_reports_of_its_windows()
    {
        var random = new Random(7);
        await using var host = Open();
        await Tell(host, random, [.. MetricStreams.Of(random).OrderBy(e => e.At).Select(e => (e.At, e))]);
        foreach (var step in new[] { 7 * Story.Minute, Story.Hour, Story.Day })
        {
            var start = Story.Ms("+3 00:00:00");
            List<long> ends = [.. Enumerable.Range(1, 100).Select(i => start + (i * step))];
            var (at, series) = host.Rollups!.Read("all", (source, now, policies) => Tuple.Create(now, Report.Series(source, "all", start, ends, now, policies).Select(Text).ToList()))!;
            for (var i = 0; i < ends.Count; i++) // at the file's instant: what lasts (an agent's state) goes on growing
                Assert.Equal(host.Read(s => Text(Report.Of(Report.Source(s, "all"), "all", new(i == 0 ? start : ends[i - 1], ends[i]), at, s.Policies, []))), series[i]);
        }
    }

    private LocalHost Open()
    {
        if (_clock.NowMs > Story.Ms("+60 00:00:00")) _clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Story.Ms("00:00:00")));
        return LocalHost.Open(new(_folder.Path, PolicySet.Default) { LeaveAfterMs = 10 * 60_000, Rollups = RollupStory.Options }, _clock, s => { lock (_said) _said.Add(s); });
    }

    private static string Text(SortedDictionary<string, object?> table) => System.Text.Encoding.UTF8.GetString(MetricJson.Text(table));
}

internal static class RollupStory
{
    /// <summary>Days of UTC.</summary>
    public static readonly RollupOptions Options = new((_, at) => new(at - (at % Story.Day), at - (at % Story.Day) + Story.Day), MetricJson.Text);
}
