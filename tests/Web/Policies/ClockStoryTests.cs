using OpsMonitor.Grains.Alerts;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>What the words of a policy file do to a ticket's clocks. Monday is 2 March 2026; London, office hours 9 to 17.</summary>
public sealed class ClockStoryTests : IDisposable
{
    private const string Stop = "start: created, stop: [ticket.replied]";

    private readonly PolicyDesk _desk = new();

    public void Dispose() => _desk.Dispose();

    [Theory]
    [InlineData("limit: {value: 42, unit: second}", "running Mon 2 Mar 10:00")]
    [InlineData("limit: {value: 90, unit: calendar_day}", "running Sun 31 May 10:00")] // the clocks went forward: the time of day stays
    [InlineData("limit: {value: 3, unit: business_day}", "running Thu 5 Mar 10:00")]
    [InlineData("limit: {value: 3, unit: business_day}, end_of_day: true", "running Thu 5 Mar 17:00")]
    [InlineData("limit: {value: 3, unit: business_day}, count: include_start_day", "running Wed 4 Mar 10:00")]
    [InlineData("limit: {value: 1, unit: business_day}, count: include_start_day", "running Mon 2 Mar 17:00")]
    [InlineData("limit: {value: 8, unit: week}", "running Mon 27 Apr 10:00")]
    [InlineData("limit: {value: 1, unit: month}", "running Thu 2 Apr 10:00")]
    [InlineData("limit: {value: 5, unit: calendar_day}", "running Sat 7 Mar 10:00")]
    [InlineData("limit: {value: 5, unit: calendar_day}, roll: next_business_day", "running Mon 9 Mar 10:00")]
    [InlineData("limit: {value: 5, unit: calendar_day}, end_of_day: true", "running Sun 8 Mar 00:00")]
    [InlineData("limit: {value: 10, unit: business_hour}", "running Tue 3 Mar 12:00")]
    [InlineData("limit: {value: 90, unit: business_minute}", "running Mon 2 Mar 11:30")]
    public void Every_unit_and_way_of_counting_has_its_due_time(string limit, string says) =>
        Assert.Equal(says, _desk.Clock($"{Stop}, {limit}").Created("2026-03-02T10:00:00Z").Says());

    [Theory]
    [InlineData("2026-03-02T17:00:00Z", "running Wed 4 Mar 00:00")] // at the cut-off is not after it
    [InlineData("2026-03-02T17:00:01Z", "running Thu 5 Mar 00:00")]
    [InlineData("2026-03-06T18:00:00Z", "running Wed 11 Mar 00:00")] // Friday evening counts as Monday's opening
    [InlineData("2026-03-07T18:00:00Z", "running Wed 11 Mar 00:00")] // so does Saturday evening
    public void A_start_after_the_cut_off_counts_from_the_next_business_day(string created, string says) =>
        Assert.Equal(says, _desk.Clock($"{Stop}, start_rule: {{cutoff: \"17:00\", after_cutoff: next_business_day}}, limit: {{value: 1, unit: calendar_day}}, end_of_day: true").Created(created).Says());

    [Fact]
    public void A_month_from_the_thirty_first_ends_on_the_month_s_last_day() =>
        Assert.Equal("running Sat 28 Feb 10:00", _desk.Clock($"{Stop}, limit: {{value: 1, unit: month}}").Created("2026-01-31T10:00:00Z").Says());

    [Fact]
    public void Each_reason_pauses_only_the_clocks_that_honour_it_and_one_of_them_may_go_on_alone()
    {
        _desk.File("calendars/office.yaml", PolicyDesk.Office).File("policies/p.yaml", $$$"""
            id: p
            calendar: office
            clocks:
              - {id: x, {{{Stop}}}, limit: {value: 4, unit: business_hour}, pause_on: [awaiting_customer]}
              - {id: y, {{{Stop}}}, limit: {value: 4, unit: business_hour}, pause_on: [awaiting_customer]}
              - {id: regulator, {{{Stop}}}, limit: {value: 4, unit: business_hour}}
            """).Created("2026-03-02T10:00:00Z")
            .At("2026-03-02T11:00:00Z", "ticket.clock_paused", """{"reason":"awaiting_customer"}""")
            .At("2026-03-02T12:00:00Z", "ticket.clock_resumed", """{"reason":"awaiting_customer","clock_ids":["x"]}""");

        Assert.Equal(["running Mon 2 Mar 15:00", "paused 180 min left", "running Mon 2 Mar 14:00"],
            new[] { "x", "y", "regulator" }.Select(id => PolicyDesk.Spell(_desk.Clocks("2026-03-02T13:00:00Z").Single(c => c.Id == id))));
    }

