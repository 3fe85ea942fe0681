using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Rules;

/// <summary>
/// One queue's rules: service level, abandoned, longest wait, occupancy. Rates are those of the queue's sums, half hour by half hour, taken anew for
/// a half hour whose sums have changed. What lies more than three days back raises nothing any more.
/// </summary>
internal sealed class QueueFile(string queue)
{
    /// <summary>What lies further back raises nothing any more, in ms.</summary>
    public const long LookBackMs = KeptMs - (24 * StepRules.StepMs);

    private const long KeptMs = 3 * 86_400_000L;

    private long _from = long.MinValue; // the first half hour looked at: what stands is looked at from its beginning

    private readonly SortedDictionary<long, (StepRate Level, StepRate Abandoned)> _steps = [];
    private readonly SortedSet<long> _changed = [];
    private readonly List<(long At, long Change, Subject Who)> _waits = []; // more or fewer that wait too long, in order
    private readonly StaffTime _staff = new();
    private string? _department;

    public Subject Subject { get; } = RuleSubjects.Queue(queue);

    /// <summary>Somebody will look at it by itself: at the end of the running half hour, at the latest.</summary>
    public bool IsArmed { get; private set; }

    public IEnumerable<(long At, long Change, Subject Who)> Waits => _waits;

    /// <summary>A contribution was put on (1) or taken off (-1).</summary>
    public void Take(Subject who, in Contribution c, int sign)
    {
        switch (c.Key.Measure)
        {
            case Measure.LongWaitDelta: Wait((c.At, c.Amount, who), sign); break;
            case Measure.QueueAgentDelta or Measure.QueueAgentAt: _staff.Add(c.Key, c.At, sign * c.Amount); break;
            default: _changed.Add(StepOf(c.At)); break;
        }
        _department = c.Department ?? _department;
    }

    public void Restore((long At, long Change, Subject Who) wait) => _waits.Add(wait);

    /// <returns>when to look again although nothing happens</returns>
    public long Judge(Ledger sums, PolicySet policies, long now, List<DueAlert> alerts)
    {
        var (department, running) = (policies.Queue(queue).DepartmentId ?? _department, StepOf(now));
        foreach (var step in _changed)
            if (step >= _from && step < running) Put(step, sums.Over(new(step, step + StepRules.StepMs)), policies);
        _changed.RemoveWhere(step => step < running);
        var next = _changed.Count > 0 || _steps.Count > 0 ? running + StepRules.StepMs : long.MaxValue;

        var (keep, rules, levels, abandoned) = (running - KeptMs, policies.Rules, new List<StepRate>(_steps.Count), new List<StepRate>(_steps.Count));
        foreach (var (level, gone) in _steps.Values) { levels.Add(level); abandoned.Add(gone); }
        Rate(rules.Of(RuleId.ServiceLevel, department), levels, true, department, alerts, ref keep);
        Rate(rules.Of(RuleId.AbandonRate, department), abandoned, false, department, alerts, ref keep);
        if (rules.Of(RuleId.Occupancy, department) is { On: true } occupancy)
        {
            if (_staff.Steps(Math.Max(_from, running - (10 * KeptMs)), running) is { Count: > 0 } busy) Rate(occupancy, busy, false, department, alerts, ref keep, occupancy[RuleNumber.Minutes] * 60_000L);
            if (_staff.Any) next = running + StepRules.StepMs;
        }
        if (rules.Of(RuleId.LongestWait, department) is { On: true } longest) next = Math.Min(next, Longest(longest, policies, department, now, alerts));
        _from = Math.Max(_from, keep);
        while (_steps.Count > 0 && First(_steps.Keys) < _from) _steps.Remove(First(_steps.Keys));
        IsArmed = next != long.MaxValue;
        return next;
    }

    /// <summary>How long somebody may wait, in ms: so many times the queue's first threshold, or so many seconds, whichever is more.</summary>
    public static long MostWaitMs(Rule rule, QueuePolicy queue) =>
        Math.Max(rule[RuleNumber.Seconds], queue.ThresholdsS.Count == 0 ? 0 : rule[RuleNumber.TimesThreshold] * (long)queue.ThresholdsS[0]) * 1000;

    public static long StepOf(long at) => at - (((at % StepRules.StepMs) + StepRules.StepMs) % StepRules.StepMs);

