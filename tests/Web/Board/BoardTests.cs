using System.Diagnostics;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Web.Board;
using Xunit;

namespace OpsMonitor.Tests.Web.Board;

public sealed class BoardTests(BoardServer server) : IClassFixture<BoardServer>
{
    private static readonly TicketCreated Complaint = new(TicketKind.Complaint, Channel.Phone, Priority: 1);

    [Fact]
    public async Task The_first_item_is_the_whole_board_and_then_the_server_beats_every_second()
    {
        using var wall = await Wall.WatchAsync(server.Root, "all");
        var snapshot = await wall.ItemAsync();
        Assert.Equal(server.Host.Epoch, snapshot.GetProperty("epoch").GetString());
        Assert.Equal("Asia/Shanghai", snapshot.GetProperty("board").GetProperty("zone").GetString());
        Assert.Equal(BoardCells.Count, snapshot.GetProperty("cells").GetArrayLength());
        Assert.Equal(60, snapshot.GetProperty("cells")[0].GetProperty("spark").GetArrayLength());
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 3; i++) Assert.Equal(4, (await wall.ItemAsync()).GetArrayLength());
        Assert.InRange(watch.ElapsedMilliseconds, 0, 6_000);
    }

    [Fact]
    public async Task A_ticket_past_due_reaches_the_wall_as_an_alarm_and_in_its_department()
    {
        using var wall = await Wall.WatchAsync(server.Root, "billing");
        Assert.Equal("账务", (await wall.ItemAsync()).GetProperty("board").GetProperty("title").GetProperty("zh-Hans").GetString());
        await server.OfferAsync("ticket/T-late", server.Host.Now - 3_600_000, "ticket.created", Complaint);
        var department = (await wall.CellAsync(4, c => c[0].GetProperty("breached").GetInt64() > 0))[0];
        Assert.Equal("billing", department.GetProperty("id").GetString());
        var (_, alerts) = await server.GetAsync("/api/v1/alerts?board=billing");
        Assert.Contains(alerts.GetProperty("alerts").EnumerateArray(), a => a.GetProperty("ticket").GetString() == "T-late" && a.GetProperty("level").GetString() == "red");
        var due = server.Host.Read(s => BoardView.Build(s, new(Empty), server.Host.Now, "all", new(new()))).Json(5);
        using var cell = JsonDocument.Parse(due);
        Assert.Contains(cell.RootElement.EnumerateArray(), d => d.GetProperty("ticket").GetString() == "T-late" && d.GetProperty("clock").GetString() == "resolution");
    }

    [Fact]
    public async Task A_board_that_does_not_exist_is_refused_in_words()
    {
        using var wall = await Wall.WatchAsync(server.Root, "nowhere");
        Assert.Contains("no such board", (await wall.ItemAsync()).GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_delta_is_against_the_value_of_an_hour_before()
    {
        var series = new MinuteSeries();
        series.Put(1_000, 0.5m);
        for (var minute = 1_010; minute <= 1_060; minute++) series.Put(minute, 0.75m);
        Assert.Equal(0.25m, series.Delta());
        Assert.Null(series.Spark()[0]);
        Assert.Equal(0.75m, series.Spark()[^1]);
    }

    [Fact]
    public void Departments_stay_in_their_order_for_fifteen_seconds_and_within_a_point()
    {
        var memory = new BoardMemory(new());
        static DepartmentCell Cell(string id, decimal sla) => new(id, null, 0, null, 0, new(sla, 1, 1), "normal");
        string[] Order(long now, decimal a, decimal b) => [.. memory.Order([Cell("a", a), Cell("b", b)], now).Select(c => c.Id)];
        Assert.Equal(["a", "b"], Order(0, 0.80m, 0.90m));
        Assert.Equal(["a", "b"], Order(14_999, 0.90m, 0.80m));
        Assert.Equal(["a", "b"], Order(15_000, 0.805m, 0.80m));
        Assert.Equal(["b", "a"], Order(30_000, 0.90m, 0.80m));
    }

    private static readonly OpsMonitor.Web.Reference.ReferenceData Empty = OpsMonitor.Web.Reference.ReferenceData.Empty;
}
