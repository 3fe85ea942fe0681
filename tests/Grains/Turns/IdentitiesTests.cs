using System.Globalization;
using System.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using Xunit;

namespace OpsMonitor.Tests.Grains.Turns;

/// <summary>An event that comes again is told from a new one for as long as its age would be taken; what memory holds for that ends with that time.</summary>
public sealed class IdentitiesTests
{
    private const long Nine = 1_772_442_000_000, DayMs = 86_400_000; // Monday 2 March 2026, 09:00 UTC

    [Fact]
    public void One_that_comes_again_is_a_duplicate_until_its_age_refuses_it()
    {
        var shard = Server();
        Assert.Equal(Verdict.Accepted, Take(shard, Told(1, Nine), Nine));
        for (var day = 1; day <= 30; day++)
        {
            Assert.Equal(Verdict.Accepted, Take(shard, Told(1_000 + day, Nine + (day * DayMs)), Nine + (day * DayMs)));
            Assert.Equal(Verdict.Duplicate, Take(shard, Told(1, Nine), Nine + (day * DayMs)));
        }
        for (var day = 31; day <= 120; day++)
        {
            Assert.Equal(Verdict.Accepted, Take(shard, Told(1_000 + day, Nine + (day * DayMs)), Nine + (day * DayMs)));
            Assert.Equal(Verdict.TooOld, Take(shard, Told(1, Nine), Nine + (day * DayMs)));
        }
        Assert.Equal(121, shard.EventCount);
        Assert.InRange(shard.IdentityCount, 35, 44);
    }

    [Fact]
    public void A_server_that_forgets_answers_as_one_that_never_does()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var (random, forgets, never) = (new Random(seed), Server(), new Shard(PolicySet.Default, new()));
            var (now, sent) = (Nine, new List<Event>());
            for (var i = 0; i < 2_000; i++)
            {
                now += random.Next((int)(DayMs / 4));
                var e = i % 3 == 0 && sent.Count > 0 ? sent[random.Next(Math.Max(0, sent.Count - 400), sent.Count)] // at times some weeks old
                    : Told(random.Next(4) == 0 ? Math.Max(0, i - random.Next(60)) : i, now - random.Next((int)(DayMs / 2))); // at times an id that was used days ago
                sent.Add(e);
                Assert.Equal(Take(never, e, now), Take(forgets, e, now));
                if (i % 500 == 499) forgets = Restarted(forgets);
            }
            Assert.Equal(never.EventCount, forgets.EventCount);
            Assert.True(forgets.IdentityCount < never.IdentityCount / 2, $"{forgets.IdentityCount} of {never.IdentityCount}");
        }
    }

    [Fact]
    public void A_back_fill_forgets_nothing_as_it_takes_any_age()
    {
        var shard = new Shard(PolicySet.Default, new(Backfill: true, LeaveAfterMs: 600_000));
        Take(shard, Told(1, Nine), Nine);
        for (var day = 1; day <= 100; day++) Take(shard, Told(1_000 + day, Nine + (day * DayMs)), Nine + (day * DayMs));
        Assert.Equal(Verdict.Duplicate, Take(shard, Told(1, Nine), Nine + (100 * DayMs)));
    }

    private static Shard Server() => new(PolicySet.Default, new(LeaveAfterMs: 600_000));

    private static Shard Restarted(Shard shard)
    {
        var again = Server();
        again.Resume(ShardSnapshot.Read(ShardSnapshot.Write(shard.Image())), asJudged: true);
        Assert.Equal(shard.IdentityCount, again.IdentityCount);
        return again;
    }

    private static Verdict Take(Shard shard, Event e, long now)
    {
        var verdict = shard.Step(new(now, [e])).Verdicts[0];
        shard.Leave([]);
        return verdict;
    }

    // Kept and counted, with no row of its own: what is asked here is only what is known of it.
    private static Event Told(int id, long at) => EventReader.Read(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"test","type":"ticket.told","time":"{{{DateTimeOffset.FromUnixTimeMilliseconds(at):yyyy-MM-ddTHH:mm:ss.fffZ}}}","subject":"ticket/{{{id}}}","data":{}}"""))).Event!;
}
