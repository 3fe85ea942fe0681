using System.Globalization;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Tests.Web.Conversion;
using Xunit;

namespace OpsMonitor.Tests.Web.Replay;

/// <summary>XiVO's acceptance tests through the converter and the replay: queue_log lines in, one table per queue out.</summary>
public sealed class XivoReplayTests(ReplayRun run) : IClassFixture<ReplayRun>
{
    private static readonly string[] Fields = ["time", "callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5"];
    private static readonly LocalDatePattern Iso = LocalDatePattern.Iso;

    [Fact]
    public void Every_cell_of_every_scenario_comes_out_of_the_reports()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(SharedLogs.Path("cases/xivo_queue_scenarios.json")));
        var wrong = new List<string>();
        var cells = 0;
        foreach (var scenario in file.RootElement.GetProperty("scenarios").EnumerateArray())
        {
            var (hours, days) = Replays(scenario);
            foreach (var table in scenario.GetProperty("expected").EnumerateArray())
                foreach (var row in table.GetProperty("rows").EnumerateArray())
                {
                    var figures = Figures(table.GetProperty("weekly").GetBoolean() ? days : hours, table, row.GetProperty("interval").GetString()!);
                    foreach (var cell in row.EnumerateObject().Where(c => c.Name != "interval"))
                    {
                        cells++;
                        var actual = Figure(cell.Name, figures);
                        if (actual != cell.Value.GetString()) wrong.Add($"{scenario.GetProperty("name")}: {row}: {cell.Name} is '{actual}'");
                    }
                }
        }
        Assert.Empty(wrong);
        Assert.Equal(172, cells);
    }

    private (Replayed Hours, Replayed Days) Replays(JsonElement scenario)
    {
        var lines = scenario.GetProperty("queue_log").EnumerateArray().ToList();
        using var log = new StringReader(string.Join('\n', lines.Select(l => string.Join('|', Fields.Select(f => l.TryGetProperty(f, out var v) ? v.GetString() : "")))));
        var queues = lines.Select(l => l.GetProperty("queuename").GetString()!).Distinct().Select(q => new QueuePolicy(q, null, [10], 0, 14_400_000)).ToArray();
        var path = ReplayRun.Converted("asterisk-queue-log", log, run.PathOf("xivo.ndjson"));
        return (run.Replay(ReplayRun.With(queues), path, interval: "hour"), run.Replay(ReplayRun.With(queues), path, interval: "day"));
    }

    /// <summary>The table of numbers behind one row; null where the report has nothing about that queue or that interval.</summary>
    private static JsonElement? Figures(Replayed replayed, JsonElement table, string interval)
    {
        var queue = "queue/" + table.GetProperty("subject").GetString()!["queue ".Length..];
        if (!replayed.Root.GetProperty("scopes").TryGetProperty(queue, out var scope)) return null;
        if (interval == "Total") return scope.GetProperty("total");
        var first = Iso.Parse(table.GetProperty("date").GetString()!).Value;
        var key = table.GetProperty("weekly").GetBoolean()
            ? Iso.Format(Enumerable.Range(0, 7).Select(first.PlusDays).Single(d => $"{d.DayOfWeek} {d.Day}" == interval))
            : $"{Iso.Format(first)}T{int.Parse(interval.Split('h')[0], CultureInfo.InvariantCulture):00}";
        return scope.GetProperty("intervals").TryGetProperty(key, out var figures) ? figures : null;
    }

    private static string Figure(string name, JsonElement? figures)
    {
        long Count(string metric) => figures is { } f && f.TryGetProperty(metric, out var n) ? n.GetInt64() : 0;
        return name switch
        {
            "Received" => $"{Count("contacts.received")}",
            "Answered" => $"{Count("contacts.answered")}",
            "Abandoned" => $"{Count("contacts.abandoned")}",
            "Blocking" => $"{Count("contacts.refused.empty")}",
            "Saturated" => $"{Count("contacts.refused.full")}",
            "Closed" => $"{Count("contacts.refused.closed")}",
            "AWT" => figures?.GetProperty("contacts.wait_mean_s") is { ValueKind: JsonValueKind.Number } mean
                ? TimeSpan.FromSeconds((int)mean.GetDecimal()).ToString(@"hh\:mm\:ss") : "",
            "Answered rate" => Percent(Count("contacts.answered"), Count("contacts.received") - Count("contacts.refused.closed")),
            "QoS" => figures?.GetProperty("service_level").GetProperty("answered_only/10") is { } rate
                ? Percent(rate.GetProperty("num").GetInt64(), rate.GetProperty("n").GetInt64()) : "",
            _ => $"no such column: {name}",
        };
    }

    private static string Percent(long part, long whole) => whole == 0 ? "" : $"{Math.Round(100m * part / whole)} %";
}
