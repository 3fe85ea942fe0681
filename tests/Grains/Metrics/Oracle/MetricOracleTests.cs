using System.Globalization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains.Metrics.Oracle;

/// <summary>
/// Every number of random companies against other, slower and obvious code. Events come late, twice and out of order. More of it:
/// <c>OPSMONITOR_STREAMS=10000</c>. A failure prints its seed.
/// </summary>
public sealed class MetricOracleTests
{
    private const int Batches = 10;

    // Judged by oracles of their own: clocks and all that is made of their due times (tests/simulator, tests/Grains/Calendars); a baseline is a window of its own.
    private static readonly string[] Elsewhere =
        ["sla.", "resolution.on_time", "dispatch.reply_on_time", "dispatch.accepted_on_time", "iso10002.acknowledged_late", "iso10002.resolved_late", "tickets.due_30m"];

    private static readonly string[] Scopes = ["all", "queue/q", "queue/r", "department/billing", "department/network", "department/field"];

    private static int Streams => int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_STREAMS"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 200;

    public static TheoryData<int> Parts() => [.. Enumerable.Range(0, Batches)];

    [Theory, MemberData(nameof(Parts))]
    public void Every_number_in_every_window_is_that_of_the_slow_code(int part)
    {
        for (var seed = part; seed < Streams; seed += Batches)
        {
            var random = new Random(seed);
            var events = MetricStreams.Of(random);
            var middle = Story.Ms("00:00:00") + random.NextInt64(MetricStreams.Days * Story.Day);
            var end = Math.Max(events.Max(e => e.At), Story.Ms("+40 00:00:00")) + random.NextInt64(10 * Story.Day);
            var shard = new Shard(OpsMonitor.Grains.Policies.PolicySet.Default, new(Backfill: true));
            var early = events.FindAll(e => e.At <= middle);
            Tell(shard, random, early, middle);
            Compare(shard, random, early, middle, seed);
            Tell(shard, random, [.. events.Where(e => e.At > middle), .. early.Where(_ => random.Next(4) == 0)], end);
            Compare(shard, random, events, end, seed);
            Assert.True(Recount.Equals(shard), $"seed {seed}: the running sums differ from a recount");
        }
    }

    [Fact]
    public void Shuffled_and_doubled_the_same_events_give_the_same_text()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var events = MetricStreams.Of(random);
            var end = events.Max(e => e.At) + Story.Hour;
            var (calm, storm) = (new Shard(OpsMonitor.Grains.Policies.PolicySet.Default, new(Backfill: true)), new Shard(OpsMonitor.Grains.Policies.PolicySet.Default, new(Backfill: true)));
            calm.Step(new(end, events));
            Tell(storm, random, events, end);
            foreach (var scope in Scopes)
                Assert.Equal(Text(Report.Of(calm, scope, Window.Always, live: true)), Text(Report.Of(storm, scope, Window.Always, live: true)));
        }
    }

    [Fact]
    public void At_every_thousandth_event_the_running_sums_are_what_a_recount_says()
    {
        var (shard, told, checks) = (new Shard(OpsMonitor.Grains.Policies.PolicySet.Default, new(Backfill: true)), 0, 0);
        var now = Story.Ms("+60 00:00:00");
        for (var seed = 0; seed < 40; seed++)
            foreach (var e in MetricStreams.Of(new Random(seed)))
            {
                shard.Step(new(now, [e with { Id = $"{seed}-{e.Id}" }]));
                if (++told % 1_000 != 0) continue;
                Assert.True(Recount.Equals(shard), $"after {told} events");
                checks++;
            }
        Assert.True(checks > 5, $"{told} events only");
    }

    private static void Tell(Shard shard, Random random, List<Event> events, long now)
    {
        var news = events.Concat(events.Where(_ => random.Next(3) == 0)).ToArray();
        random.Shuffle(news);
        for (var i = 0; i < news.Length;)
        {
            var size = Math.Min(1 + random.Next(40), news.Length - i);
            shard.Step(new(now, news[i..(i + size)]));
            i += size;
        }
        shard.Step(new(now, []));
    }

    private static void Compare(Shard shard, Random random, List<Event> events, long now, int seed)
    {
        var day = Story.Ms("00:00:00") + (random.Next(MetricStreams.Days) * Story.Day);
        var minute = Story.Ms("00:00:00") + (random.NextInt64(MetricStreams.Days * 1440) * Story.Minute);
        Window[] windows = [Window.Always, new(day, day + Story.Day), new(day, day + (7 * Story.Day)), new(minute, minute + Story.Hour), new(minute, minute + (30 * Story.Day))];
        foreach (var scope in Scopes)
            foreach (var window in windows)
            {
                var live = window == Window.Always;
                var question = new Question(events, scope, window.From, window.To, now, live);
                ContactOracle.Fill(question);
                HandlingOracle.Fill(question);
                CallbackOracle.Fill(question);
                AgentOracle.Fill(question);
                TicketOracle.Fill(question);
                CareOracle.Fill(question);
                var (expected, actual) = (Question.Flat(question.Answers), Question.Flat(Report.Of(shard, scope, window, live)));
                foreach (var name in actual.Keys.Where(n => Array.Exists(Elsewhere, e => n.StartsWith(e, StringComparison.Ordinal)) || n.EndsWith("|rate", StringComparison.Ordinal) || n == "service_level").ToList()) actual.Remove(name);
                var differing = expected.Keys.Union(actual.Keys).Where(n => expected.GetValueOrDefault(n) != actual.GetValueOrDefault(n)).ToList();
                Assert.True(differing.Count == 0, $"seed {seed}, {scope}, {(live ? "always" : $"{Story.Iso(window.From)} to {Story.Iso(window.To)}")}, now {Story.Iso(now)}\n"
                    + string.Join('\n', differing.Select(n => $"{n}: {actual.GetValueOrDefault(n, "-")}, but {expected.GetValueOrDefault(n, "-")}")));
            }
    }

    private static string Text(IReadOnlyDictionary<string, object?> table) => string.Join('\n', Question.Flat(table).Select(l => $"{l.Key}: {l.Value}"));
}
