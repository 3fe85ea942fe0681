using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Web.Replay;

public sealed class ReportSeriesTests
{
    private const long Start = 1_772_409_600_000, Minute = 60_000; // 2026-03-02T00:00:00Z

    [Fact]
    public void The_tables_of_a_series_are_those_of_their_windows()
    {
        var shard = Filled();
        long[] ends = [Start + (7 * Minute), Start + (60 * Minute), Start + (61 * Minute), Start + (500 * Minute), Start + (3000 * Minute)];

        foreach (var (scope, _) in shard.Books.All)
        {
            var windows = ends.Select((end, i) => Text(Report.Of(shard, scope, new(i == 0 ? Start : ends[i - 1], end), live: false)));
            Assert.Equal(windows, Report.Series(shard, scope, Start, ends).Select(Text));
        }
    }

    [Fact]
    public void A_window_without_an_end_holds_all_that_follows()
    {
        var shard = Filled();

        Assert.Equal(Text(Report.Of(shard, "all", new(Start, Start + (9000 * Minute)), live: true)), Text(Report.Of(shard, "all", new(Start, long.MaxValue), live: true)));
    }

    private static Shard Filled()
    {
        var random = new Random(7);
        var events = Enumerable.Range(0, 200).SelectMany(n =>
        {
            var at = Start + random.Next(400 * (int)Minute);
            return new[]
            {
                Read($"{n}c", "ticket.created", n, at, $$"""{"kind":"complaint","channel":"phone","department_id":"d{{n % 3}}"}"""),
                Read($"{n}r", "ticket.resolved", n, at + random.Next(900 * (int)Minute), """{"resolution_code":"done"}"""),
            };
        }).ToList();
        var shard = new Shard(PolicySet.Default, new(Backfill: true));
        shard.Step(new(Start + (2999 * Minute), events, Replayed: true));
        return shard;
    }

    private static Event Read(string id, string type, int ticket, long at, string data) => EventReader.Read(Encoding.UTF8.GetBytes(
        $$"""{"specversion":"1.0","id":"{{id}}","source":"desk","type":"{{type}}","time":"{{DateTimeOffset.FromUnixTimeMilliseconds(at):yyyy-MM-ddTHH:mm:ss.fffZ}}","subject":"ticket/T-{{ticket}}","data":{{data}}}""")).Event!;

    private static string Text(SortedDictionary<string, object?> table)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output)) MetricJson.Write(json, table);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
