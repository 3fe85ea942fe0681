using System.Globalization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Grains.Metrics.Oracle;
using OpsMonitor.Tests.Grains.Turns;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Rollups;

/// <summary>
/// Any past instant as it is known now is a replay of all events up to it, judged then. More streams: <c>OPSMONITOR_STREAMS=1000</c>. A failure prints its seed.
/// </summary>
public sealed class KnownTests : IDisposable
{
    private static readonly string[] Scopes = ["all", "queue/q", "queue/r", "department/billing", "department/network", "department/field", "departments/billing,network"];

    private readonly TemporaryFolder _folder = new();
    private readonly SetClock _clock = new();

    public void Dispose() => _folder.Dispose();

    private static int Streams => int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_STREAMS"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 30;

    [Fact]
    public async Task Every_instant_known_now_is_a_replay_up_to_it()
    {
        for (var seed = 0; seed < Streams; seed++)
        {
            var random = new Random(seed);
            var events = seed % 3 == 2 ? RandomStreams.Of(random) : MetricStreams.Of(random);
            _clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(events.Max(e => e.At) + Story.Hour + random.NextInt64(20 * Story.Day)));
            await using var host = LocalHost.Open(new(null, PolicySet.Default, BackfillUntil: _clock.NowMs), _clock, static _ => { });
            await Tell(host, random, events);
            for (var i = 0; i < 12; i++) Compare(host, random, events, events.Min(e => e.At) + random.NextInt64(events.Max(e => e.At) - events.Min(e => e.At) + Story.Day), seed);
        }
    }

    [Fact]
    public async Task So_it_is_of_those_who_left_memory_and_after_a_start()
    {
        for (var seed = 0; seed < Math.Max(3, Streams / 10); seed++)
        {
            using var folder = new TemporaryFolder();
            var random = new Random(seed);
            var events = MetricStreams.Of(random);
            var until = events.Max(e => e.At) + (10 * Story.Day);
            LocalHost Open() => LocalHost.Open(new(folder.Path, PolicySet.Default, BackfillUntil: until) { LeaveAfterMs = 0, FilesStayMs = 0 }, _clock, static _ => { });
            await using (var host = Open())
            {
                await Tell(host, random, events);
                for (var i = 0; i < 60 && (host.Read(s => s.LeftCount) < 15 || host.Read(s => s.OpenFileCount) > 0); i++) { await host.OfferAsync([], default); await Task.Delay(20); }
                Assert.True(host.Read(s => s.LeftCount) > 5, $"seed {seed}: {host.Read(s => s.LeftCount)} left");
                Assert.True(host.Read(s => s.OpenFileCount) == 0 && host.Read(s => s.RestingParts().Any()), $"seed {seed}: {host.Read(s => s.OpenFileCount)} customers' files did not come to rest");
                for (var i = 0; i < 12; i++) Compare(host, random, events, events.Min(e => e.At) + random.NextInt64(until - events.Min(e => e.At)), seed);
            }
            await using (var host = Open())
                for (var i = 0; i < 12; i++) Compare(host, random, events, events.Min(e => e.At) + random.NextInt64(until - events.Min(e => e.At)), seed);
        }
    }

    [Fact]
    public async Task A_ticket_that_was_the_first_of_its_kind_then_is_so_then_though_it_was_repeated_since()
    {
        List<Event> events = [];
        void Say(string at, string ticket, EventData data) => events.Add(Story.Event(Story.Ms(at), ticket, data, $"e-{events.Count}", department: "billing"));
        foreach (var (day, ticket) in new[] { (1, "ticket/a"), (20, "ticket/b") })
        {
            Say($"+{day} 09:00:00", ticket, new TicketCreated(TicketKind.Complaint, Channel.Phone, CustomerRef: "c", IssueKey: "i"));
            Say($"+{day} 10:00:00", ticket, new TicketResolved("ok"));
            Say($"+{day} 11:00:00", ticket, new TicketClosed("ok"));
        }
        await using var host = LocalHost.Open(new(null, PolicySet.Default, BackfillUntil: Story.Ms("+30 00:00:00")), _clock, static _ => { });
        await host.OfferAsync(events, CancellationToken.None);
        var (window, at) = (new Window(Story.Ms("+1 00:00:00"), Story.Ms("+3 00:00:00")), Story.Ms("+15 12:00:00"));
        Assert.Equal(new Ratio(0, 1), host.Read(s => Report.Of(s, "all", window, live: false)["fcr.ticket"]));
        Assert.Equal(new Ratio(1, 1), host.Known("all", window, at, live: false)["fcr.ticket"]);
        Assert.Equal(new Ratio(0, 1), host.Known("all", window, Story.Ms("+21 00:00:00"), live: false)["fcr.ticket"]);
    }

    [Fact]
    public async Task A_call_whose_end_nobody_told_was_resolved_then_though_its_file_rests_and_a_repeat_came_since()
    {
        List<Event> events = [];
        foreach (var (day, call) in new[] { (1, "contact/a"), (4, "contact/b") })
            foreach (var data in (EventData[])[new ContactInitiated(Channel.Phone, Direction.Inbound, "c"), new ContactQueued("q"), new ContactAnswered("anna")])
                events.Add(Story.Event(Story.Ms($"+{day} 09:00:00") + events.Count, call, data, $"e-{events.Count}"));
        events.Add(Story.Event(Story.Ms("+29 09:00:00"), "ticket/t", new TicketCreated(TicketKind.Inquiry, Channel.Web), "t"));
        await using var host = LocalHost.Open(new(_folder.Path, PolicySet.Default, BackfillUntil: Story.Ms("+30 00:00:00")) { LeaveAfterMs = 0, FilesStayMs = 0 }, _clock, static _ => { });
        await host.OfferAsync(events, CancellationToken.None);
        for (var i = 0; i < 60 && host.Read(s => s.OpenFileCount) > 0; i++) { await host.OfferAsync([], default); await Task.Delay(20); }
        Assert.Equal(0, host.Read(s => s.OpenFileCount));
        var window = new Window(Story.Ms("+1 00:00:00"), Story.Ms("+3 00:00:00"));
        Assert.Equal(new Ratio(0, 1), host.Read(s => Report.Of(s, "all", window, live: false)["fcr.provisional"]));
        Assert.Equal(new Ratio(1, 1), host.Known("all", window, Story.Ms("+3 12:00:00"), live: false)["fcr.provisional"]);
        Assert.Equal(new Ratio(0, 1), host.Known("all", window, Story.Ms("+5 12:00:00"), live: false)["fcr.provisional"]);
    }

    private static void Compare(LocalHost host, Random random, List<Event> events, long at, int seed)
    {
        if (random.Next(3) == 0) at -= at % Story.Minute;
        if (random.Next(3) == 0) at = events[random.Next(events.Count)].At;
        var replay = new Shard(PolicySet.Default, new(Backfill: true));
        replay.Step(new(at, [.. events.Where(e => e.At <= at)], Replayed: true));
        var end = at - (at % Story.Minute) + Story.Minute;
        foreach (var scope in Scopes)
            foreach (var (window, live) in ((Window, bool)[])[(new(end - (end % Story.Day), end), true), (new(end - Story.Hour, end), false), (new(end - (30 * Story.Day), end), true), (new(end - (9 * Story.Day), end - (2 * Story.Day)), false)])
            {
                var expected = Text(Report.Of(replay, scope, window, live));
                var label = $"seed {seed}, {scope}, {Story.Iso(window.From)} to {Story.Iso(window.To)}, at {Story.Iso(at)}: ";
                Assert.Equal(label + expected, label + Text(host.Known(scope, window, at, live)));
            }
    }

    private static async Task Tell(LocalHost host, Random random, List<Event> events)
    {
        var news = events.Concat(events.Where(_ => random.Next(4) == 0)).ToArray();
        random.Shuffle(news);
        foreach (var some in news.Chunk(1 + random.Next(60))) await host.OfferAsync(some, CancellationToken.None);
    }

    private static string Text(SortedDictionary<string, object?> table) => string.Join('\n', System.Text.Encoding.UTF8.GetString(MetricJson.Text(table)).Split(",\""));
}