    [Theory]
    [InlineData("mode: replace", "{\"clock_id\":\"x\",\"approver\":\"a\",\"limit\":{\"value\":5,\"unit\":\"business_day\"}}", "running Mon 9 Mar 10:00")]
    [InlineData("mode: add", "{\"clock_id\":\"x\",\"approver\":\"a\",\"limit\":{\"value\":5,\"unit\":\"business_day\"}}", "running Wed 11 Mar 10:00")]
    [InlineData("mode: add, max: {value: 3, unit: business_day}", "{\"clock_id\":\"x\",\"approver\":\"a\",\"limit\":{\"value\":5,\"unit\":\"business_day\"}}", "running Mon 9 Mar 10:00")]
    [InlineData("mode: replace, max: {value: 3, unit: business_day}", "{\"clock_id\":\"x\",\"approver\":\"a\",\"limit\":{\"value\":5,\"unit\":\"business_day\"}}", "running Thu 5 Mar 10:00")]
    [InlineData("mode: replace, to: {value: 4, unit: business_day}", "{\"clock_id\":\"x\",\"approver\":\"a\"}", "running Fri 6 Mar 10:00")]
    [InlineData("mode: replace, max: {value: 30, unit: calendar_day}", "{\"clock_id\":\"x\",\"approver\":\"a\",\"due_at\":\"2026-06-01T00:00:00Z\"}", "running Wed 1 Apr 10:00")]
    [InlineData("mode: replace", "{\"clock_id\":\"x\",\"approver\":\"a\",\"due_at\":\"2026-03-20T09:00:00Z\"}", "running Fri 20 Mar 09:00")]
    [InlineData("mode: replace", "{\"clock_id\":\"other\",\"approver\":\"a\",\"due_at\":\"2026-03-20T09:00:00Z\"}", "running Wed 4 Mar 10:00")]
    public void An_extension_replaces_the_limit_or_adds_to_it_as_far_as_the_policy_allows(string extend, string granted, string says) =>
        Assert.Equal(says, _desk.Clock($"{Stop}, limit: {{value: 2, unit: business_day}}, extend: {{on: ticket.extension_granted, {extend}}}")
            .Created("2026-03-02T10:00:00Z").At("2026-03-02T12:00:00Z", "ticket.extension_granted", granted).Says());

    [Fact]
    public void Warnings_come_by_share_and_by_business_time_each_with_its_level()
    {
        _desk.Clock($"{Stop}, limit: {{value: 4, unit: business_day}}, warn: [{{at: 50%}}, {{before: {{value: 1, unit: business_day}}, level: red}}], breach: {{level: yellow}}")
            .Created("2026-03-02T10:00:00Z"); // due Friday 10:00

        string Alerts(string now) => string.Join(' ', _desk.Judge(now).Alerts.All.Where(a => a.Due.Clock == "x" && a.State == AlertState.Raised).Select(a => $"{a.Due.Rule}:{a.Due.Level}").Order());

        Assert.Equal("", Alerts("2026-03-04T09:59:59Z"));
        Assert.Equal("clock_warning:Yellow", Alerts("2026-03-04T10:00:00Z"));
        Assert.Equal("clock_warning:Yellow clock_warning_2:Red", Alerts("2026-03-05T10:00:00Z"));
        Assert.Equal("clock_breach:Yellow", Alerts("2026-03-06T10:00:00Z"));
    }

