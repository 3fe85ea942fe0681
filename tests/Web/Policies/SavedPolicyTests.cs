using System.Diagnostics;
using System.Globalization;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>Saving a policy or a calendar is an event: what began before keeps what it began with, unless the person who saves asks otherwise.</summary>
public sealed class SavedPolicyTests : IDisposable
{
    private readonly SavedDesk _desk = new();

    public SavedPolicyTests() => _desk.File("calendars/office.yaml", PolicyDesk.Office).File("policies/p.yaml", Policy(1, 4));

    public void Dispose() => _desk.Dispose();

    private static string Policy(int version, int hours, string more = "") =>
        $"id: p\nversion: {version}\ncalendar: office\n{more}\nclocks:\n- {{id: x, start: created, stop: [ticket.replied], limit: {{value: {hours}, unit: business_hour}}}}\n";

    private const string Running = "effective: {running: true}";

    private static string Closed(string date, string more = "") => PolicyDesk.Office + $"holidays: [{{date: {date}}}]\n{more}";

    [Fact]
    public void A_saved_version_holds_for_what_begins_later_and_a_running_clock_keeps_its_own()
    {
        _desk.At("2026-03-02T09:00:00Z", "ticket/old").Save("2026-03-02T10:00:00Z", Policy(2, 1), version: 2).At("2026-03-02T10:00:01Z", "ticket/new");
        Assert.Equal(("running Mon 2 Mar 13:00 v1", "running Mon 2 Mar 11:00 v2"), (_desk.Says("ticket/old"), _desk.Says("ticket/new")));
    }

    [Fact]
    public void An_effective_date_in_the_past_does_not_rewrite_yesterday()
    {
        _desk.At("2026-03-02T09:00:00Z", "ticket/old").Save("2026-03-02T10:00:00Z", Policy(2, 1, "effective: {from: 2026-01-01}"), version: 2);
        Assert.Equal("running Mon 2 Mar 13:00 v1", _desk.Says("ticket/old"));
        Assert.Empty(_desk.Changed);
    }

    [Fact]
    public void A_future_effective_date_is_waited_for()
    {
        _desk.Save("2026-03-02T10:00:00Z", Policy(2, 1, "effective: {from: 2026-03-04}"), version: 2).At("2026-03-03T09:00:00Z", "ticket/a").At("2026-03-04T09:00:00Z", "ticket/b");
        Assert.Equal(("breached Tue 3 Mar 13:00 v1", "running Wed 4 Mar 10:00 v2"), (_desk.Says("ticket/a"), _desk.Says("ticket/b")));
    }

    [Fact]
    public void Asked_for_running_clocks_it_takes_them_over_and_the_alerts_are_those_of_the_dry_run()
    {
        _desk.At("2026-03-02T09:00:00Z", "ticket/a").At("2026-03-02T09:30:00Z", "ticket/b").At("2026-03-02T09:00:00Z", "ticket/done").At("2026-03-02T09:59:00Z", "ticket/done", "ticket.replied", """{"method":"mail"}""");
        var done = _desk.Says("ticket/done");
        var text = Policy(2, 1, Running);
        var (now, edit) = (PolicyDesk.Ms("2026-03-02T10:15:00Z"), _desk.EditOf("2026-03-02T10:15:00Z", text, EditKind.Policy, 2));
        var after = _desk.Start.SetWith([edit]);
        var dry = new[] { "ticket/a", "ticket/b", "ticket/done" }.Select(Subject.Parse)
            .Select(t => DryRun.Of(t, _desk.Shard.HistoryOf(t), _desk.Shard.Policies, after, now)).OfType<TicketChange>().ToList();

        _desk.Tick("2026-03-02T10:15:00Z").Save("2026-03-02T10:15:00Z", text, version: 2);
        Assert.Equal(("breached Mon 2 Mar 10:00 v2", "running Mon 2 Mar 10:30 v2"), (_desk.Says("ticket/a"), _desk.Says("ticket/b")));
        Assert.Equal(done, _desk.Says("ticket/done"));
        var told = _desk.Changed.Where(a => a.State == AlertState.Raised).Select(a => a.Key.ToString()).Order(StringComparer.Ordinal);
        Assert.Equal(dry.SelectMany(c => c.Alerts).Where(a => a.Raised).Select(a => a.Alert.Key.ToString()).Order(StringComparer.Ordinal), told);
        Assert.Equal(2, _desk.Changed.Count); // a is broken, b is three quarters gone
        Assert.All(_desk.Changed, a => Assert.Equal(0, a.LatenessMs)); // caused by the saving: nobody was late
    }

