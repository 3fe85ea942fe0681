using System.Text.Json;
using OpsMonitor.Grains.Policies;
using Xunit;

namespace OpsMonitor.Tests.Web.Replay;

/// <summary>Logs that nobody here wrote, converted and replayed, against figures that were published or reckoned elsewhere.</summary>
public sealed class RealInputTests(ReplayRun run) : IClassFixture<ReplayRun>
{
    private static readonly PolicySet Bank = ReplayRun.With(new QueuePolicy("bank", "bank", [20, 30, 60], 0, 14_400_000));

    private string Uci => run.Converted("uci-incidents", "data/uci_servicenow_incidents.csv.gz");

    private string BankLog => run.Converted("anonymous-bank", "data/anonymous_bank_feb1999.tsv.gz");

    [Fact]
    public void The_incident_desk_has_its_known_reopens_and_durations()
    {
        var replayed = run.Once(PolicySet.Default, Uci, interval: "day");
        var total = replayed.Total();

        Assert.Equal(24_918, total.GetProperty("tickets.created").GetInt64());
        Assert.Equal(331, total.GetProperty("tickets.reopened").GetInt64());
        Assert.Equal(0, total.GetProperty("tickets.unresolved").GetInt64());
        Assert.Equal(24_918, total.GetProperty("resolution.wall.n").GetInt64());
        Assert.Equal(165.33m, Hours(total, "resolution.wall.mean_s"));
        Assert.Equal(15.12m, Hours(total, "resolution.wall.p50_s"));

        var reopened = File.ReadLines(replayed.Rows).Select(line => JsonElement.Parse(line).GetProperty("reopened").GetInt64()).ToList();
        Assert.Equal((24_918, 275, 331L), (reopened.Count, reopened.Count(n => n > 0), reopened.Sum()));
    }

    [Theory]
    [InlineData("2016-03-31", 1_481)]
    [InlineData("2016-04-30", 1_195)]
    [InlineData("2016-05-31", 1_181)]
    public void The_incident_desk_has_its_known_backlog_at_the_end_of_a_month(string day, long open)
    {
        var replayed = run.Replay(PolicySet.Default, Uci, $"{day}T23:59:00Z");

        Assert.Equal(open, replayed.Total().GetProperty("tickets.unresolved").GetInt64());
        Assert.Equal($"{day}T23:59:00Z", replayed.Root.GetProperty("until").GetString());
    }

    [Fact]
    public void The_backlog_of_a_day_in_the_whole_replay_is_the_backlog_of_a_replay_until_that_day()
    {
        var days = run.Once(PolicySet.Default, Uci, interval: "day").Scope("all").GetProperty("intervals");

        Assert.Equal([1_481L, 1_195, 1_181], ((string[])["2016-03-31", "2016-04-30", "2016-05-31"]).Select(d => days.GetProperty(d).GetProperty("tickets.unresolved").GetInt64()));
        Assert.Equal(24_918, days.EnumerateObject().Sum(d => d.Value.GetProperty("tickets.created").GetInt64()));
    }

    [Fact]
    public void The_bank_has_its_published_figures_in_every_scope()
    {
        var replayed = run.Once(Bank, BankLog, interval: "hour");
        foreach (var scope in (string[])["all", "queue/bank", "department/bank"])
        {
            var total = replayed.Total(scope);
            Assert.Equal(33_066, total.GetProperty("contacts.offered").GetInt64());
            Assert.Equal(27_162, total.GetProperty("contacts.answered").GetInt64());
            Assert.Equal(5_904, total.GetProperty("contacts.abandoned").GetInt64());
            Assert.Equal(17.86m, Percent(total.GetProperty("abandon_rate")));
            Assert.Equal(40.77m, Math.Round(total.GetProperty("asa_s").GetDecimal(), 2));
            Assert.Equal(176.35m, Math.Round(total.GetProperty("aht_s").GetDecimal(), 2));
        }
    }

    [Theory]
    [InlineData(20, 49.02, 54.27, 59.68)]
    [InlineData(30, 53.62, 60.10, 65.27)]
    [InlineData(60, 63.31, 73.12, 77.07)]
    public void The_bank_has_its_published_service_levels(int threshold, decimal negative, decimal ignoreWithin, decimal answeredOnly)
    {
        var levels = run.Once(Bank, BankLog, interval: "hour").Total("queue/bank").GetProperty("service_level");

        Assert.Equal(
            (negative, ignoreWithin, answeredOnly),
            (Percent(levels.GetProperty($"negative/{threshold}")), Percent(levels.GetProperty($"ignore_within/{threshold}")), Percent(levels.GetProperty($"answered_only/{threshold}"))));
    }

    [Fact]
    public void The_hours_of_the_bank_sum_to_its_month()
    {
        var hours = run.Once(Bank, BankLog, interval: "hour").Scope("queue/bank").GetProperty("intervals").EnumerateObject().ToList();

        Assert.Equal(33_066, hours.Sum(d => d.Value.GetProperty("contacts.offered").GetInt64()));
        Assert.StartsWith("1999-02-01T", hours[0].Name, StringComparison.Ordinal);
    }

    [Fact]
    public void Neither_order_nor_doubling_changes_a_byte_of_the_report()
    {
        var lines = File.ReadAllLines(BankLog);
        var sent = lines.Concat(lines.Where((_, i) => i % 3 == 0)).ToArray();
        new Random(20_260_301).Shuffle(sent);
        var shuffled = run.PathOf("shuffled.ndjson");
        File.WriteAllLines(shuffled, sent);

        var straight = run.Once(Bank, BankLog, interval: "hour");
        var other = run.Replay(Bank, shuffled, interval: "hour");

        Assert.Equal((lines.Length, sent.Length - lines.Length), (other.Summary.Accepted, other.Summary.Duplicates));
        Assert.True(File.ReadAllBytes(straight.Report).AsSpan().SequenceEqual(File.ReadAllBytes(other.Report)), "the reports differ");
        Assert.True(File.ReadAllBytes(straight.Rows).AsSpan().SequenceEqual(File.ReadAllBytes(other.Rows)), "the rows differ");
    }

    private static decimal Hours(JsonElement table, string name) => Math.Round(table.GetProperty(name).GetDecimal() / 3600, 2);

    private static decimal Percent(JsonElement rate) => Math.Round(100m * rate.GetProperty("num").GetInt64() / rate.GetProperty("n").GetInt64(), 2);
}
