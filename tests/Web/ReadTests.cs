using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Web.Board;
using Xunit;

namespace OpsMonitor.Tests.Web;

public sealed class ReadTests(BoardServer server) : IClassFixture<BoardServer>
{
    [Fact]
    public async Task The_list_behind_a_number_is_as_long_as_the_number_says()
    {
        var now = server.Host.Now;
        for (var i = 0; i < 4; i++)
        {
            await server.OfferAsync($"ticket/D-{i}", now - 7_200_000, "ticket.created", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1), "drill");
            if (i % 2 == 0) await server.OfferAsync($"ticket/D-{i}", now - 7_000_000, "ticket.replied", new TicketReplied("phone"), "drill");
        }
        var (_, report) = await server.GetAsync("/api/v1/metrics?scope=department:drill&window=7d");
        var ratio = report.GetProperty("metrics").GetProperty("sla.first_response.attainment");
        Assert.Equal((2, 4), (ratio.GetProperty("num").GetInt32(), ratio.GetProperty("n").GetInt32()));
        var (_, list) = await server.GetAsync("/api/v1/tickets?metric=sla.first_response.attainment&scope=department:drill&window=7d");
        Assert.Equal((2, 4), (list.GetProperty("num").GetInt32(), list.GetProperty("n").GetInt32()));
        var items = list.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(4, items.Count);
        Assert.Equal(2, items.Count(i => i.GetProperty("in_numerator").GetBoolean()));
        var (_, open) = await server.GetAsync("/api/v1/tickets?metric=tickets.unresolved&scope=department:drill&window=now");
        Assert.Equal(report.GetProperty("metrics").GetProperty("tickets.unresolved").GetInt32(), open.GetProperty("n").GetInt32());
        var (_, rows) = await server.GetAsync("/api/v1/tickets?state=unresolved&department=drill&limit=3");
        Assert.Equal(3, rows.GetProperty("items").GetArrayLength());
        var (_, last) = await server.GetAsync($"/api/v1/tickets?state=unresolved&department=drill&limit=3&cursor={rows.GetProperty("cursor").GetString()}");
        Assert.Equal("D-3", Assert.Single(last.GetProperty("items").EnumerateArray()).GetProperty("id").GetString());
        var (_, ticket) = await server.GetAsync("/api/v1/tickets/D-1");
        Assert.Contains(ticket.GetProperty("clocks").EnumerateArray(), c => c.GetProperty("id").GetString() == "first_response" && c.GetProperty("state").GetString() == "breached");
    }

    [Theory]
    [InlineData("/api/v1/metrics?scope=planet:mars", "bad_scope", "scope")]
    [InlineData("/api/v1/metrics?window=yesterday", "bad_window", "window")]
    [InlineData("/api/v1/metrics?window=2026-03-02T00:00:00Z/2026-03-01T00:00:00Z", "empty_window", "window")]
    [InlineData("/api/v1/metrics?widnow=7d", "unknown_parameter", "widnow")]
    [InlineData("/api/v1/tickets?limit=0", "bad_limit", "limit")]
    [InlineData("/api/v1/tickets?metric=luck", "bad_metric", "metric")]
    [InlineData("/api/v1/tickets?cursor=*", "bad_cursor", "cursor")]
    public async Task A_parameter_that_means_nothing_is_named(string path, string code, string parameter)
    {
        var (status, body) = await server.GetAsync(path);
        Assert.Equal((400, code, parameter), (status, body.GetProperty("code").GetString(), body.GetProperty("parameter").GetString()));
    }

    [Fact]
    public async Task A_group_is_the_sum_of_its_departments_and_every_rate_has_its_formula()
    {
        var now = server.Host.Now;
        foreach (var (id, department) in new[] { ("1", "group-a"), ("2", "group-a"), ("3", "group-b"), ("4", "group-c") })
            await server.OfferAsync($"ticket/G-{id}", now - 60_000, "ticket.created", new TicketCreated(TicketKind.Complaint, Channel.Phone), department);
        var (_, report) = await server.GetAsync("/api/v1/metrics?scope=departments:group-a,group-b&window=month");
        Assert.Equal(3, report.GetProperty("metrics").GetProperty("repeat_rate").GetProperty("n").GetInt32());
        Assert.Equal(("same customer and issue within 30 days / complaints", "A / N"), (report.GetProperty("formulas").GetProperty("repeat_rate").GetString(), report.GetProperty("formulas").GetProperty("connect_rate").GetString()));
        var (_, list) = await server.GetAsync("/api/v1/tickets?metric=repeat_rate&scope=departments:group-a,group-b&window=month");
        Assert.Equal(3, list.GetProperty("n").GetInt32());
        var (_, cards) = await server.GetAsync("/api/v1/scorecards?window=7d");
        Assert.Equal([2, 1, 1], cards.GetProperty("departments").EnumerateArray().Where(d => d.GetProperty("department").GetString()!.StartsWith("group-", StringComparison.Ordinal))
            .Select(d => d.GetProperty("metrics").GetProperty("tickets.created").GetInt32()));
    }

    [Fact]
    public async Task A_first_contact_that_was_none_is_listed_with_the_one_that_says_so()
    {
        var now = server.Host.Now;
        async Task Call(string id, long at)
        {
            await server.OfferAsync($"contact/{id}", at, "contact.initiated", new ContactInitiated(Channel.Phone, Direction.Inbound, "rev"), "rev");
            await server.OfferAsync($"contact/{id}", at + 1, "contact.queued", new ContactQueued("rq"), "rev");
            await server.OfferAsync($"contact/{id}", at + 2, "contact.answered", new ContactAnswered("anna"), "rev");
            await server.OfferAsync($"contact/{id}", at + 3, "contact.disconnected", new ContactDisconnected(DisconnectedBy.Agent), "rev");
        }

        await Call("R-1", now - 7_200_000);
        await Call("R-2", now - 60_000);
        var (_, list) = await server.GetAsync("/api/v1/fcr/revocations?scope=queue:rq&window=7d");
        var item = Assert.Single(list.GetProperty("items").EnumerateArray());
        Assert.Equal(("contact/R-1", "contact/R-2", "repeat_contact"), (item.GetProperty("contact").GetString(), item.GetProperty("repeat").GetString(), item.GetProperty("reason").GetString()));
        var (_, busy) = await server.GetAsync("/api/v1/contacts?metric=agents.busy&window=now");
        Assert.Equal(0, busy.GetProperty("n").GetInt32());
    }

    [Theory]
    [InlineData("month")]
    [InlineData("now")]
    [InlineData("30m")]
    [InlineData("60m")]
    [InlineData("today")]
    [InlineData("7d")]
    [InlineData("30d")]
    [InlineData("2026-03-01T00:00:00+08:00/2026-03-02T00:00:00+08:00")]
    public async Task Every_window_is_answered(string window)
    {
        var (status, body) = await server.GetAsync($"/api/v1/metrics?window={window}");
        Assert.Equal(200, status);
        Assert.True(body.GetProperty("metrics").TryGetProperty("contacts.offered", out _));
    }

    [Fact]
    public async Task Prometheus_and_a_supervisor_are_answered()
    {
        await server.OfferAsync("ticket/P-1", server.Host.Now, "ticket.created", new TicketCreated(TicketKind.Inquiry, Channel.Web));
        var text = await server.Client.GetStringAsync(new Uri(server.Root, "/metrics"));
        Assert.Contains("opsmonitor_events_total{source=\"/test\"}", text, StringComparison.Ordinal);
        Assert.Contains("opsmonitor_read_only 0\n", text, StringComparison.Ordinal);
        Assert.Contains("opsmonitor_outbox_pending 0\n", text, StringComparison.Ordinal);
        Assert.Equal(200, (await server.GetAsync("/health/live")).Status);
        Assert.Equal(200, (await server.GetAsync("/health/ready")).Status);
    }
}
