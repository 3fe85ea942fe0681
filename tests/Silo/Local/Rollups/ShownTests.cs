using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Silo.Local.Rollups;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Grains.Metrics.Oracle;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Rollups;

/// <summary>What was shown at a minute is what the turns taken by then had made of it, whatever was learned later.</summary>
public sealed class ShownTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SetClock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_record_is_the_replay_of_the_turns_so_far_and_stays_when_late_data_comes()
    {
        var random = new Random(11);
        var news = MetricStreams.Of(random).Select(e => (Told: e.At + (random.Next(3) == 0 ? random.NextInt64(Story.Day) : 0), Event: e)).OrderBy(n => n.Told).ToList();
        List<(long At, string Text)> shown = [];
        await using (var host = Open(news[0].Told))
        {
            foreach (var (told, e) in news)
            {
                _clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(_clock.NowMs, told)));
                await host.OfferAsync([e], CancellationToken.None);
                if (random.Next(3) > 0) continue;
                host.Rollups!.Record();
                if (host.Rollups.Shown("all", _clock.NowMs) is { } record && (shown.Count == 0 || shown[^1].At != record.At)) shown.Add((record.At, Text(record.Numbers)));
            }
            Assert.True(shown.Count > 30, $"{shown.Count} records");
            foreach (var (at, text) in shown) Assert.Equal(text, Text(host.Rollups!.Shown("all", at + 30_000)!.Value.Numbers)); // packed by now, most of them
        }
        using var journal = FrameJournal.Open(_folder.Path, static _ => { }, onlyLook: true);
        var frames = journal.ReadFrom(0).Select(f => TurnFrame.Read(f.Frame)).ToList();
        foreach (var (at, text) in shown.Where((_, i) => i % 5 == 0))
        {
            var replay = new Shard(PolicySet.Default, new());
            foreach (var frame in frames.TakeWhile(f => f.Now <= at)) replay.Step(new(frame.Now, frame.Events, Replayed: true));
            while (replay.NextWake <= at) replay.Step(new(replay.NextWake, []));
            var window = new Window(at - (at % Story.Day), at - (at % Story.Minute) + Story.Minute);
            Assert.Equal(Steady(Text(MetricJson.Text(Report.Of(replay, "all", window, live: true)))), Steady(text));
        }
    }

    [Fact]
    public async Task Made_again_from_the_journal_the_corrections_and_the_sums_are_those_of_the_server()
    {
        var random = new Random(12);
        var news = MetricStreams.Of(random).Select(e => (Told: e.At + (random.Next(3) == 0 ? random.NextInt64(2 * Story.Day) : 0), Event: e)).OrderBy(n => n.Told).ToList();
        List<string> corrections;
        string sums;
        await using (var host = Open(news[0].Told))
        {
            foreach (var (told, e) in news)
            {
                _clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(_clock.NowMs, told)));
                await host.OfferAsync([e], CancellationToken.None);
                host.Rollups!.Sync();
            }
            corrections = Lines(host.Rollups!.Corrections(null, Window.Always, 0, int.MaxValue));
            sums = host.Rollups.Read("all", (s, now, p) => Text(MetricJson.Text(Report.Of(s, "all", Window.Always, 0, p))))!;
        }
        Assert.True(corrections.Count > 50, $"{corrections.Count} corrections");
        RollupRebuild.Run(_folder.Path, PolicySet.Default, static _ => PolicySet.Default, "", RollupStory.Options, shown: false, static _ => { });
        Assert.True(File.Exists(RollupFile.PathIn(_folder.Path) + ".before"));
        using var file = RollupFile.Open(_folder.Path, static _ => { });
        Assert.Equal(corrections, Lines(file.Corrections(null, Window.Always, 0, int.MaxValue)));
        Assert.Equal(sums, Text(MetricJson.Text(Report.Of(file.Of("all"), "all", Window.Always, 0, PolicySet.Default))));
    }

    private static List<string> Lines(IEnumerable<Correction> corrections) =>
        [.. corrections.Where(c => !c.Metric.StartsWith("fcr.window", StringComparison.Ordinal)).Select(c => $"{c with { Number = 0 }}")];

    // What goes on grows by the millisecond: the record was taken a moment after the clock was read.
    private static string Steady(string text) => string.Join('\n', text.Split('\n').Where(l => !l.Contains("_s\"", StringComparison.Ordinal) && !l.Contains("occupancy", StringComparison.Ordinal) && !l.Contains("elapsed", StringComparison.Ordinal)
        && !Array.Exists(["available", "busy", "break", "wrapup", "training", "other", "offline", "ringing", "time_ledger"], w => l.Contains(w, StringComparison.Ordinal))));

    private static string Text(byte[] json) => string.Join('\n', System.Text.Encoding.UTF8.GetString(json).Split(",\""));

    private LocalHost Open(long at)
    {
        _clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(at));
        return LocalHost.Open(new(_folder.Path, PolicySet.Default) { Rollups = RollupStory.Options }, _clock, static _ => { });
    }
}