    [Fact]
    public void A_restart_begins_the_next_round_and_every_round_is_judged()
    {
        _desk.Clock("start: created, stop: [ticket.progress_replied], restart: [ticket.progress_replied], limit: {value: 2, unit: business_day}")
            .Created("2026-03-02T10:00:00Z").At("2026-03-03T10:00:00Z", "ticket.progress_replied", """{"method":"mail"}""")
            .At("2026-03-06T10:00:00Z", "ticket.progress_replied", """{"method":"mail"}""");

        Assert.Equal(["met Wed 4 Mar 10:00", "breached Thu 5 Mar 10:00", "running Tue 10 Mar 10:00"], _desk.Rounds("x").Select(PolicyDesk.Spell));
    }

    [Theory]
    [InlineData("resume", "running Tue 3 Mar 13:00")] // three of four hours were left at noon
    [InlineData("restart", "running Tue 3 Mar 14:00")]
    [InlineData("keep", "met Mon 2 Mar 15:00")]
    public void Reopening_resumes_restarts_or_leaves_the_resolution(string how, string says) =>
        Assert.Equal(says, _desk.Clock($"start: created, stop: [ticket.resolved], limit: {{value: 4, unit: business_hour}}, on_reopen: {how}").Created("2026-03-02T11:00:00Z")
            .At("2026-03-02T12:00:00Z", "ticket.resolved", """{"resolution_code":"x"}""").At("2026-03-03T10:00:00Z", "ticket.reopened", """{"reason":"x"}""").Says());

    [Theory]
    [InlineData("resume", "running Tue 3 Mar 12:00")]
    [InlineData("restart", "running Tue 3 Mar 14:00")]
    [InlineData("keep", "cancelled Mon 2 Mar 15:00")]
    public void A_clock_that_closing_cancelled_goes_on_after_a_reopen_with_what_it_had_left(string how, string says) =>
        Assert.Equal(says, _desk.Clock($"{Stop}, limit: {{value: 4, unit: business_hour}}, on_reopen: {how}").Created("2026-03-02T11:00:00Z")
            .At("2026-03-02T13:00:00Z", "ticket.closed", """{"closure_code":"x"}""").At("2026-03-03T10:00:00Z", "ticket.reopened", """{"reason":"x"}""").Says());

    [Fact]
    public void A_breach_while_resolved_is_not_undone_by_reopening() =>
        Assert.Equal("breached Mon 2 Mar 15:00", _desk.Clock($"{Stop}, limit: {{value: 4, unit: business_hour}}").Created("2026-03-02T11:00:00Z")
            .At("2026-03-02T13:00:00Z", "ticket.resolved", """{"resolution_code":"x"}""").At("2026-03-03T10:00:00Z", "ticket.reopened", """{"reason":"x"}""").Says());

    [Fact]
    public void A_follow_up_starts_with_closing_and_is_taken_away_by_reopening()
    {
        _desk.Clock("start: ticket.closed, stop: [ticket.contacted], limit: {value: 2, unit: business_day}").Created("2026-03-02T11:00:00Z");
        Assert.DoesNotContain(_desk.Clocks(), c => c.Id == "x");
        _desk.At("2026-03-02T13:00:00Z", "ticket.closed", """{"closure_code":"x"}""");
        Assert.Equal("running Wed 4 Mar 13:00", _desk.Says());
        _desk.At("2026-03-03T13:00:00Z", "ticket.reopened", """{"reason":"x"}""");
        Assert.Equal("cancelled Wed 4 Mar 13:00", _desk.Says());
        _desk.At("2026-03-05T13:00:00Z", "ticket.closed", """{"closure_code":"x"}""").At("2026-03-06T10:00:00Z", "ticket.contacted", """{"method":"phone","outcome":"reached"}""");
        Assert.Equal("met Mon 9 Mar 13:00", _desk.Says());
    }

    [Fact]
    public void A_clock_may_pause_in_a_state() =>
        Assert.Equal("paused 120 min left", _desk.Clock($"{Stop}, limit: {{value: 4, unit: business_hour}}, pause_in: [resolved, closed]").Created("2026-03-02T11:00:00Z")
            .At("2026-03-02T13:00:00Z", "ticket.closed", """{"closure_code":"x"}""").Says("2026-03-05T13:00:00Z"));

