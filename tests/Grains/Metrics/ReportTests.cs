using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Grains.Metrics;

/// <summary>Every count different from every other, so that no number can stand in for another.</summary>
public sealed class ReportTests
{
    private static readonly ContactInitiated Inbound = new(Channel.Phone, Direction.Inbound);

    [Fact]
    public void A_morning_of_calls_in_numbers()
    {
        var story = Story.Of();
        foreach (var c in "abcdefh") story.At("09:00:00", $"contact/{c}", Inbound, new ContactQueued("q"));
        var report = story
            .At("09:00:00", "contact/g", Inbound, new ContactRefused("q", RefusalReason.Full))
            .At("09:00:02", "contact/a", new ContactOffered("bob"), new ContactOfferMissed("bob"), new ContactOffered("anna"))
            .At("09:00:04", "contact/d", new ContactAbandoned(AbandonStage.Queue))
            .At("09:00:10", "contact/a", new ContactAnswered("anna"))
            .At("09:00:25", "contact/f", new ContactDequeued("q", DequeueReason.Overflow))
            .At("09:00:30", "contact/b", new ContactAnswered("bob"))
            .At("09:00:40", "contact/e", new ContactAbandoned(AbandonStage.Queue))
            .At("09:00:50", "contact/c", new ContactAnswered("cem"))
            .At("09:02:00", "contact/b", new ContactTransferred(TransferMode.Blind, "desk"))
            .At("09:05:00", "contact/a", new ContactDisconnected(DisconnectedBy.Customer, TalkS: 100, HoldS: 20), new ContactWrapupCompleted("anna", AcwS: 30, Resolved: true))
            .At("09:05:00", "contact/b", new ContactDisconnected(DisconnectedBy.Agent, TalkS: 200), new ContactWrapupCompleted("bob", AcwS: 10, Resolved: false))
            .At("09:05:00", "contact/c", new ContactDisconnected(DisconnectedBy.Agent, TalkS: 60))
            .Report("queue/q");

        Assert.Equal((7L, 1L, 8L), (report["contacts.offered"], report["contacts.refused"], report["contacts.received"]));
        Assert.Equal((3L, 2L, 1L, 1L), (report["contacts.answered"], report["contacts.abandoned"], report["contacts.flow_out"], report["contacts.short_abandoned"]));
        Assert.Equal((26.8m, 30m, 140m), (report["contacts.wait_mean_s"], report["asa_s"], report["aht_s"]));
        Assert.Equal((new Ratio(1, 6), new Ratio(3, 7)), (report["abandon_rate"], report["connect_rate"]));
        Assert.Equal((new Ratio(1, 3), new Ratio(1, 2), new Ratio(1, 3)), (report["transfer_rate"], report["offer_missed_rate"], report["fcr.claimed"]));
        Assert.Equal((1L, 300m), (report["contacts.waiting"], report["contacts.longest_wait_s"]));
    }

    [Fact]
    public void A_morning_of_tickets_in_numbers()
    {
        var story = Story.Of();
        foreach (var (id, kind) in new[] { ("a", TicketKind.Complaint), ("b", TicketKind.Complaint), ("c", TicketKind.Complaint), ("d", TicketKind.Inquiry), ("e", TicketKind.Request) })
            story.At("09:00:00", $"ticket/{id}", new TicketCreated(kind, Channel.Web, Priority: 1));
        var report = story
            .At("09:10:00", "ticket/a", new TicketResolved("told", OnTheSpot: true))
            .At("10:00:00", "ticket/b", new TicketResolved("fixed"))
            .At("11:00:00", "ticket/b", new TicketReopened("still broken"))
            .At("12:00:00", "ticket/b", new TicketResolved("fixed"))
            .At("12:30:00", "ticket/b", new TicketClosed("done"))
            .At("12:35:00", "ticket/a", new TicketClosed("done"))
            .At("12:40:00", "ticket/d", new TicketWithdrawn("changed mind"))
            .Report();

        Assert.Equal((5L, 3L, 2L, 1L), (report["tickets.created"], report["tickets.resolved"], report["tickets.closed"], report["tickets.reopened"]));
        Assert.Equal((2L, 2L, 2L), (report["tickets.open"], report["tickets.unresolved"], report["tickets.net_flow"]));
        Assert.Equal((new Ratio(1, 3), new Ratio(1, 2), new Ratio(2, 2)), (report["on_the_spot"], report["reopen_rate"], report["resolution.on_time"]));
        Assert.Equal((5700m, 5700m, 10_800m, 2L), (report["resolution.wall.mean_s"], report["resolution.wall.p50_s"], report["resolution.wall.p90_s"], report["resolution.wall.n"]));
    }

