using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Conversion;
using Xunit;

namespace OpsMonitor.Tests.Web.Conversion;

/// <summary>XiVO's acceptance tests: queue_log lines in, one table per queue out. Their conventions, folded from our events.</summary>
public sealed class XivoQueueScenariosTests
{
    private const decimal QosSeconds = 10;
    private static readonly LocalDatePattern Iso = LocalDatePattern.Iso;

    [Fact]
    public void Every_cell_of_every_scenario_comes_out_of_the_converted_events()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(SharedLogs.Path("cases/xivo_queue_scenarios.json")));
        var wrong = new List<string>();
        var cells = 0;
        foreach (var scenario in file.RootElement.GetProperty("scenarios").EnumerateArray())
        {
            var entries = Entries(Events(scenario));
            foreach (var table in scenario.GetProperty("expected").EnumerateArray())
                foreach (var row in table.GetProperty("rows").EnumerateArray())
                {
                    var counted = entries.Where(e => e.Queue == QueueOf(table) && Falls(e.At, table, row.GetProperty("interval").GetString()!)).ToList();
                    foreach (var cell in row.EnumerateObject().Where(c => c.Name != "interval"))
                    {
                        cells++;
                        var actual = Figure(cell.Name, counted);
                        if (actual != cell.Value.GetString())
                            wrong.Add($"{scenario.GetProperty("name")}: {row}: {cell.Name} is '{actual}'");
                    }
                }
        }
        Assert.Empty(wrong);
        Assert.Equal(172, cells);
    }

    private sealed record Entry(string Queue, LocalDateTime At)
    {
        public decimal? Wait { get; set; }
        public string Outcome { get; set; } = "waiting";
    }

    private static List<CloudEvent> Events(JsonElement scenario)
    {
        var lines = scenario.GetProperty("queue_log").EnumerateArray().Select(l => string.Join('|', Fields(l)));
        using var log = new StringReader(string.Join('\n', lines));
        return new AsteriskQueueLogConverter().Convert(log, DateTimeZone.Utc).ToList();
    }

    private static IEnumerable<string> Fields(JsonElement line) =>
        ((string[])["time", "callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5"])
        .Select(name => line.TryGetProperty(name, out var value) ? value.GetString()! : "");

    /// <summary>One per entry to a queue, refused ones too, in OpsMonitor's order of a subject's events and not the file's.</summary>
    private static List<Entry> Entries(List<CloudEvent> events)
    {
        var all = new List<Entry>();
        foreach (var contact in events.Where(e => e.Subject.StartsWith("contact/", StringComparison.Ordinal)).GroupBy(e => e.Subject))
            foreach (var e in contact.OrderBy(e => e.Time).ThenBy(e => e.Sequence))
            {
                Entry Last(string? queue) => all.Last(x => x.Queue == queue);
                void End(Entry entry, string outcome, decimal? wait) => (entry.Outcome, entry.Wait) = (outcome, wait);
                var at = e.Time.InUtc().LocalDateTime;
                if (e.Data is ContactQueued q) all.Add(new(q.QueueId, at));
                if (e.Data is ContactRefused r) all.Add(new(r.QueueId, at) { Outcome = r.Reason.ToString() });
                if (e.Data is ContactAnswered a) End(Last(a.QueueId), "answered", a.WaitS);
                if (e.Data is ContactAbandoned b) End(Last(b.QueueId), "abandoned", b.WaitS);
            }
        return all;
    }

    private static string QueueOf(JsonElement table) => table.GetProperty("subject").GetString()!["queue ".Length..];

    private static bool Falls(LocalDateTime at, JsonElement table, string interval)
    {
        var first = Iso.Parse(table.GetProperty("date").GetString()!).Value;
        if (interval == "Total") return true;
        if (table.GetProperty("weekly").GetBoolean())
            return at.Date >= first && at.Date < first.PlusDays(7) && interval == $"{at.DayOfWeek} {at.Day}";
        return at.Date == first && interval == $"{at.Hour}h-{at.Hour + 1}h";
    }

    private static string Figure(string name, List<Entry> entries)
    {
        int Count(string outcome) => entries.Count(e => e.Outcome == outcome);
        var answered = entries.Where(e => e.Outcome == "answered").ToList();
        var waits = entries.Where(e => e.Wait is not null).Select(e => e.Wait!.Value).ToList();
        return name switch
        {
            "Received" => $"{entries.Count}",
            "Answered" => $"{answered.Count}",
            "Abandoned" => $"{Count("abandoned")}",
            "Blocking" => $"{Count(nameof(RefusalReason.Empty))}",
            "Saturated" => $"{Count(nameof(RefusalReason.Full))}",
            "Closed" => $"{Count(nameof(RefusalReason.Closed))}",
            "AWT" => waits.Count == 0 ? "" : TimeSpan.FromSeconds((int)waits.Average()).ToString(@"hh\:mm\:ss"),
            "Answered rate" => Percent(answered.Count, entries.Count - Count(nameof(RefusalReason.Closed))),
            "QoS" => Percent(answered.Count(e => e.Wait <= QosSeconds), answered.Count),
            _ => $"no such column: {name}",
        };
    }

    private static string Percent(int part, int whole) => whole == 0 ? "" : $"{Math.Round(100m * part / whole)} %";
}
