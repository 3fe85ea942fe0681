using NodaTime;
using OpsMonitor.Grains.Alerts;
using Xunit;

namespace OpsMonitor.Tests.Grains.Alerts;

/// <summary>Who is on duty, in Shanghai's time and over a change of clocks in New York.</summary>
public sealed class RotaTests
{
    private static readonly IsoDayOfWeek[] All = [.. Enumerable.Range(1, 7).Select(d => (IsoDayOfWeek)d)];
    private static readonly DateTimeZone Shanghai = DateTimeZoneProviders.Tzdb["Asia/Shanghai"], NewYork = DateTimeZoneProviders.Tzdb["America/New_York"];

    private static long At(string local, DateTimeZone? zone = null) => NodaTime.Text.LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm").Parse(local).Value.InZoneStrictly(zone ?? Shanghai).ToInstant().ToUnixTimeMilliseconds();

    private static Rota Weekly(params StandIn[] standIns) => new("r", Shanghai, new(2026, 3, 4), [new(All, new(9, 0), new(9, 0), ["li", "wang", "chen"])], standIns);

    [Fact]
    public void A_week_each_and_turns_change_on_the_day_from_which_weeks_are_counted()
    {
        var rota = Weekly();
        Assert.Equal(new("li", At("2026-03-04 09:00"), At("2026-03-11 09:00"), false, null), rota.At(At("2026-03-06 03:00")));
        Assert.Equal("li", rota.At(At("2026-03-11 08:59"))!.Person);
        Assert.Equal("wang", rota.At(At("2026-03-11 09:00"))!.Person);
        Assert.Equal("li", rota.At(At("2026-03-25 12:00"))!.Person); // three have had their turn
        Assert.Equal("chen", rota.At(At("2026-03-03 12:00"))!.Person); // and before the first week as well
        Assert.Equal(new("wang", At("2026-03-11 09:00"), At("2026-03-18 09:00"), false, null), rota.After(At("2026-03-06 03:00")));
    }

    [Fact]
    public void A_stand_in_takes_his_hours_and_no_others_and_the_last_of_the_list_wins()
    {
        var rota = Weekly(new StandIn(At("2026-03-05 18:00"), At("2026-03-06 09:00"), "chen", "ill"), new StandIn(At("2026-03-06 00:00"), At("2026-03-06 03:00"), "wang", null));
        Assert.Equal(
            ["li 04 09:00", "chen 05 18:00", "wang 06 00:00", "chen 06 03:00", "li 06 09:00", "wang 11 09:00"],
            rota.Between(At("2026-03-04 09:00"), At("2026-03-12 09:00")).Select(d => $"{d.Person} {Instant.FromUnixTimeMilliseconds(d.From).InZone(Shanghai).LocalDateTime.ToString("dd HH:mm", null)}"));
        Assert.Equal((true, "ill"), (rota.At(At("2026-03-05 20:00"))!.StandsIn, rota.At(At("2026-03-05 20:00"))!.Reason));
    }

    [Fact]
    public void Between_shifts_nobody_is_on_duty_and_the_next_one_is_known()
    {
        var rota = new Rota("r", Shanghai, new(2026, 3, 2), [new([IsoDayOfWeek.Monday], new(9, 0), new(18, 0), ["li"])], []);
        Assert.Null(rota.At(At("2026-03-03 10:00")));
        Assert.Null(rota.At(At("2026-03-02 18:00")));
        Assert.Equal(At("2026-03-09 09:00"), rota.After(At("2026-03-03 10:00"))!.From);
    }

    [Fact]
    public void The_night_in_which_the_clocks_change_belongs_to_its_shift_whole()
    {
        var rota = new Rota("r", NewYork, new(2026, 3, 2), [new(All, new(20, 0), new(2, 30), ["a", "b"]), new(All, new(2, 30), new(20, 0), ["day"])], []);
        // On 8 March 2026 02:30 does not exist: the shift ends at the instant after the gap that is as long after it.
        var night = rota.At(At("2026-03-08 01:00", NewYork))!;
        Assert.Equal(At("2026-03-08 03:30", NewYork), night.To);
        Assert.Equal("day", rota.At(night.To)!.Person);
        foreach (var day in rota.Between(At("2026-03-06 12:00", NewYork), At("2026-03-10 12:00", NewYork)).Zip(rota.Between(At("2026-03-06 12:00", NewYork), At("2026-03-10 12:00", NewYork)).Skip(1)))
            Assert.Equal(day.First.To, day.Second.From);
    }

    [Fact]
    public void At_any_instant_one_person_at_most_and_stretches_never_overlap()
    {
        var random = new Random(3);
        for (var n = 0; n < 200; n++)
        {
            var from = At("2026-03-02 00:00");
            var standIns = Enumerable.Range(0, random.Next(5)).Select(_ => from + random.Next(14 * 24) * 3_600_000L).Select(s => new StandIn(s, s + random.Next(1, 60) * 3_600_000L, "x" + random.Next(3), null)).ToArray();
            var rota = Weekly(standIns);
            var all = rota.Between(from, from + 14 * 86_400_000L);
            for (var i = 1; i < all.Count; i++) Assert.True(all[i - 1].To <= all[i].From);
            for (var i = 0; i < 20; i++)
            {
                var at = from + random.Next(14 * 24 * 60) * 60_000L;
                Assert.Equal(all.SingleOrDefault(d => d.From <= at && at < d.To)?.Person, rota.At(at)?.Person);
            }
        }
    }
}
