using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Grains.Turns;

/// <summary>What is raised for many subjects at once: an issue's complaints, a queue's rates, a customer's file. Only those touched in a turn, or whose instant has come, are judged.</summary>
public sealed partial class Shard
{
    private readonly RuleWatch? _rules = options.Backfill || !policies.Rules.Any ? null : new();
    private readonly Dictionary<Subject, string> _customerOf = []; // of alerts that are a customer's

    private void TouchRule(Subject rule)
    {
        if (_customerOf.TryGetValue(rule, out var customer)) _dirtyCustomers.Add(customer);
        else _rules?.Touch(rule);
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

    private void SettleCustomer(string customer, long now, List<Alert> changed, bool told)
    {
        var who = new Subject(SubjectKind.Other, customer);
        var next = CustomerRules.Evaluate([.. _customers[customer].Values], Policies.FcrWindowMs, now, Policies.FcrPerIssue, _rules is null ? null : Policies);
        if (_rules is not null)
        {
            var rule = RuleSubjects.Customer(customer);
            if (next.Alerts.Count > 0) _customerOf[rule] = customer;
            var deeds = DeedsOf(rule);
            changed.AddRange(Alerts.Settle(rule, next.Alerts, deeds, now, told, now - CustomerAlerts.LookBackMs));
            next = next.ButNotAfter(Alerts.NextChangeOf(rule, deeds, now));
        }
        ExchangeNoted(who, next);
    }
}
