using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Past;
using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// Customers' files. What each contact or ticket in one counts for is a row of its own; a turn judges anew only those that a change in their
/// neighbourhood touched, or whose instant has come, and the sums exchange these alone.
/// </summary>
public sealed partial class Shard
{
    private readonly CustomerFiles _customers = new(options.Shelf);
    private readonly SortedSet<string> _dirtyCustomers = new(StringComparer.Ordinal);
    private readonly Dictionary<Subject, string> _customerOf = []; // of alerts that are a customer's
    private FileRules? _fileRules;

    /// <summary>How many facts of customers' files have been judged so far: what a change costs, for those who measure it.</summary>
    public long FactsJudged { get; private set; }

    private FileRules FileRules
    {
        get
        {
            var rules = new FileRules(Policies.FcrWindowMs, Policies.FcrPerIssue, _rules is null ? null : Policies.Rules);
            return _fileRules == rules ? _fileRules : _fileRules = rules; // the same object as long as nothing else is said
        }
    }

    /// <inheritdoc/>
    public override Subject? InFile(Subject part) => CustomerPart.TryRead(part, out _, out var place) ? place.Who : null;

    private CustomerFile FileOf(string customer) => _customers.Open(customer, FileRules);

    private void Remember(ContactFact? old, ContactFact? next, long now)
    {
        var moved = old is not null && next is not null && old.CustomerRef != next.CustomerRef;
        if (old is not null) Change(old.CustomerRef, old, moved ? null : next, now);
        if (next is not null && (old is null || moved)) Change(next.CustomerRef, null, next, now);
    }

    private void Change(string customer, ContactFact? old, ContactFact? next, long now)
    {
        FileOf(customer).Change(old, next, FileRules, now);
        _dirtyCustomers.Add(customer);
    }

    private void TouchPart(Subject part)
    {
        if (!CustomerPart.TryRead(part, out var customer, out var place)) return;
        FileOf(customer).Touch(place);
        _dirtyCustomers.Add(customer);
    }

    // People's deeds are with the customer's alerts, not with one of them.
    private bool TouchCustomer(Subject rule)
    {
        if (!_customerOf.TryGetValue(rule, out var customer)) return false;
        FileOf(customer).Disturbed = true;
        _dirtyCustomers.Add(customer);
        return true;
    }

    private readonly record struct JudgedPart(Placed Place, ContactFact? Fact, Evaluation Next);

    private void SettleCustomers(long now, List<Alert> changed, bool told)
    {
        foreach (var customer in _dirtyCustomers) SettleCustomer(customer, FileOf(customer), now, changed, told);
        _dirtyCustomers.Clear();
    }

    private void SettleCustomer(string customer, CustomerFile file, long now, List<Alert> changed, bool told)
    {
        var by = FileRules;
        if (file.By != by) file.TouchAll(); // after a start, or by other rules
        if (file.HasRested) MakeAnew(customer, file);
        if (file.By != by)
        {
            file.Relay(by.PerIssue);
            (file.By, file.WindowMs) = (by, by.WindowMs);
        }
        if (file.HasStanding && (file.Disturbed || file.Silences != Alerts.SilenceDeeds)) file.TouchStanding();
        (file.Disturbed, file.Silences) = (false, Alerts.SilenceDeeds);
        var parts = new List<JudgedPart>();
        JudgeTouched(file, by, now, parts);
        if (_rules is not null) SettleAlerts(customer, file, by, parts, now, changed, told);
        var late = _late.Count > 0 && _late.Contains(new(SubjectKind.Other, customer));
        foreach (var part in parts) ExchangePart(file, CustomerPart.Of(customer, part.Place), part, late);
        if (file.Rows == 0) QuietFile(customer, file);
    }

    private void JudgeTouched(CustomerFile file, FileRules by, long now, List<JudgedPart> into)
    {
        foreach (var place in file.TakeTouched())
        {
            var fact = file.Find(place);
            into.Add(new(place, fact, fact is null ? Evaluation.Empty : CustomerRules.Evaluate(fact, file, by, now)));
            FactsJudged++;
        }
    }

    private void SettleAlerts(string customer, CustomerFile file, FileRules by, List<JudgedPart> parts, long now, List<Alert> changed, bool told)
    {
        var rule = RuleSubjects.Customer(customer);
        if (!Alerts.HasParts(rule) && parts.TrueForAll(static p => p.Next.Alerts.Count == 0)) return;
        var since = now - CustomerAlerts.LookBackMs;
        var red = parts.Exists(p => Alerts.ChangesRed(rule, p.Place.Who.ToString(), p.Next.Alerts));
        if (red) JudgeStanding(file, by, parts, now); // what a red one keeps quiet
        var (clocks, there, due) = (new List<string>(parts.Count), new HashSet<Subject>(), new List<DueAlert>());
        foreach (var part in parts)
        {
            clocks.Add(part.Place.Who.ToString());
            if (part.Fact is not null) there.Add(part.Place.Who);
            due.AddRange(part.Next.Alerts);
        }
        if (due.Count > 0) _customerOf[rule] = customer;
        var (deeds, reds) = (DeedsOf(rule), Alerts.RedsOfParts(rule, clocks, due, now));
        for (var i = 0; i < parts.Count; i++)
        {
            var (place, fact, next) = parts[i];
            if (fact is not null || !there.Contains(place.Who)) // one that only moved settles at its new place
            {
                changed.AddRange(Alerts.Settle(rule, next.Alerts, deeds, now, told, since, clocks[i], reds));
                parts[i] = new(place, fact, next.ButNotAfter(Alerts.NextChangeOf(rule, deeds, now, clocks[i])));
            }
            file.Stand(place, next.Alerts.Count > 0 && next.Alerts[0].Active);
        }
        if (Alerts.ForgetReds(rule, since) || red) file.Disturbed = true; // the next change finds the red ones as they are now
    }

    private void JudgeStanding(CustomerFile file, FileRules by, List<JudgedPart> parts, long now)
    {
        var known = new SortedSet<Placed>();
        foreach (var part in parts) known.Add(part.Place);
        file.TouchStanding();
        var all = new List<JudgedPart>();
        JudgeTouched(file, by, now, all);
        foreach (var part in all)
            if (!known.Contains(part.Place)) parts.Add(part);
        parts.Sort(static (a, b) => a.Place.CompareTo(b.Place));
    }

    // One that counts for nothing has no row. Where rows leave memory it keeps the one that it had until that leaves: an older one may be kept elsewhere.
    private void ExchangePart(CustomerFile file, Subject who, in JudgedPart part, bool late)
    {
        var (next, had) = (part.Next, Has(who));
        var nothing = next is { Contributions.Count: 0, Alerts.Count: 0, Revocations.Count: 0, NextChangeAt: long.MaxValue } && !CustomerRules.CountedOnce(part.Fact);
        if (nothing && !had) return;
        var was = Last(who).Contributions;
        Exchange(who, next);
        if (!had) file.Rows++;
        if (late && !ReferenceEquals(was, next.Contributions)) _lateChanges.Add(new(was, next.Contributions));
        if (nothing && options.LeaveAfterMs == long.MaxValue)
        {
            Forget(who);
            file.Rows--;
        }
        else if (IsOver(next)) Quiet(who, 0, long.MinValue);
    }
}
