using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Past;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Past;

/// <summary>A server with a data folder is asked for numbers over time, for what was revised, and what its wall says of that.</summary>
public sealed class PastServerTests : IAsyncLifetime
{
    private RunningServer _server = null!;
    private int _ids;

    private IOpsHost Host => _server.Host;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_series_of_hours_is_what_the_report_says_of_each()
    {
        var now = Host.Now;
        for (var i = 0; i < 30; i++) await Tell(now - (i * 17 * Story.Minute), $"ticket/s-{i}", new TicketCreated(TicketKind.Complaint, Channel.Phone));
        foreach (var (metric, step, span) in new[] { ("tickets.created", "hour", 12 * Story.Hour), ("tickets.open", "minute", 2 * Story.Hour), ("tickets.created", "day", 3 * Story.Day) })
        {
            var series = await Get($"/api/v1/series?metric={metric}&scope=all&step={step}&from={Story.Iso(now - span)}&to={Story.Iso(now)}");
            var points = series.GetProperty("items").EnumerateArray().ToList();
            Assert.True(points.Count > 2);
            foreach (var p in points)
                Assert.Equal(Host.Read(t => (long)Report.Of(t, "all", new(Ms(p, "from"), Ms(p, "to")), live: false)[metric]!), p.GetProperty("value").GetInt64());
        }
        Assert.Equal("bad_metric", (await Get("/api/v1/series?metric=moonshine", 400)).GetProperty("code").GetString());
        Assert.Equal("too_many_points", (await Get("/api/v1/series?metric=tickets.open&step=minute&from=2020-01-01T00:00:00Z", 400)).GetProperty("code").GetString());
        Assert.Equal("bad_step", (await Get("/api/v1/series?metric=tickets.open&step=year", 400)).GetProperty("code").GetString());
        Assert.Equal("bad_time", (await Get("/api/v1/series?metric=tickets.open&from=yesterday", 400)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Corrections_are_listed_page_by_page_and_as_a_file()
    {
        var now = Host.Now;
        var hour = now - (now % Story.Hour) - (2 * Story.Hour);
        Assert.Empty(Host.Rollups!.Corrections(null, Window.Always, 0, 10));
        await Tell(now - (20 * Story.Day), "ticket/old", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1));
        Assert.Equal("unknown_parameter", (await Get("/api/v1/corrections?from=x&colour=red", 400)).GetProperty("code").GetString());
        Assert.Equal(JsonValueKind.Null, (await Get($"/api/v1/corrections?scope=all&from={Story.Iso(hour)}")).GetProperty("cursor").ValueKind);
        using var csv = await _server.Client.GetAsync(new Uri("/api/v1/corrections?format=csv", UriKind.Relative));
        Assert.Equal("text/csv", csv.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("number,scope,step,from,to,version,metric,was,now,revised_at,late_events\r\n", await csv.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0")]
    [InlineData("  @SUM(A1)", "'  @SUM(A1)")]
    [InlineData("-2+3", "'-2+3")]
    [InlineData("＝HYPERLINK(1)", "'＝HYPERLINK(1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("-12.5", "-12.5")]
    [InlineData("a \"b\", c", "\"a \"\"b\"\", c\"")]
    public void No_cell_of_the_CSV_is_a_formula(string text, string cell) => Assert.Equal(cell, CorrectionAnswers.Cell(text));

    private async Task Tell(long at, string subject, EventData data) =>
        Assert.Equal([Verdict.Accepted], (await Host.OfferAsync([Story.Event(at, subject, data, $"p-{++_ids}")], default)).Verdicts);

    private async Task<JsonElement> Get(string path, int status = 200)
    {
        using var answer = await _server.Client.GetAsync(new Uri(path, UriKind.Relative));
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{path}: {answer.StatusCode} {body}");
        return JsonElement.Parse(body);
    }

    private static long Ms(JsonElement of, string name) => of.GetProperty(name).GetDateTimeOffset().ToUnixTimeMilliseconds();
}
