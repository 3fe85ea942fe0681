using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Tests.Web.Policies;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Board;

/// <summary>A due time in a year whose holidays nobody has announced is a guess: the wall says so, for calendars that somebody counts in.</summary>
public sealed class HolidayWatchTests : IDisposable
{
    private readonly SavedDesk _desk = new();

    public void Dispose() => _desk.Dispose();

    private void Office(string announced) =>
        _desk.File("calendars/office.yaml", PolicyDesk.Office + $"announced_until: {announced}\n").File("departments.yaml", "- {id: billing, calendar: office}\n");

    [Theory]
    [InlineData("2026-12-31", "2026-10-01T00:00:00Z", "")]
    [InlineData("2026-12-31", "2026-10-03T00:00:00Z", "office 2026-12-31")]
    [InlineData("2026-12-31", "2027-02-01T00:00:00Z", "office 2026-12-31")]
    [InlineData("2027-12-31", "2026-10-03T00:00:00Z", "")]
    public void Ninety_days_ahead(string announced, string now, string said)
    {
        Office(announced);
        _desk.At(now, "ticket/T");
        Assert.Equal(said, Said(now));
    }

    [Fact]
    public void A_shipped_calendar_counts_once_a_ticket_runs_by_it()
    {
        const string Now = "2026-11-22T00:00:00Z";
        _desk.At(Now, "ticket/T");
        Assert.Equal("", Said(Now));
        _desk.At(Now, "ticket/U", "ticket.created", """{"kind":"complaint","channel":"phone","policy_ids":["cn-telecom-appeal"]}""");
        Assert.Equal("CN 2026-12-31", Said(Now));
    }

    private string Said(string now)
    {
        var census = new TicketCensus();
        census.Refresh(_desk.Shard, PolicyDesk.Ms(now));
        return string.Join(", ", census.Unannounced.Select(c => $"{c.Id} {c.Until}"));
    }
}