    [Fact]
    public void A_dispatch_is_due_by_its_own_time_or_the_policy_s_and_signing_is_another_clock()
    {
        _desk.File("calendars/office.yaml", PolicyDesk.Office).File("policies/p.yaml", """
            id: p
            calendar: office
            clocks:
              - {id: sign, per: dispatch, stop: [ticket.dispatch_accepted], limit: {value: 1, unit: business_day}}
              - {id: answer, per: dispatch, start: ticket.dispatch_accepted, stop: [ticket.dispatch_answered], limit: {value: 2, unit: business_day}}
              - {id: promise, per: dispatch, stop: [ticket.dispatch_answered], limit: {from: due_at}}
            """).Created("2026-03-02T10:00:00Z")
            .At("2026-03-02T11:00:00Z", "ticket.dispatched", """{"dispatch_id":"D-1","department_id":"network","role":"lead"}""")
            .At("2026-03-02T11:00:00Z", "ticket.dispatched", """{"dispatch_id":"D-2","department_id":"legal","role":"assist","due_at":"2026-03-03T16:00:00Z"}""")
            .At("2026-03-02T12:00:00Z", "ticket.dispatch_accepted", """{"dispatch_id":"D-1"}""");

        Assert.Equal(
            ["answer/D-1 running Wed 4 Mar 12:00", "promise/D-2 running Tue 3 Mar 16:00", "sign/D-1 met Tue 3 Mar 11:00", "sign/D-2 running Tue 3 Mar 11:00"],
            _desk.Clocks().Where(c => c.Policy == "p").Select(c => $"{c.Id} {PolicyDesk.Spell(c)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_callback_has_its_own_promise_and_the_clocks_of_policies()
    {
        _desk.File("policies/p.yaml", "id: p\nclocks:\n- {id: first_try, per: callback, when: {kind: [missed_call]}, stop: [callback.attempted], limit: {value: 1, unit: hour}}\n")
            .At("2026-03-02T10:00:00Z", "callback.promised", """{"kind":"missed_call","due_at":"2026-03-02T15:00:00Z"}""", "callback/C-1")
            .At("2026-03-02T11:30:00Z", "callback.attempted", """{"attempt":1,"outcome":"no_answer"}""", "callback/C-1")
            .At("2026-03-02T14:00:00Z", "callback.fulfilled", "{}", "callback/C-1")
            .At("2026-03-02T10:00:00Z", "callback.promised", """{"kind":"promise","due_at":"2026-03-02T15:00:00Z"}""", "callback/C-2");
        var shard = _desk.Judge("2026-03-02T16:00:00Z");
        string[] Of(string id) => [.. shard.Find(OpsMonitor.Grains.Events.Subject.Parse(id))!.Clocks.Select(c => $"{c.Id} {PolicyDesk.Spell(c)}")];
        Assert.Equal(["callback met Mon 2 Mar 15:00", "first_try breached Mon 2 Mar 11:00"], Of("callback/C-1"));
        Assert.Equal(["callback breached Mon 2 Mar 15:00"], Of("callback/C-2"));
    }

    [Fact]
    public void A_pause_of_working_time_moves_the_due_time_by_exactly_that_time()
    {
        var random = new Random(5);
        var policies = _desk.Clock($"{Stop}, limit: {{value: 30, unit: business_hour}}, pause_on: [legal_hold]").Policies;
        var calendar = policies.Book.Policies.Single(p => p.Id == "p").Calendar!;
        for (var i = 0; i < 300; i++)
        {
            using var desk = new PolicyDesk().Under(policies);
            var from = PolicyDesk.Ms("2026-03-02T10:00:00Z") + random.NextInt64(20 * 86_400_000L);
            var unpaused = calendar.Add(from, 30 * 3_600_000L);
            var (paused, resumed) = (from + random.NextInt64(unpaused - from), from + random.NextInt64(9 * 86_400_000L));
            if (resumed <= paused) continue;
            desk.Created(Iso(from)).At(Iso(paused), "ticket.clock_paused", """{"reason":"legal_hold"}""").At(Iso(resumed), "ticket.clock_resumed", """{"reason":"legal_hold"}""");
            Assert.Equal(calendar.Between(paused, resumed), calendar.Between(unpaused, desk.X().DueAt!.Value));
        }
    }

    private static string Iso(long ms) => OpsMonitor.Tests.Grains.Story.Iso(ms);
}
