using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using Xunit;

namespace OpsMonitor.Tests.Grains.Turns;

/// <summary>However a stream arrives, the same events judged at the same instant give the same board. A failure prints its seed.</summary>
public sealed class StreamTests
{
    private const int Streams = 300;
    private static readonly long End = Story.Ms("+20 00:00:00");

    public static TheoryData<int> Batches() => [.. Enumerable.Range(0, 10)];

    private static void ForEachSeed(int batch, Action<Random, List<Event>, string> check)
    {
        for (var seed = batch * Streams / 10; seed < (batch + 1) * Streams / 10; seed++)
        {
            var random = new Random(seed);
            check(random, RandomStreams.Of(random), $"seed {seed}\n");
        }
    }

    private static string All(Story story, string label) => label + story.Dump() + story.DumpRows();

    private static string Red(Story story, string label) => label + string.Join('\n',
        story.Shard.Alerts.All.Where(a => a.State == AlertState.Raised).Select(a => $"{a.Key} {a.Due.Level} {a.Due.RaisedAt}"));

    [Theory, MemberData(nameof(Batches))]
    public void Shuffled_split_and_doubled_news_ends_in_the_same_board(int batch) => ForEachSeed(batch, (random, events, label) =>
    {
        var calm = Story.Of().Turn(End, [.. events]);
        var storm = Story.Of();
        var news = events.Concat(events.Where(_ => random.Next(2) == 0)).ToArray();
        random.Shuffle(news);
        var now = Story.Ms("+10 00:00:00");
        for (var i = 0; i < news.Length;)
        {
            var size = Math.Min(random.Next(6), news.Length - i);
            storm.Turn(now += random.NextInt64(2 * Story.Hour), news[i..(i + size)]);
            i += size;
        }
        storm.Turn(End);
        Assert.Equal(All(calm, label), All(storm, label));
        Assert.Equal(Red(calm, label), Red(storm, label));
    });

    [Theory, MemberData(nameof(Batches))]
    public void As_it_happens_every_turn_shows_what_a_fresh_judgement_would(int batch) => ForEachSeed(batch, (random, events, label) =>
    {
        var live = Story.Of();
        var told = new List<Event>();
        foreach (var (at, e) in events.Select(e => (e.At + (random.Next(3) switch { 0 => 0, 1 => -random.NextInt64(4 * Story.Minute), _ => random.NextInt64(Story.Day) }), e)).OrderBy(x => x.Item1))
        {
            told.Add(e);
            if (random.Next(2) == 0) live.WakeUntil(at);
            live.Turn(at, e);
            if (told.Count % 8 == 0) Assert.Equal(All(Story.Of().Turn(at, [.. told]), label), All(live, label));
        }
        live.WakeUntil(End);
        Assert.Equal(All(Story.Of().Turn(End, [.. events]), label), All(live, label));
    });

    [Theory, MemberData(nameof(Batches))]
    public void Waking_at_every_deadline_is_the_same_as_sleeping_through(int batch) => ForEachSeed(batch, (random, events, label) =>
    {
        var start = Story.Ms("+10 00:00:00");
        var awake = Story.Of().Turn(start, [.. events]).WakeUntil(End);
        var asleep = Story.Of().Turn(start, [.. events]).Turn(End);
        Assert.Equal(All(asleep, label), All(awake, label));
        Assert.Equal(Red(asleep, label), Red(awake, label));
    });

    [Theory, MemberData(nameof(Batches))]
    public void A_millisecond_before_a_wake_up_nothing_has_changed_yet(int batch) => ForEachSeed(batch, (random, events, label) =>
    {
        var live = Story.Of();
        foreach (var e in events.OrderBy(e => e.At)) live.Turn(e.At, e);
        for (var i = 0; i < 5 && live.Shard.NextWake != long.MaxValue; i++)
        {
            var before = live.Shard.NextWake - 1;
            Assert.Equal(All(Story.Of(backfill: true).Turn(before, [.. events]), label), All(live, label));
            live.Turn(live.Shard.NextWake);
        }
    });
}
