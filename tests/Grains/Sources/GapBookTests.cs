using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Sources;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using Xunit;

namespace OpsMonitor.Tests.Grains.Sources;

/// <summary>What did not arrive has a name, and loses it when it arrives.</summary>
public sealed class GapBookTests
{
    private static string Said(GapBook book) => string.Join(' ', book.Gaps().Select(g => $"{g.From}-{g.To}"));

    [Theory]
    [InlineData("", "", -1)]
    [InlineData("0", "", 0)]
    [InlineData("7", "", 7)] // before the first nothing is missing
    [InlineData("7 9", "8-8", 7)]
    [InlineData("9 7", "8-8", 7)]
    [InlineData("1 2 3 7 8 20", "4-6 9-19", 3)]
    [InlineData("1 2 3 7 8 20 5 5", "4-4 6-6 9-19", 3)]
    [InlineData("63 64 4095 4096 4098", "65-4094 4097-4097", 64)]
    public void Gaps_are_the_numbers_between_the_first_and_the_highest_that_never_came(string numbers, string gaps, long watermark)
    {
        var book = new GapBook();
        foreach (var number in numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries)) book.Take(long.Parse(number, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal((gaps, watermark), (Said(book), book.Watermark));
        Assert.Equal(book.Missing, book.Gaps().Sum(g => g.Count));
    }

    [Fact]
    public void In_whatever_order_and_however_often_numbers_come_the_book_says_what_a_plain_set_says()
    {
        for (var seed = 1; seed <= 400; seed++)
        {
            var random = new Random(seed);
            var window = random.Next(2) == 0 ? 512L << random.Next(6) : GapBook.WindowLength;
            var (start, span) = (random.NextInt64(100_000), random.Next(1, 20_000));
            var set = Enumerable.Range(0, random.Next(1, 3_000)).Select(_ => start + random.NextInt64(span)).Concat(Enumerable.Range(0, random.Next(9_000)).Select(i => start + i)).ToHashSet();
            var arrivals = set.Concat(set.Where(_ => random.Next(3) == 0)).OrderBy(_ => random.Next()).ToList();
            var book = new GapBook(window);
            foreach (var number in arrivals) book.Take(number);
            var (first, highest) = (Math.Max(set.Min(), set.Max() - window + 1), set.Max());
            var missing = new List<long>();
            for (var n = first; n <= highest; n++)
                if (!set.Contains(n)) missing.Add(n);
            var found = book.Gaps().SelectMany(g => Enumerable.Range(0, (int)g.Count).Select(i => g.From + i));
            Assert.True(missing.SequenceEqual(found), $"seed {seed}");
            Assert.True(book.Missing == missing.Count && book.Watermark == (missing.Count == 0 ? highest : missing[0] - 1), $"seed {seed}");
            var between = book.Gaps().Where((g, i) => i > 0).Zip(book.Gaps()).All(p => p.First.From > p.Second.To + 1);
            Assert.True(between, $"seed {seed}: two ranges that are one");
        }
    }

    [Fact]
    public void A_hostile_numbering_takes_no_more_than_half_a_megabyte()
    {
        var book = new GapBook();
        for (var i = 0L; i < 2 * GapBook.WindowLength; i += 2) book.Take(i);
        book.Take(long.MaxValue - 1); // and far away nothing of it is left
        var random = new Random(1);
        for (var i = 0; i < 100_000; i++) book.Take(random.NextInt64(long.MaxValue));
        Assert.True(book.Image().Blocks.Count <= 1_025);
        var full = new GapBook();
        for (var i = 0L; i < GapBook.WindowLength; i += 2) full.Take(i);
        Assert.True(full.Image().Blocks.Sum(b => 16 + (8 * b.Words.Count)) <= 550_000);
        for (var i = 1L; i < GapBook.WindowLength; i += 2) full.Take(i);
        Assert.True(full.Missing == 0 && full.Image().Blocks.Sum(b => b.Words.Count) == 0); // whole blocks cost nothing
    }

    [Fact]
    public void Lag_percentiles_are_of_the_last_two_hours_and_right_to_one_in_a_hundred()
    {
        var random = new Random(7);
        var (book, lags) = (new LagBook(), new List<long>());
        for (var i = 0; i < 20; i++) book.Take(30 * Story.Day, Story.Ms("05:00:00")); // long ago
        for (var i = 0; i < 5_000; i++)
        {
            lags.Add(random.NextInt64(1L << random.Next(1, 30)));
            book.Take(lags[^1], Story.Ms(random.Next(2) == 0 && i < 2_500 ? "08:59:00" : i < 2_500 ? "08:10:00" : "09:05:00"));
        }
        lags.Sort();
        foreach (var percent in (int[])[50, 90, 99])
        {
            var exact = lags[((lags.Count * percent) + 99) / 100 - 1];
            Assert.InRange(book.Percentile(percent, Story.Ms("09:06:00"))!.Value, exact * 0.99, (exact * 1.01) + 1);
        }
        Assert.Null(book.Percentile(50, Story.Ms("12:00:00")));
    }

    [Fact]
    public void A_source_that_lost_some_on_the_way_is_told_which_and_a_resend_heals_it()
    {
        Event Of(long n) => new("/pbx", $"n{n}", "x.y", Story.Ms("09:00:00") + n, Subject.Parse("source/pbx"), n, null, null, System.Text.Encoding.UTF8.GetBytes($"{n}"));
        var story = Story.Of();
        story.Turn(Story.Ms("09:10:00"), [.. Enumerable.Range(1, 10).Where(n => n is < 4 or > 6).Select(n => Of(n))]);
        GapBook Book(Shard shard) => shard.Sources["/pbx"].Numbers;
        Assert.Equal(("4-6", 3L), (Said(Book(story.Shard)), Book(story.Shard).Watermark));
        Assert.Equal(7, story.Shard.Sources["/pbx"].Late); // ten minutes after

        // A start from a snapshot knows it as well, and a repeat of what is there changes nothing.
        var again = new Shard(OpsMonitor.Grains.Policies.PolicySet.Default, new());
        again.Resume(ShardSnapshot.Read(ShardSnapshot.Write(story.Shard.Image())));
        foreach (var shard in (Shard[])[story.Shard, again])
        {
            shard.Step(new(Story.Ms("09:11:00"), [Of(3), Of(5)]));
            Assert.Equal("4-4 6-6", Said(Book(shard)));
            Assert.Equal((1L, 0L), (shard.Sources["/pbx"].Duplicates, Book(shard).Again));
            shard.Step(new(Story.Ms("09:12:00"), [Of(6), Of(4)]));
            Assert.Equal(("", 10L, 0L), (Said(Book(shard)), Book(shard).Watermark, Book(shard).Missing));
            Assert.Equal(story.Shard.Sources["/pbx"].Lag.Percentile(99, Story.Ms("09:12:00")), shard.Sources["/pbx"].Lag.Percentile(99, Story.Ms("09:12:00")));
        }
    }
}
