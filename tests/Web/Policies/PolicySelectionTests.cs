using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Tickets;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>Which policy's clock a ticket gets, and why. All of them have a clock x that differs by its hours.</summary>
public sealed class PolicySelectionTests : IDisposable
{
    private readonly PolicyDesk _desk = new();

    public void Dispose() => _desk.Dispose();

    private PolicyDesk With(string id, int hours, string more = "", int version = 1, string clock = "") => _desk.File(
        $"policies/{id}-{version}.yaml", $"id: {id}\nversion: {version}\n{more}\nclocks:\n- {{id: x, {clock} start: created, stop: [ticket.replied], limit: {{value: {hours}, unit: hour}}}}\n");

    private string Chosen() => $"{_desk.X().Policy} {_desk.X().Version}";

    [Fact]
    public void The_most_attributes_win_then_the_priority_then_the_id()
    {
        With("a", 1);
        With("b", 2, "applies_when: {kind: [complaint, incident]}");
        With("c", 3, "applies_when: {kind: [complaint], customer_tier: [vip]}");
        With("d", 4, "applies_when: {kind: [complaint]}\npriority: 5");
        With("e", 5, "applies_when: {kind: [complaint]}\npriority: 5");
        With("f", 6, "applies_when: {kind: [inquiry], customer_tier: [vip], channel: [phone]}");
        _desk.Created("2026-03-02T10:00:00Z", "\"customer_tier\":\"vip\"");
        Assert.Equal("c 1", Chosen());
        _desk.Without("policies/c-1.yaml");
        Assert.Equal("d 1", Chosen());
        _desk.Without("policies/d-1.yaml").Without("policies/e-1.yaml");
        Assert.Equal("b 1", Chosen());
    }

    [Fact]
    public void A_clock_s_own_condition_counts_as_well_and_may_tell_clocks_of_one_policy_apart()
    {
        _desk.File("policies/p.yaml", """
            id: p
            clocks:
              - {id: x, start: created, stop: [ticket.replied], limit: {value: 9, unit: hour}}
              - {id: x, when: {priority: [3]}, start: created, stop: [ticket.replied], limit: {value: 3, unit: hour}}
              - {id: x, when: {priority: [1], risk_flags: [media]}, start: created, stop: [ticket.replied], limit: {value: 1, unit: hour}}
            """);
        Assert.Equal("running Mon 2 Mar 13:00", _desk.Created("2026-03-02T10:00:00Z").Says()); // a missing priority counts as three
    }

    [Fact]
    public void A_ticket_that_names_a_policy_gets_its_clocks_and_the_others_run_beside_them()
    {
        With("a", 1, "applies_when: {kind: [complaint], channel: [phone]}");
        With("named", 2, "applies_when: {kind: [inquiry]}");
        _desk.Created("2026-03-02T10:00:00Z", "\"policy_ids\":[\"named\"]");
        Assert.Equal("named 1", Chosen());
        Assert.Contains(_desk.Clocks(), c => c.Id == "resolution" && c.Policy == Policy.DefaultId);
    }

    [Fact]
    public void Classifying_again_chooses_again_with_the_same_start_and_the_pauses_kept()
    {
        With("a", 8, clock: "pause_on: [awaiting_customer],");
        With("vip", 4, "applies_when: {customer_tier: [vip]}", clock: "pause_on: [awaiting_customer],");
        _desk.Created("2026-03-02T10:00:00Z").At("2026-03-02T11:00:00Z", "ticket.clock_paused", """{"reason":"awaiting_customer"}""")
            .At("2026-03-02T12:00:00Z", "ticket.clock_resumed", """{"reason":"awaiting_customer"}""");
        Assert.Equal("running Mon 2 Mar 19:00", _desk.Says());
        _desk.At("2026-03-02T13:00:00Z", "ticket.classified", """{"category":"billing","customer_tier":"vip"}""");
        Assert.Equal("running Mon 2 Mar 15:00", _desk.Says());
    }

    [Fact]
    public void A_clock_that_is_over_keeps_the_policy_under_which_it_ended()
    {
        With("a", 8);
        With("vip", 1, "applies_when: {customer_tier: [vip]}");
        _desk.Created("2026-03-02T10:00:00Z").At("2026-03-02T12:00:00Z", "ticket.replied", """{"method":"mail"}""")
            .At("2026-03-02T13:00:00Z", "ticket.classified", """{"category":"billing","customer_tier":"vip"}""");
        Assert.Equal("met Mon 2 Mar 18:00", _desk.Says());
    }

    [Theory]
    [InlineData("2026-03-31T22:00:00Z", "p 1")]
    [InlineData("2026-04-01T00:00:00Z", "p 2")]
    public void A_clock_keeps_the_version_under_which_it_started(string created, string chosen)
    {
        With("p", 800, "effective: {from: null, to: 2026-03-31}");
        With("p", 400, "effective: {from: 2026-04-01, to: null}", version: 2);
        _desk.Created(created).At("2026-04-02T00:00:00Z", "ticket.assigned", """{"assignee":"x"}""");
        Assert.Equal(chosen, Chosen());
    }

    [Fact]
    public void A_version_takes_over_running_clocks_only_where_it_says_so_and_only_from_its_day()
    {
        With("p", 800, "effective: {from: null, to: 2026-03-31}");
        With("p", 900, "effective: {from: 2026-04-01, to: null, running: true}", version: 2);
        _desk.Created("2026-03-30T10:00:00Z");
        Assert.Equal(1, _desk.X("2026-03-31T23:59:59Z").Version);
        Assert.Equal(2, _desk.X("2026-04-01T00:00:00Z").Version);
        _desk.At("2026-03-31T10:00:00Z", "ticket.replied", """{"method":"mail"}""");
        Assert.Equal((1, "met"), (_desk.X("2026-04-03T00:00:00Z").Version, _desk.X("2026-04-03T00:00:00Z").State));
    }

    [Fact]
    public void The_reason_of_the_choice_is_told_for_every_candidate()
    {
        With("a", 1);
        With("b", 2, "applies_when: {kind: [complaint]}");
        With("c", 3, "applies_when: {customer_tier: [vip]}");
        _desk.Created("2026-03-02T10:00:00Z");

        var history = _desk.Judge().HistoryOf(OpsMonitor.Grains.Events.Subject.Parse("ticket/T-1"));
        var reasons = TicketExplanation.Of(history, _desk.Policies, PolicyDesk.Ms("2026-03-02T10:00:00Z")).Single(c => c.Id == "x").Reasons;

        Assert.Equal(
            ["b True chosen: 1 matched: kind=complaint", "c False does not apply: asks for customer_tier=vip", "a False applies to every ticket; less specific, of lower priority or later in the order than the chosen one"],
            reasons.Select(r => $"{r.Policy} {r.Chosen} {r.Why}"));
    }
}
