using System.Globalization;
using System.Text.Json;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Tests.Web.Conversion;
using Xunit;

namespace OpsMonitor.Tests.Web.Replay;

/// <summary>XiVO's acceptance tests of agents through the converter and the replay: log in, pause, wrap-up, conversation by the hour.</summary>
public sealed class XivoAgentTests(ReplayRun run) : IClassFixture<ReplayRun>
{
    private static readonly string[] Fields = ["time", "callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5"];

    [Fact]
    public void Every_cell_of_every_scenario_comes_out_of_the_reports()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(SharedLogs.Path("cases/xivo_agent_scenarios.json")));
        var (wrong, cells, scenarios) = (new List<string>(), 0, 0);
        foreach (var scenario in file.RootElement.GetProperty("scenarios").EnumerateArray())
        {
            scenarios++;
            var relative = scenario.GetProperty("relative_time").GetBoolean();
            foreach (var table in scenario.GetProperty("expected").EnumerateArray())
            {
                if (relative) // "in the last hour": the log's minutes belong to it
                {
                    Check(scenario, relative, "agent 8", "2012-01-01", "9h-10h", "Login", "00:15:00", ref cells, wrong);
                    continue;
                }
                foreach (var row in table.GetProperty("rows").EnumerateArray())
                    foreach (var cell in row.EnumerateObject().Where(c => c.Name != "interval"))
                        Check(scenario, relative, table.GetProperty("subject").GetString()!, table.GetProperty("date").GetString()!, row.GetProperty("interval").GetString()!,
                            cell.Name, cell.Value.GetString()!, ref cells, wrong);
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal((16, 79), (scenarios, cells));
    }

    private void Check(JsonElement scenario, bool relative, string agent, string date, string interval, string cell, string expected, ref int cells, List<string> wrong)
    {
        cells++;
        var hours = Replay(scenario, relative, date).Scope("all").GetProperty("intervals");
        var (from, to) = interval == "Total" ? Hours(scenario) : (int.Parse(interval.Split('h')[0], CultureInfo.InvariantCulture), int.Parse(interval.Split('h')[0], CultureInfo.InvariantCulture) + 1);
        var sum = 0m;
        for (var hour = from; hour < to; hour++) sum += Figure(hours, $"{date}T{hour:00}", "Agent-" + agent["agent ".Length..], cell);
        var actual = cell == "Answered" ? $"{sum}" : TimeSpan.FromSeconds((double)Math.Floor(sum)).ToString(@"hh\:mm\:ss");
        if (actual != expected) wrong.Add($"{scenario.GetProperty("name")}: {agent} {interval}: {cell} is '{actual}', not '{expected}'");
    }

    private static (int From, int To) Hours(JsonElement scenario)
    {
        var config = scenario.GetProperty("config")[0];
        return (int.Parse(config.GetProperty("from").GetString()!.Split(':')[0], CultureInfo.InvariantCulture), int.Parse(config.GetProperty("to").GetString()!.Split(':')[0], CultureInfo.InvariantCulture));
    }

    private static decimal Figure(JsonElement hours, string key, string agent, string cell)
    {
        if (!hours.TryGetProperty(key, out var figures) || figures.GetProperty("agents.by_agent") is not { ValueKind: JsonValueKind.Object } all || !all.TryGetProperty(agent, out var own)) return 0;
        decimal Time(string state) => own.GetProperty("time_s") is { ValueKind: JsonValueKind.Object } times && times.TryGetProperty(state, out var s) ? s.GetDecimal() : 0;
        return cell switch
        {
            "Answered" => own.GetProperty("answered").GetDecimal(),
            "Login" => own.GetProperty("login_s").GetDecimal(),
            "Pause" => Time("break"),
            "Wrapup" => Time("wrapup"),
            "Conversation" => own.GetProperty("talk_s").GetDecimal(),
            _ => throw new ArgumentException($"no such column: {cell}"),
        };
    }

    private Replayed Replay(JsonElement scenario, bool relative, string date)
    {
        var path = run.PathOf($"xivo-agent-{scenario.GetProperty("name").GetString()!.Replace(' ', '-')}.ndjson");
        if (!File.Exists(path))
        {
            var lines = scenario.GetProperty("queue_log").EnumerateArray()
                .Select(l => string.Join('|', Fields.Select(f => l.TryGetProperty(f, out var v) ? (f == "time" && relative ? "2012-01-01 09:" : "") + v.GetString() : "")))
                .Order(StringComparer.Ordinal); // exported newest first; the times tell
            using var log = new StringReader(string.Join('\n', lines));
            ReplayRun.Converted("asterisk-queue-log", log, path);
        }
        var until = DateTimeOffset.Parse(date, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).AddDays(3);
        return run.Once(PolicySet.Default, path, until.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), "hour");
    }
}