    [Theory]
    [InlineData("12:29:59.999", 0)]
    [InlineData("12:30:00.000", 2)] // two tickets, one clock each
    [InlineData("12:59:59.999", 2)]
    [InlineData("13:00:00.000", 0)] // past due is not due soon
    public void Due_within_thirty_minutes_counts_running_clocks_up_to_and_at_the_edge(string now, long due)
    {
        var story = Story.Of();
        foreach (var id in "ab")
            story.At("09:00:00", $"ticket/{id}", new TicketCreated(TicketKind.Complaint, Channel.Web, Priority: 1), new TicketReplied("mail"));
        Assert.Equal(due, story.Tick(now).Report()["tickets.due_30m"]);
    }

    [Theory]
    [InlineData(1, "1", "1")]
    [InlineData(2, "1.5", "2")]
    [InlineData(10, "5.5", "9")]
    [InlineData(11, "6", "10")]
    public void Percentiles_are_of_nearest_rank_and_the_median_of_an_even_count_lies_between(int count, string p50, string p90)
    {
        var sorted = Enumerable.Range(1, count).Select(i => i * Story.Second).ToList();
        Assert.Equal(decimal.Parse(p50, System.Globalization.CultureInfo.InvariantCulture), Formulas.PercentileSeconds(sorted, 50));
        Assert.Equal(decimal.Parse(p90, System.Globalization.CultureInfo.InvariantCulture), Formulas.PercentileSeconds(sorted, 90));
    }

    [Fact]
    public void A_window_takes_in_its_first_minute_and_leaves_out_its_last()
    {
        var story = Story.Of();
        foreach (var at in new[] { "08:59:59.999", "09:00:00", "11:59:59.999", "12:00:00" })
            story.At(at, $"ticket/{at.Replace(':', '-')}", new TicketCreated(TicketKind.Inquiry, Channel.Web));
        var ledger = story.Shard.Books.Find("all")!;
        Assert.Equal(2, ledger.Over(new(Story.Ms("09:00:00"), Story.Ms("12:00:00")))[Measure.Created]);
        Assert.Equal(3, ledger.Over(new(Story.Ms("08:59:00"), Story.Ms("12:00:00")))[Measure.Created]);
        Assert.Equal(3, ledger.Over(new(Story.Ms("09:00:00"), Story.Ms("12:01:00")))[Measure.Created]);
    }

    [Theory]
    [InlineData("+30 12:00:00.000", 1)]
    [InlineData("+30 12:00:00.001", 0)]
    public void A_closing_counts_as_reopened_when_it_was_undone_within_thirty_days(string reopened, long soon)
    {
        var story = Story.Of()
            .At("09:00:00", "ticket/a", new TicketCreated(TicketKind.Complaint, Channel.Web))
            .At("12:00:00", "ticket/a", new TicketClosed("done"))
            .At(reopened, "ticket/a", new TicketReopened("again"));
        Assert.Equal((new Ratio(soon, 1), 1L), (story.Report()["reopen_rate"], story.Report()["tickets.reopened"])); // still open: the closing stays in the cohort
        story.At("+40 09:00:00", "ticket/a", new TicketClosed("done"));
        Assert.Equal((new Ratio(soon, 2), 2L), (story.Report()["reopen_rate"], story.Report()["tickets.closed"]));
    }

    [Theory]
    [InlineData("+30 12:00:00.000", 1)]
    [InlineData("+30 12:00:00.001", 0)]
    public void A_solution_undone_before_the_closing_belongs_to_that_closing(string reopened, long soon) =>
        Assert.Equal(new Ratio(soon, 1), Story.Of()
            .At("09:00:00", "ticket/a", new TicketCreated(TicketKind.Complaint, Channel.Web))
            .At("12:00:00", "ticket/a", new TicketResolved("fixed"))
            .At(reopened, "ticket/a", new TicketReopened("again"))
            .At("+31 09:00:00", "ticket/a", new TicketClosed("done"))
            .Report()["reopen_rate"]);
}
