using System.Text;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Simulator;

/// <summary>Everything that a shard knows, as text.</summary>
public static class Dump
{
    public static string Of(Shard shard)
    {
        var text = new StringBuilder();
        text.AppendLine($"events {shard.EventCount} last {shard.LastEventAt} now {shard.Now} wake {shard.NextWake}");
        foreach (var (who, what) in shard.Contributions()) text.AppendLine($"{who} {what}");
        foreach (var row in shard.Rows()) text.AppendLine($"{row.Subject} {row.State} {row.DueAt} {row.EndedAt} {string.Join(';', row.Clocks)} {string.Join(';', row.Anomalies)}");
        foreach (var alert in shard.Alerts.All) text.AppendLine(alert.ToString());
        foreach (var (scope, ledger) in shard.Books.All)
            foreach (var (key, n) in ledger.Over(Window.Always).Points)
                if (n != 0) text.AppendLine($"{scope} {key} {n}");
        foreach (var (name, s) in shard.Sources) text.AppendLine($"{name} {s.Accepted} {s.Unknown} {s.LastEventAt}");
        return text.ToString();
    }

    public static string Difference(string expected, string found)
    {
        var (a, b) = (expected.Split('\n'), found.Split('\n'));
        return $"missing: {string.Join(" | ", a.Except(b).Take(3))}; too many: {string.Join(" | ", b.Except(a).Take(3))}";
    }
}
