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

    [Fact]
    public async Task Made_again_with_what_was_shown_every_minute_says_what_the_server_recorded_then()
    {
        const int minutes = 100;
        var (first, told) = (Story.Ms("09:00:00"), 0);
        List<(string Scope, long At, string Text)> shown = [];
        _clock.Stop(DateTimeOffset.FromUnixTimeMilliseconds(first));
        await using (var host = LocalHost.Open(new(_folder.Path, PolicySet.Default) { Rollups = RollupStory.Options }, _clock, static _ => { }))
            for (var minute = 0; minute <= minutes; minute++)
            {
                var at = first + (minute * Story.Minute);
                _clock.Stop(DateTimeOffset.FromUnixTimeMilliseconds(at));
                await host.OfferAsync([], CancellationToken.None);
                host.Rollups!.Record();
                foreach (var scope in (string[])["all", "queue/q", "department/billing"]) // before the first event nothing stands in the journal
                    if (minute > 0 && host.Rollups.Shown(scope, at) is { } record && record.At == at) shown.Add((scope, at, Text(record.Numbers)));
                _clock.Stop(DateTimeOffset.FromUnixTimeMilliseconds(at + (20 * Story.Second)));
                await host.OfferAsync([.. Minute(minute, at, ref told)], CancellationToken.None);
            }
        Assert.InRange(shown.Count, 250, 3 * (minutes + 1)); // a scope is there when it was first heard of
        Assert.True(shown.Select(s => s.Text).Distinct().Count() > 150, "too much of it is alike");
        RollupRebuild.Run(_folder.Path, PolicySet.Default, static _ => PolicySet.Default, "", RollupStory.Options, shown: true, static _ => { });
        using var file = RollupFile.Open(_folder.Path, static _ => { });
        foreach (var (scope, at, text) in shown)
        {
            var again = file.Shown(scope, at);
            Assert.True(again is not null, $"{scope} at {Story.Iso(at)}: nothing");
            Assert.Equal((at, text), (again.Value.At, Text(again.Value.Numbers)));
        }
    }

    // A call a minute, every fourth of which is given up, told of half an hour late every tenth time; a ticket every ten minutes.
    private static IEnumerable<Event> Minute(int minute, long at, ref int told)
    {
        var (begins, n) = (minute % 10 == 9 ? at - (30 * Story.Minute) : at, told);
        List<Event> events = [];
        void Say(long after, string who, EventData data) => events.Add(Story.Event(begins + after, who, data, $"e-{n++}", department: "billing"));
        Say(1_000, $"contact/{minute}", new ContactInitiated(Channel.Phone, Direction.Inbound, $"c-{minute % 7}"));
        Say(2_000, $"contact/{minute}", new ContactQueued("q"));
        if (minute % 4 == 0) Say(15_000, $"contact/{minute}", new ContactAbandoned(AbandonStage.Queue));
        else Say(3_000 + (minute % 9 * 1_000), $"contact/{minute}", new ContactAnswered("anna"));
        if (minute % 10 == 5) Say(4_000, $"ticket/{minute}", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 2));
        told = n;
        return events;
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
