using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Departments;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Departments;

/// <summary>A head's page on a real server: a bulk complaint with its members, the forecast, the records, and a rule tried over the past.</summary>
public sealed class DepartmentTests : IAsyncLifetime
{
    private RunningServer _server = null!;
    private int _n;

    private IOpsHost Host => _server.Host;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task Say(long at, string subject, params EventData[] data) => await Host.OfferAsync([.. data.Select(d => Story.Event(at, subject, d, $"e{++_n}"))], default);

    private static TicketCreated Complaint(string? issue = "double-charge") => new(TicketKind.Complaint, OpsMonitor.Grains.Events.Channel.Phone, Priority: 1, DepartmentId: "billing", IssueKey: issue);

    private async Task<JsonElement> Get(string path)
    {
        var (status, body) = await _server.SendAsync(HttpMethod.Get, path);
        Assert.True(status == HttpStatusCode.OK, body.ToString());
        return body;
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> Post(string path, HttpContent content, string? key = null) => _server.SendAsync(HttpMethod.Post, path, content, key);

    private async Task Bulk()
    {
        var now = Host.Now - 600_000;
        for (var n = 0; n < 10; n++) await Say(now + (n * 1_000), $"ticket/T-{n}", Complaint());
    }

    [Fact]
    public async Task A_bulk_complaint_stands_there_with_its_members_and_asks_for_somebody_who_answers_for_it()
    {
        await Bulk();
        var page = await Get("/api/v1/departments/billing");
        var group = page.GetProperty("groups").EnumerateArray().Single();
        Assert.Equal(("bulk_complaint", 10), (group.GetProperty("rule").GetString(), group.GetProperty("members").GetArrayLength()));
        var code = group.GetProperty("code").GetString()!;
        Assert.Equal(code, page.GetProperty("without_accountability")[0].GetProperty("code").GetString());
        Assert.Equal(10, page.GetProperty("forecast").GetProperty("open").GetInt32());
        Assert.Equal(10, page.GetProperty("forecast").GetProperty("will_breach").GetInt32()); // nothing is being resolved

        var key = _server.Key("head", KeyScope.Act);
        var opened = await Post("/api/v1/departments/billing/accountability", JsonContent.Create(new { step = "opened", cluster_id = code, due_at = "2020-01-01T00:00:00Z", ticket_ids = new[] { "T-1" } }), key);
        Assert.Equal(HttpStatusCode.OK, opened.Status);
        page = await Get("/api/v1/departments/billing/cases");
        var record = page.GetProperty("accountability").EnumerateArray().Single();
        Assert.Equal(("opened", true, code), (record.GetProperty("state").GetString(), record.GetProperty("overdue").GetBoolean(), record.GetProperty("cluster_id").GetString()));
        Assert.Empty(page.GetProperty("without_accountability").EnumerateArray());
    }

    [Fact]
    public async Task An_improvement_counts_what_came_again_after_it_was_closed()
    {
        var now = Host.Now;
        await Say(now - 7_200_000, "improvement/I-1", new ImprovementOpened("ann", "billing", RootCause: "tariff"));
        await Say(now - 6_900_000, "ticket/before", Complaint(null), new TicketResolved("x", RootCause: "tariff"));
        await Say(now - 6_800_000, "improvement/I-1", new ImprovementClosed("ann"));
        await Say(now - 3_600_000, "ticket/after", Complaint(null));
        await Say(now - 3_000_000, "ticket/after", new TicketResolved("x", RootCause: "tariff"));
        var improvement = (await Get("/api/v1/departments/billing/cases")).GetProperty("improvements").EnumerateArray().Single();
        Assert.Equal(("closed", 1), (improvement.GetProperty("state").GetString(), improvement.GetProperty("recurred").GetInt32()));
    }

    [Theory]
    [InlineData("{}", "/step")]
    [InlineData("""{"step":"closed"}""", "/id")]
    [InlineData("""{"step":"opened","due_at":"soon"}""", "/due_at")]
    [InlineData("""{"step":"opened","ticket_ids":"T-1"}""", "/ticket_ids")]
    [InlineData("""{"step":"opened","measure":7}""", "/measure")]
    public async Task A_step_that_means_nothing_is_refused_and_names_the_field(string body, string pointer)
    {
        await Say(Host.Now, "ticket/x", Complaint());
        var key = _server.Key("head", KeyScope.Act);
        var (status, said) = await Post("/api/v1/departments/billing/accountability", new StringContent(body, System.Text.Encoding.UTF8, "application/json"), key);
        Assert.Equal((HttpStatusCode.BadRequest, pointer), (status, said.GetProperty("pointer").GetString()));
        Assert.Equal(HttpStatusCode.Unauthorized, (await Post("/api/v1/departments/billing/accountability", new StringContent(body, System.Text.Encoding.UTF8, "application/json"))).Status);
    }

    [Fact]
    public async Task A_rule_is_tried_over_the_recorded_past_before_it_is_saved()
    {
        await Bulk();
        await Say(Host.Now - 60_000, "ticket/T-3", new TicketEscalated(1, EscalationTrigger.Bulk));
        var (status, as_is) = await Post("/api/v1/rules/back-test?rule=bulk_complaint&days=2", new StringContent(""));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal((1, 1, 10), (as_is.GetProperty("fired").GetInt32(), as_is.GetProperty("acted_upon").GetInt32(), as_is.GetProperty("tickets").GetInt32()));
        var (_, stricter) = await Post("/api/v1/rules/back-test?rule=bulk_complaint", new StringContent("rules:\n  bulk_complaint: {count: 11}\n"));
        Assert.Equal(0, stricter.GetProperty("fired").GetInt32());
        var (refused, why) = await Post("/api/v1/rules/back-test?rule=bulk_complaint", new StringContent("rules:\n  bulk_complaint: {count: x}\n"));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, 2), (refused, why.GetProperty("line").GetInt32()));
        Assert.Equal(HttpStatusCode.BadRequest, (await Post("/api/v1/rules/back-test?rule=nonsense", new StringContent(""))).Status);
        Assert.Equal(10, (await Get("/api/v1/rules")).GetProperty("rules")[0].GetProperty("settings").GetProperty("count").GetInt32()); // trying changes nothing
    }

    [Fact]
    public async Task What_was_foreseen_is_compared_with_what_came()
    {
        // Due in four hours from their creation: one is resolved in time, one is not, and at the pace of none a day both were foreseen as late.
        var now = Host.Now;
        await Say(now - (3 * 3_600_000), "ticket/a", Complaint(null));
        await Say(now - (3 * 3_600_000), "ticket/b", Complaint(null));
        var keeper = _server.Get<ForecastKeeper>();
        keeper.Look(now + 1_800_000);
        await Say(Host.Now, "ticket/a", new TicketResolved("done"));
        Assert.Empty(keeper.Judged("billing"));
        keeper.Look(now + ForecastKeeper.HorizonMs + (2 * 1_800_000));
        var kept = keeper.Judged("billing");
        Assert.NotEmpty(kept);
        Assert.True(kept.Sum(k => k.Hits + k.False + k.Missed + k.Right) >= 2);
        Assert.Equal(0, kept.Sum(k => k.Missed + k.Right)); // it called all of them late
        Assert.True((await Get("/api/v1/departments/billing/forecast")).GetProperty("forecast").GetProperty("score").GetProperty("false").GetInt32() >= 1);
    }

    [Fact]
    public async Task A_hard_case_is_done_when_its_slowest_branch_is()
    {
        var now = Host.Now;
        await Say(now - 3_600_000, "ticket/hard", Complaint(null));
        for (var n = 0; n < 4; n++) await Say(now - 3_600_000, $"ticket/q{n}", Complaint(null), new TicketResolved("done")); // four a day: six hours each
        await Say(now - 1_800_000, "ticket/hard", new TicketConsultationOpened("k", ["billing", "legal"], "legal"));
        var one = (await Get("/api/v1/departments/billing")).GetProperty("forecast").GetProperty("consultations").EnumerateArray().Single();
        Assert.Equal(("hard", "legal", JsonValueKind.Null), (one.GetProperty("ticket").GetString(), one.GetProperty("lead").GetString(), one.GetProperty("finish_at").ValueKind));
        Assert.InRange(one.GetProperty("branches")[0].GetProperty("finish_at").GetInt64() - now, 0, 7 * 3_600_000);
        Assert.NotEqual(JsonValueKind.Null, one.GetProperty("promised_at").ValueKind);
    }
}