    [Fact]
    public void Withdrawn_alerts_are_those_of_the_dry_run_too()
    {
        _desk.At("2026-03-02T09:00:00Z", "ticket/a").Tick("2026-03-02T14:00:00Z");
        Assert.StartsWith("breached", _desk.Says("ticket/a"), StringComparison.Ordinal);
        _desk.Save("2026-03-02T14:00:00Z", Policy(2, 40, Running), version: 2);
        Assert.Equal("running Fri 6 Mar 17:00 v2", _desk.Says("ticket/a"));
        Assert.Equal(AlertState.Retracted, Assert.Single(_desk.Changed).State);
    }

    [Fact]
    public void Who_has_an_alert_keeps_it_through_edits_that_leave_it_broken()
    {
        _desk.At("2026-03-02T09:00:00Z", "ticket/a").Tick("2026-03-02T13:00:00Z");
        Alert Standing() => Assert.Single(_desk.Shard.Alerts.All, a => a.State == AlertState.Raised && a.Due is { Rule: "clock_breach", Clock: "x" });
        var raised = Standing();
        _desk.At("2026-03-02T13:05:00Z", "ticket/a", "alert.acknowledged", $$"""{"alert":"{{raised.Key.Id}}","by":"Chen"}""");
        foreach (var (text, kind, version, due) in new[]
        {
            (Policy(2, 2, Running), EditKind.Policy, 2, "2026-03-02T11:00:00Z"), (Policy(3, 3, Running), EditKind.Policy, 3, "2026-03-02T12:00:00Z"),
            (PolicyDesk.Office.Replace("[\"09:00-17:00\"]", "[\"08:00-10:00\", \"10:30-17:00\"]", StringComparison.Ordinal) + Running + "\n", EditKind.Calendar, 1, "2026-03-02T12:30:00Z"),
        })
        {
            _desk.Save("2026-03-02T13:10:00Z", text, kind, version);
            var now = Standing();
            Assert.Equal((raised.Code, raised.Key, raised.Since, raised.Due.RaisedAt, raised.NoticedAt, Hold.Acknowledged, "Chen"), (now.Code, now.Key, now.Since, now.Due.RaisedAt, now.NoticedAt, now.Care.Hold, now.Care.By));
            Assert.Equal(PolicyDesk.Ms(due), now.Due.DueAt);
            Assert.DoesNotContain(_desk.Changed, a => a.State != AlertState.Raised);
            Assert.Equal(SavedDesk.Picture(_desk.Shard), SavedDesk.Picture(_desk.Restarted()));
            Assert.Equal(SavedDesk.Picture(_desk.Shard), SavedDesk.Picture(_desk.Restarted(fromImage: true)));
        }
        _desk.Tick("2026-03-02T13:35:00Z"); // his time is over, and the ladder goes on where it was
        Assert.Equal((Hold.Open, "owner supervisor"), (Standing().Care.Hold, string.Join(' ', Standing().Care.Taken.All.Select(s => s.To))));
        _desk.At("2026-03-02T13:40:00Z", "ticket/a", "ticket.replied", """{"method":"mail"}""");
        Assert.Equal(AlertState.Resolved, Assert.Single(_desk.Changed, a => a.Code == raised.Code).State);
    }

    [Fact]
    public void A_clock_that_the_next_version_no_longer_has_is_not_begun_any_more()
    {
        _desk.At("2026-03-02T09:00:00Z", "ticket/old")
            .Save("2026-03-02T10:00:00Z", Policy(2, 1).Replace("id: x", "id: y", StringComparison.Ordinal), version: 2).At("2026-03-02T10:00:01Z", "ticket/new");
        Assert.Equal("running Mon 2 Mar 13:00 v1", _desk.Says("ticket/old"));
        Assert.Equal(["y"], _desk.Shard.Find(Subject.Parse("ticket/new"))!.Clocks.Where(c => c.Policy == "p").Select(c => c.Id));
    }

