using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Conversion;
using Xunit;

namespace OpsMonitor.Tests.Web.Conversion;

public sealed class AnonymousBankTests
{
    private const string Header =
        "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver";

    [Fact]
    public void The_real_log_has_the_published_figures()
    {
        using var log = SharedLogs.Open("data/anonymous_bank_feb1999.tsv.gz");
        var events = new AnonymousBankConverter().Convert(log, DateTimeZone.Utc).ToList();
        Assert.Equal(events.Count, events.Select(e => e.Id).Distinct().Count());

        var offered = events.Count(e => e.Data is ContactQueued);
        var answered = events.Select(e => e.Data).OfType<ContactAnswered>().Select(a => a.WaitS!.Value).ToList();
        var abandoned = events.Select(e => e.Data).OfType<ContactAbandoned>().Where(a => a.Stage == AbandonStage.Queue).Select(a => a.WaitS!.Value).ToList();
        Assert.Equal((33_066, 27_162, 5_904), (offered, answered.Count, abandoned.Count));
        Assert.Equal(17.86m, Percent(abandoned.Count, offered));
        Assert.Equal(40.77m, Math.Round(answered.Average(), 2));
        Assert.Equal(176.35m, Math.Round(events.Select(e => e.Data).OfType<ContactDisconnected>().Average(d => d.TalkS!.Value), 2));

        (int Seconds, decimal Negative, decimal IgnoreWithin, decimal AnsweredOnly)[] published =
            [(20, 49.02m, 54.27m, 59.68m), (30, 53.62m, 60.10m, 65.27m), (60, 63.31m, 73.12m, 77.07m)];
        foreach (var level in published)
        {
            var within = answered.Count(w => w <= level.Seconds);
            Assert.Equal(level.Negative, Percent(within, offered));
            Assert.Equal(level.IgnoreWithin, Percent(within, offered - abandoned.Count(w => w <= level.Seconds)));
            Assert.Equal(level.AnsweredOnly, Percent(within, answered.Count));
        }
    }

    [Fact]
    public void The_wait_that_is_told_is_the_difference_of_the_times_that_are_told()
    {
        using var log = SharedLogs.Open("data/anonymous_bank_feb1999.tsv.gz");
        foreach (var call in new AnonymousBankConverter().Convert(log, DateTimeZone.Utc).GroupBy(e => e.Subject))
        {
            var events = call.ToList();
            Assert.Equal(events, events.OrderBy(e => e.Time).ThenBy(e => e.Sequence));
            Assert.Equal("contact.initiated", events[0].Type);
            var wait = events[^1].Data is ContactAbandoned a ? a.WaitS : events.Select(e => e.Data).OfType<ContactAnswered>().Single().WaitS;
            if (events.FirstOrDefault(e => e.Data is ContactQueued) is { } queued)
                Assert.Equal((double)wait!.Value, (events[events.IndexOf(queued) + 1].Time - queued.Time).TotalSeconds);
        }
    }

    [Fact]
    public void A_call_past_midnight_goes_on_the_next_day()
    {
        var events = Convert("AA0101\t7\t0\t0\tPS\t990228\t23:59:55\t0:00:05\t10\t0:00:05\t0:00:30\t25\tAGENT\t0:00:29\t0:01:33\t64\tDORIT");

        Assert.Equal([(23, 59, 55), (0, 0, 5), (0, 0, 30), (0, 1, 34)], events.Select(e => e.Time.InUtc().TimeOfDay).Select(t => (t.Hour, t.Minute, t.Second)));
        Assert.Equal(new LocalDate(1999, 3, 1), events[^1].Time.InUtc().Date);
        Assert.Equal(new ContactAnswered("dorit", "bank", 25), events[2].Data);
    }

    [Fact]
    public void A_negative_time_in_the_voice_unit_starts_the_call_at_its_end()
    {
        var events = Convert("AA0101\t7\t0\t0\tPS\t990228\t9:48:14\t9:47:17\t-57\t9:47:17\t9:50:11\t174\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER");

        Assert.Equal(Instant.FromUtc(1999, 2, 28, 9, 47, 17), events[0].Time);
        Assert.Equal(["contact.initiated", "contact.queued", "contact.abandoned"], events.Select(e => e.Type));
    }

    [Fact]
    public void A_phantom_call_is_not_offered()
    {
        var events = Convert("AA0101\t7\t0\t0\tPS\t990228\t9:00:00\t9:00:07\t7\t0:00:00\t0:00:00\t0\tPHANTOM\t0:00:00\t0:00:00\t0\tNO_SERVER");

        Assert.Equal([new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactAbandoned(AbandonStage.Ivr)], events.Select(e => e.Data));
    }

    [Fact]
    public void A_call_id_that_comes_again_is_another_contact()
    {
        const string row = "AA0101\t7\t0\t0\tPS\t990228\t9:00:00\t9:00:07\t7\t0:00:00\t0:00:00\t0\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER";

        Assert.Equal(2, Convert(row, row).Select(e => e.Subject).Distinct().Count());
    }

    private static List<CloudEvent> Convert(params string[] rows)
    {
        using var log = new StringReader(string.Join('\n', [Header, .. rows]));
        return new AnonymousBankConverter().Convert(log, DateTimeZone.Utc).ToList();
    }

    private static decimal Percent(int part, int whole) => Math.Round(100m * part / whole, 2);
}
