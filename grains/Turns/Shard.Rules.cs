using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Grains.Turns;

/// <summary>What is raised for many subjects at once: an issue's complaints, a queue's rates. Only those touched in a turn, or whose instant has come, are judged.</summary>
public sealed partial class Shard
{
    private readonly RuleWatch? _rules = options.Backfill || !policies.Rules.Any ? null : new();

    private void TouchRule(Subject rule)
    {
        if (!TouchCustomer(rule)) _rules?.Touch(rule);
    }

    private IReadOnlyList<Event> DeedsOf(Subject rule) => _subjects.TryGetValue(rule, out var held) ? held.History.Deeds : [];

    private void SettleRules(long now, List<Alert> changed, bool told)
    {
        if (_rules is null) return;
        foreach (var rule in _rules.TakeDirty())
        {
            var (due, next, since) = _rules.Judge(rule, Books, Policies, now);
            if (due.Count == 0 && next == long.MaxValue && !Has(rule)) continue;
            var deeds = DeedsOf(rule);
            changed.AddRange(Alerts.Settle(rule, due, deeds, now, told, since));
            Exchange(rule, new(null, [], due, Math.Min(next, Alerts.NextChangeOf(rule, deeds, now))));
        }
    }
}