    [Fact]
    public void Asked_for_running_clocks_it_takes_away_those_that_it_no_longer_has_but_none_that_is_over()
    {
        _desk.At("2026-03-02T09:00:00Z", "ticket/open").At("2026-03-02T09:00:00Z", "ticket/done").At("2026-03-02T09:59:00Z", "ticket/done", "ticket.replied", """{"method":"mail"}""")
            .Save("2026-03-02T10:00:00Z", Policy(2, 1, Running).Replace("id: x", "id: y", StringComparison.Ordinal), version: 2);
        Assert.Equal(["y"], _desk.Shard.Find(Subject.Parse("ticket/open"))!.Clocks.Where(c => c.Policy == "p").Select(c => c.Id));
        Assert.StartsWith("met", _desk.Says("ticket/done"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "running Tue 3 Mar 10:00 v1")]
    [InlineData(Running, "running Wed 4 Mar 10:00 v1")]
    public void A_saved_calendar_holds_for_running_clocks_only_where_it_says_so(string more, string old)
    {
        _desk.At("2026-03-02T14:00:00Z", "ticket/old").At("2026-03-02T14:00:00Z", "ticket/done").At("2026-03-02T14:30:00Z", "ticket/done", "ticket.replied", """{"method":"mail"}""");
        var done = _desk.Says("ticket/done");
        _desk.Save("2026-03-02T15:00:00Z", Closed("2026-03-03", more), EditKind.Calendar).At("2026-03-02T15:00:01Z", "ticket/new");
        Assert.Equal((old, "running Wed 4 Mar 11:00 v1"), (_desk.Says("ticket/old"), _desk.Says("ticket/new")));
        Assert.Equal(done, _desk.Says("ticket/done"));
    }

    [Fact]
    public void A_calendar_saved_with_a_first_day_ends_what_was_open_before_it()
    {
        _desk.Save("2026-03-02T08:00:00Z", PolicyDesk.Office.Replace("09:00-17:00", "09:00-11:00", StringComparison.Ordinal) + "effective: {from: 2026-03-03}\n", EditKind.Calendar)
            .At("2026-03-02T15:00:00Z", "ticket/a");
        Assert.Equal("running Tue 3 Mar 11:00 v1", _desk.Says("ticket/a"));
    }

    [Fact]
    public void A_restart_ends_where_the_server_stood_with_every_alert_at_its_instant()
    {
        _desk.At("2026-03-02T09:00:00Z", "ticket/a").Save("2026-03-02T10:30:00Z", Policy(2, 1, Running), version: 2).At("2026-03-02T10:31:00Z", "ticket/b")
            .Save("2026-03-02T10:40:00Z", Closed("2026-03-03", Running), EditKind.Calendar).At("2026-03-02T16:30:00Z", "ticket/c").Tick("2026-03-04T09:40:00Z")
            .Save("2026-03-04T10:00:00Z", Policy(3, 8, Running), version: 3);
        var stood = SavedDesk.Picture(_desk.Shard);
        Assert.Equal(stood, SavedDesk.Picture(_desk.Restarted()));
        Assert.Equal(stood, SavedDesk.Picture(_desk.Restarted(fromImage: true)));
    }

    [Fact]
    public void A_saving_reaches_thousands_in_turns_of_bounded_work_and_a_crash_in_between_goes_on_where_it_was()
    {
        const int Tickets = (2 * Shard.SweptPerTurn) + 300;
        _desk.Turn("2026-03-02T09:00:00Z", [.. Enumerable.Range(0, Tickets).Select(i => _desk.Event("2026-03-02T09:00:00Z", $"ticket/{i}", "ticket.created", """{"kind":"complaint","channel":"phone"}"""))]);
        // Of the second turn nothing is told, of the others all. Told or not, each turn must be found again.
        _desk.Turn("2026-03-02T09:30:00Z", [.. Enumerable.Range(0, Tickets).Select(i => $"ticket/{i}").Order(StringComparer.Ordinal).Skip(Shard.SweptPerTurn).Take(Shard.SweptPerTurn)
            .Select(ticket => _desk.Event("2026-03-02T09:30:00Z", ticket, "ticket.replied", """{"method":"mail"}"""))]);
        var edit = _desk.EditOf("2026-03-02T10:30:00Z", Policy(2, 1, Running), EditKind.Policy, 2);
        var turns = new List<int> { _desk.Keep(new(edit.At, []) { Change = new(edit, _desk.Start.SetWith([edit])) }).Count };
        Assert.True(_desk.Shard.Sweeping);
        var crashed = _desk.Restarted();
        Assert.Equal(SavedDesk.Picture(_desk.Shard), SavedDesk.Picture(crashed));
        while (_desk.Shard.Sweeping) turns.Add(_desk.Keep(new(edit.At, [])).Count);
        while (crashed.Sweeping) crashed.Step(new(edit.At, []));
        Assert.Equal([Shard.SweptPerTurn, 0, 300], turns);
        Assert.Equal(SavedDesk.Picture(_desk.Shard), SavedDesk.Picture(crashed));
        Assert.Equal(SavedDesk.Picture(_desk.Shard), SavedDesk.Picture(_desk.Restarted()));
    }

    [Theory]
    [InlineData("id: p\nversion: 1\nclocks:\n- {id: x, start: created, stop: [ticket.replied], limit: {value: 1, unit: hour}}\n", EditKind.Policy, "version 1 of policy 'p'")]
    [InlineData("id: office\ntime_zone: Asia/Tokyo\nweek: {mon: [\"09:00-17:00\"]}\n", EditKind.Calendar, "needs another id")]
    [InlineData("id: office\ntime_zone: Europe/London\nweek: {mon: [\"09:00-17:00\"]}\neffective: {to: 2020-01-01}\n", EditKind.Calendar, "never opens again")]
    [InlineData("id: q\neffective: {to: 2026-03-01}\nclocks:\n- {id: x, start: created, stop: [ticket.replied], limit: {value: 1, unit: hour}}\n", EditKind.Policy, "is over before")]
    public void What_does_not_go_with_the_rest_is_refused_whole(string text, EditKind kind, string rule)
    {
        var edit = _desk.EditOf("2026-03-02T10:00:00Z", text, kind, 1);
        Assert.Contains(rule, Assert.Throws<ReferenceDataException>(() => _desk.Start.SetWith([edit])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_it_costs_to_reach_all_open_tickets_is_printed()
    {
        var tickets = int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_OPEN_TICKETS"), CultureInfo.InvariantCulture, out var asked) ? asked : 20_000;
        var shard = _desk.Shard;
        var now = PolicyDesk.Ms("2026-03-02T09:00:00Z");
        foreach (var some in Enumerable.Range(0, tickets).Chunk(512))
            shard.Step(new(now, [.. some.Select(i => _desk.Event("2026-03-02T09:00:00Z", $"ticket/{i}", "ticket.created", """{"kind":"complaint","channel":"phone"}"""))], Replayed: true));
        var (edit, turns) = (_desk.EditOf("2026-03-02T09:10:00Z", Closed("2026-03-03", Running), EditKind.Calendar, 1), new List<double>());
        var read = Stopwatch.StartNew();
        var policies = _desk.Start.SetWith([edit]);
        var (readMs, all) = (read.Elapsed.TotalMilliseconds, Stopwatch.StartNew());
        for (PolicyChange? change = new(edit, policies); change is not null || shard.Sweeping; change = null)
        {
            var turn = Stopwatch.StartNew();
            shard.Step(new(edit.At, []) { Change = change });
            turns.Add(turn.Elapsed.TotalMilliseconds);
        }
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{tickets} open tickets judged anew in {all.Elapsed.TotalSeconds:F1} s, {turns.Count} turns, median {turns.Order().ElementAt(turns.Count / 2):F1} ms, longest {turns.Max():F1} ms; all policies read again in {readMs:F0} ms"));
        Assert.Equal("running Mon 2 Mar 13:00 v1", _desk.Says($"ticket/{tickets - 1}"));
        Assert.True(turns.Max() < 2_000);
    }
}
