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
    [InlineData("/api/v1/tickets?metric=aht_s", "bad_metric", "metric")]
    [InlineData("/api/v1/tickets?cursor=*", "bad_cursor", "cursor")]
    public async Task A_parameter_that_means_nothing_is_named(string path, string code, string parameter)
    {
        var (status, body) = await server.GetAsync(path);
        Assert.Equal((400, code, parameter), (status, body.GetProperty("code").GetString(), body.GetProperty("parameter").GetString()));
    }

    [Theory]
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
