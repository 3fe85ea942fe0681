using System.Text;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Simulator;

/// <summary>Everything that a shard knows: as one number to compare, and as text to read.</summary>
public static class Dump
{
    /// <summary>FNV-1a over what <see cref="Of"/> writes down, without writing it.</summary>
    public static ulong Digest(Shard shard)
    {
        var hash = 14695981039346656037UL;
        void Number(long? n) => hash = (hash ^ (ulong)(n ?? -7)) * 1099511628211;
        void Text(string? s)
        {
            foreach (var c in s ?? "-") Number(c);
            Number(-1);
        }
        Number(shard.EventCount);
        Number(shard.Edits.Count);
        foreach (var edit in shard.Edits) { Text(edit.Text); Number(edit.At); }
        Number(shard.LastEventAt);
        Number(shard.NextWake);
        foreach (var (who, what) in shard.Contributions())
        {
            Text(who.Id);
            Text(what.Key.Param);
            Text(what.Queue);
            Text(what.Department);
            Number((((long)who.Kind * 10) + (long)what.Kind) * 1000 + (long)what.Key.Measure);
            Number(what.At);
            Number(what.Amount);
        }
        foreach (var row in shard.Rows())
        {
            Text(row.Subject.Id);
            Text(row.State);
            Number(row.DueAt);
            Number(row.EndedAt);
            foreach (var clock in row.Clocks)
            {
                Text(clock.State);
                Number(clock.DueAt);
                Number(clock.PausedMs);
                Number(clock.LateMs);
                Number(clock.RemainingMs);
            }
            foreach (var anomaly in row.Anomalies) Text(anomaly);
        }
        foreach (var alert in shard.Alerts.All)
        {
            Text(alert.Due.Subject.Id);
            Text(alert.Due.Rule);
            Text(alert.Due.Clock);
            Number(alert.Due.DueAt);
            Number(alert.Due.RaisedAt);
            Number(alert.NoticedAt);
            Number(alert.ChangedAt);
            Number(((long)alert.State * 2) + (alert.FromLateData ? 1 : 0));
            Number(alert.Due.RuleVersion);
            Number((long)alert.Care.Hold);
            Text(alert.Care.By);
            Number(alert.Care.Until);
            Number(alert.Care.Next?.At);
            Text(alert.Care.Final);
            foreach (var step in alert.Care.Taken.All) { Text(step.To); Number(step.At); }
        }
        foreach (var (name, s) in shard.Sources)
        {
            Text(name);
            Number(s.Accepted);
            Number(s.Unknown);
            Number(s.LastEventAt);
        }
        return hash;
    }

    public static string Of(Shard shard)
    {
        var text = new StringBuilder();
        foreach (var edit in shard.Edits) text.AppendLine(edit.ToString());
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