    private static long First(SortedDictionary<long, (StepRate, StepRate)>.KeyCollection keys)
    {
        foreach (var key in keys) return key;
        return long.MaxValue;
    }

    /// <summary>After a start the sums stand, and nobody told of them.</summary>
    public void Recall(Ledger sums, long now)
    {
        foreach (var c in sums.Image())
        {
            if (c.Key.Measure is Measure.QueueAgentDelta or Measure.QueueAgentAt) _staff.Add(c.Key, c.At, c.Amount);
            else if (c.Key.Measure <= Measure.WaitingPastFirst && c.At >= now - KeptMs) _changed.Add(StepOf(c.At));
        }
    }

    private void Put(long step, Sums sums, PolicySet policies)
    {
        var thresholds = policies.Queue(queue).ThresholdsS;
        var level = thresholds.Count == 0 ? default : Formulas.ServiceLevel(sums, "ignore_within", thresholds[0].ToString(System.Globalization.CultureInfo.InvariantCulture));
        var abandoned = Formulas.AbandonRate(sums);
        _steps[step] = (new(step, level.Num, level.N), new(step, abandoned.Num, abandoned.N));
    }

    private void Rate(Rule rule, List<StepRate> steps, bool below, string? department, List<DueAlert> alerts, ref long keep, long? least = null)
    {
        if (!rule.On) return;
        foreach (var e in StepRules.Find(steps, rule, least ?? rule[RuleNumber.N], below))
        {
            alerts.Add(Alert(rule, department, e.OpenedAt, e.ClosedAt, new(e.Num, e.N, rule[RuleNumber.Percent])));
            var begins = e.OpenedAt - (rule[RuleNumber.Steps] * StepRules.StepMs);
            if (begins < keep && !(e.ClosedAt < keep)) keep = begins;
        }
    }

    private DueAlert Alert(Rule rule, string? department, long openedAt, long? closedAt, Finding finding) =>
        new(Subject, rule.Name, rule.Version, queue, rule.Level, department, openedAt, openedAt, closedAt is null) { Ladder = rule.Ladder, Finding = finding, EndedAt = closedAt };

    // From when on somebody has waited too long, until nobody has any more.
    private long Longest(Rule rule, PolicySet policies, string? department, long now, List<DueAlert> alerts)
    {
        var (level, openedAt, limit) = (0L, 0L, MostWaitMs(rule, policies.Queue(queue)) / 1000);
        foreach (var (at, change, _) in _waits)
        {
            if (level == 0 && change > 0) openedAt = at;
            level = Math.Max(0, level + change);
            if (level == 0 && change < 0 && at > openedAt) alerts.Add(Alert(rule, department, openedAt, at, new(limit + ((at - openedAt) / 1000), 0, limit)));
        }
        if (level > 0) alerts.Add(Alert(rule, department, openedAt, null, new(limit, 0, limit)));
        ForgetWaits(now - KeptMs);
        return long.MaxValue; // a wait that becomes too long is an event of its contact
    }

    // Up to the last instant before which nobody waited too long.
    private void ForgetWaits(long before)
    {
        var (level, quiet) = (0L, 0);
        for (var i = 0; i < _waits.Count && _waits[i].At < before; i++)
            if ((level = Math.Max(0, level + _waits[i].Change)) == 0) quiet = i + 1;
        _waits.RemoveRange(0, quiet);
        _waitsFrom = Math.Max(_waitsFrom, before);
    }

    private long _waitsFrom = long.MinValue;

    private void Wait((long At, long Change, Subject Who) wait, int sign)
    {
        var i = _waits.BinarySearch(wait, Order);
        if (sign > 0) { if (i < 0 && wait.At >= _waitsFrom) _waits.Insert(~i, wait); }
        else if (i >= 0) _waits.RemoveAt(i);
    }

    // At one instant those who begin before those who end: a wait that follows at once is the same stretch.
    private static readonly Comparer<(long At, long Change, Subject Who)> Order = Comparer<(long At, long Change, Subject Who)>.Create(static (a, b) =>
        a.At != b.At ? a.At.CompareTo(b.At) : a.Change != b.Change ? b.Change.CompareTo(a.Change) : a.Who.CompareTo(b.Who));
}
