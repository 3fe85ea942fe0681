using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>An edit that takes effect later than it was saved, or reaches a ticket later: who has an alert keeps it, as with one that takes effect at once.</summary>
public sealed class LaterEditTests : IDisposable
{
    private const string From = "effective: {from: 2026-03-04, running: true}";

    private readonly SavedDesk _desk = new();

    public LaterEditTests() => _desk.File("calendars/office.yaml", PolicyDesk.Office).File("policies/p.yaml", Policy("p", 1, 4));

    public void Dispose() => _desk.Dispose();

    private static string Policy(string id, int version, int hours, string more = "") =>
        $"id: {id}\nversion: {version}\ncalendar: office\n{more}\nclocks:\n- {{id: x, start: created, stop: [ticket.replied], limit: {{value: {hours}, unit: business_hour}}}}\n";

    private Alert Standing(string ticket = "ticket/a", string rule = "clock_breach") =>
        Assert.Single(_desk.Shard.Alerts.All, a => a.State == AlertState.Raised && a.Due is { Clock: "x" } && a.Due.Rule == rule && a.Due.Subject == Subject.Parse(ticket));

    private Alert Taken(string time, string ticket = "ticket/a", string rule = "clock_breach")
    {
        var raised = Standing(ticket, rule);
        _desk.At(time, ticket, "alert.acknowledged", $$"""{"alert":"{{raised.Key.Id}}","by":"Chen","until":"2026-03-03T12:00:00Z"}""");
        return raised;
    }

    private void GoesOn(Alert raised, string due)
    {
        var now = Standing(raised.Due.Subject.ToString(), raised.Due.Rule);
        Assert.Equal((raised.Code, raised.Key, raised.Since, raised.Due.RaisedAt, "Chen"), (now.Code, now.Key, now.Since, now.Due.RaisedAt, now.Care.By));
        Assert.Equal(PolicyDesk.Ms(due), now.Due.DueAt);
        Assert.DoesNotContain(_desk.Shard.Alerts.All, a => a.State == AlertState.Retracted);
        Assert.Equal(SavedDesk.Picture(_desk.Shard), SavedDesk.Picture(_desk.Restarted()));
        if (!_desk.Shard.Sweeping) Assert.Equal(SavedDesk.Picture(_desk.Shard), SavedDesk.Picture(_desk.Restarted(fromImage: true)));
    }

    [Theory]
    [InlineData("p", 2, "")]
    [InlineData("q", 1, "priority: 9\n")] // another policy, whose version says nothing
    public void A_version_that_takes_over_on_a_later_day(string id, int version, string more)
    {
        _desk.At("2026-03-02T09:00:00Z", "ticket/a").Save("2026-03-02T10:00:00Z", Policy(id, version, 2, more + From), version: version).Tick("2026-03-02T13:00:00Z");
        var raised = Taken("2026-03-02T13:05:00Z");
        Assert.Equal(PolicyDesk.Ms("2026-03-02T13:00:00Z"), raised.Due.DueAt);
        _desk.Tick("2026-03-03T23:59:59Z");
        GoesOn(raised, "2026-03-02T13:00:00Z");
        _desk.Tick("2026-03-04T00:00:00Z").Tick("2026-03-04T01:00:00Z");
        Assert.Equal(id, _desk.Clock("ticket/a").Policy);
        GoesOn(raised, "2026-03-02T11:00:00Z");
    }

    [Fact]
    public void A_calendar_that_holds_from_a_later_day()
    {
        _desk.At("2026-03-02T09:00:00Z", "ticket/w").Tick("2026-03-02T12:30:00Z");
        var raised = Taken("2026-03-02T12:31:00Z", "ticket/w", "clock_warning");
        _desk.Save("2026-03-02T12:40:00Z", PolicyDesk.Office.Replace("09:00-17:00", "09:00-12:50", StringComparison.Ordinal) + "effective: {from: 2026-03-02, running: true}\n", EditKind.Calendar);
        GoesOn(raised, "2026-03-03T09:10:00Z");
        _desk.Save("2026-03-02T12:45:00Z", PolicyDesk.Office.Replace("09:00-17:00", "08:00-17:00", StringComparison.Ordinal) + "effective: {from: 2026-03-03, running: true}\n", EditKind.Calendar);
        GoesOn(raised, "2026-03-03T08:10:00Z");
        _desk.Tick("2026-03-03T08:05:00Z");
        GoesOn(raised, "2026-03-03T08:10:00Z");
    }

    [Fact]
    public void A_ticket_that_hears_of_something_before_the_saving_has_come_to_it()
    {
        var many = Enumerable.Range(0, Shard.SweptPerTurn + 100).Select(i => $"ticket/a{i}").ToList();
        _desk.Turn("2026-03-02T08:30:00Z", [.. many.Append("ticket/z").Append("ticket/zz").Select(t => _desk.Event("2026-03-02T08:30:00Z", t, "ticket.created", """{"kind":"complaint","channel":"phone"}"""))]).Tick("2026-03-02T13:00:00Z");
        var (heard, woken) = (Taken("2026-03-02T13:05:00Z", "ticket/z"), Taken("2026-03-02T13:05:00Z", "ticket/zz"));
        var edit = _desk.EditOf("2026-03-02T13:10:00Z", PolicyDesk.Office.Replace("09:00-17:00", "08:00-17:00", StringComparison.Ordinal) + "effective: {running: true}\n", EditKind.Calendar, 1);
        _desk.Keep(new(edit.At, [_desk.Event("2026-03-02T13:09:00Z", "ticket/z", "ticket.assigned", """{"assignee":"ann"}""")]) { Change = new(edit, _desk.Start.SetWith([edit])) });
        Assert.True(_desk.Shard.Sweeping);
        GoesOn(heard, "2026-03-02T12:30:00Z");
        while (_desk.Shard.Sweeping) _desk.Keep(new(edit.At, []));
        GoesOn(woken, "2026-03-02T12:30:00Z");
    }
}
