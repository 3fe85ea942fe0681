using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Rules;

/// <summary>
/// One queue's rules: service level, abandoned, longest wait, occupancy. Rates are those of the queue's sums, half hour by half hour, taken anew for
/// a half hour whose sums have changed. What was over more than three days ago raises nothing any more; what stands, stands from its beginning.
/// </summary>
internal sealed class QueueFile(string queue)
{
    /// <summary>What was raised further back, and is over, is not told again, in ms.</summary>
    public const long LookBackMs = 3 * 86_400_000L;

    private const long KeptMs = 35 * 86_400_000L; // no event so old is taken
    private const int ManySteps = 48;

    private readonly SortedDictionary<long, (StepRate Level, StepRate Abandoned)> _steps = [];
    private readonly SortedSet<long> _changed = [];
    private readonly List<(long At, long Change, Subject Who)> _waits = []; // more or fewer that wait too long, in order
    private readonly StaffTime _staff = new();

    public Subject Subject { get; } = RuleSubjects.Queue(queue);

    /// <summary>It will be looked at by itself: at the end of the running half hour, at the latest.</summary>
    public bool IsArmed { get; private set; }

    public IReadOnlyList<(long At, long Change, Subject Who)> Waits => _waits;

    /// <summary>A contribution was put on (1) or taken off (-1).</summary>
    public void Take(Subject who, in Contribution c, int sign)
    {
        switch (c.Key.Measure)
        {
            case Measure.LongWaitDelta: Wait((c.At, c.Amount, who), sign); break;
            case Measure.QueueAgentDelta or Measure.QueueAgentAt: _staff.Add(c.Key, c.At, sign * c.Amount); break;
            default: _changed.Add(StepOf(c.At)); break;
        }
    }

    public void Restore((long At, long Change, Subject Who) wait) => _waits.Add(wait);

    /// <summary>After a start the sums stand, and nobody told of them.</summary>
    /// <param name="now">Unix ms: what lies too far back is judged no more</param>
    public void Recall(Ledger sums, long now)
    {
        var from = StepOf(now - KeptMs);
        foreach (var (key, n) in sums.Level(from).Points)
            if (key.Measure is Measure.QueueAgentDelta or Measure.QueueAgentAt) _staff.Add(key, from - 1, n);
        foreach (var c in sums.Contents(new(from, long.MaxValue)))
            if (c.Key.Measure is Measure.QueueAgentDelta or Measure.QueueAgentAt) _staff.Add(c.Key, c.At, c.Amount);
            else if (c.Key.Measure <= Measure.WaitingPastFirst) _changed.Add(StepOf(c.At));
    }

    /// <returns>when to look again although nothing happens</returns>
    public long Judge(Ledger sums, PolicySet policies, long now, List<DueAlert> alerts)
    {
        var (rules, department, running) = (policies.Rules, policies.Queue(queue).DepartmentId, StepOf(now));
        Sum(sums, policies, running);
        var (levels, abandoned) = (new List<StepRate>(_steps.Count), new List<StepRate>(_steps.Count));
        foreach (var (level, gone) in _steps.Values) { levels.Add(level); abandoned.Add(gone); }
        Rate(rules, RuleId.ServiceLevel, levels, department, running, alerts);
        Rate(rules, RuleId.AbandonRate, abandoned, department, running, alerts);
        if (rules.WasOn(RuleId.Occupancy, department)) Rate(rules, RuleId.Occupancy, _staff.Steps(running - KeptMs, running), department, running, alerts);
        if (rules.WasOn(RuleId.LongestWait, department)) Longest(policies, department, now, alerts);
        // A step ends an episode also by having no data: so until nothing stands, the end of each is looked at.
        var wakes = _changed.Count > 0 || (_steps.Count > 0 && Last() >= running - (2 * StepRules.StepMs)) || _staff.IsBusyFrom(running - (2 * StepRules.StepMs));
        IsArmed = wakes;
        return wakes ? running + StepRules.StepMs : long.MaxValue;
    }

    /// <summary>How long somebody may wait, in ms: so many times the queue's first threshold, or so many seconds, whichever is more.</summary>
    public static long MostWaitMs(Rule rule, QueuePolicy queue) =>
        Math.Max(rule[RuleNumber.Seconds], queue.ThresholdsS.Count == 0 ? 0 : rule[RuleNumber.TimesThreshold] * (long)queue.ThresholdsS[0]) * 1000;

    /// <summary>The start of the aligned half hour that an instant is in; Unix ms, also before 1970.</summary>
    public static long StepOf(long at) => at - (((at % StepRules.StepMs) + StepRules.StepMs) % StepRules.StepMs);

    private long Last()
    {
        foreach (var step in _steps.Keys.Reverse()) return step;
        return long.MinValue;
    }

    // Those that have ended; the running one waits for its end.
    private void Sum(Ledger sums, PolicySet policies, long running)
    {
        _changed.RemoveWhere(step => step < running - KeptMs);
        var ended = new List<long>();
        foreach (var step in _changed)
            if (step < running) ended.Add(step);
        _changed.RemoveWhere(step => step < running);
        if (ended.Count > ManySteps)
        {
            var (ends, n) = (new List<long>(), 0); // of a start: one walk through the sums for all of them
            for (var step = ended[0]; step <= ended[^1]; step += StepRules.StepMs) ends.Add(step + StepRules.StepMs);
            foreach (var part in sums.Over(ended[0], ends)) Put(ended[0] + (n++ * StepRules.StepMs), part, policies);
        }
        else
            foreach (var step in ended) Put(step, sums.Over(new(step, step + StepRules.StepMs)), policies);
        while (_steps.Count > 0 && First() < running - KeptMs) _steps.Remove(First());
    }

    private long First()
    {
        foreach (var step in _steps.Keys) return step;
        return long.MaxValue;
    }

    // A step in which nobody came leaves no trace: it would tell in which order the events came.
    private void Put(long step, Sums sums, PolicySet policies)
    {
        var thresholds = policies.Queue(queue).ThresholdsS;
        var level = thresholds.Count == 0 ? default : Formulas.ServiceLevel(sums, "ignore_within", thresholds[0].ToString(System.Globalization.CultureInfo.InvariantCulture));
        var abandoned = Formulas.AbandonRate(sums);
        if (level.N == 0 && abandoned.N == 0) _steps.Remove(step);
        else _steps[step] = (new(step, level.Num, level.N), new(step, abandoned.Num, abandoned.N));
    }

    private void Rate(RuleSet rules, RuleId id, List<StepRate> steps, string? department, long running, List<DueAlert> alerts)
    {
        foreach (var e in StepRules.Find(steps, rules, id, department, id == RuleId.ServiceLevel, running))
            if (e.ClosedAt is null || e.OpenedAt >= running - LookBackMs) alerts.Add(Alert(e.Rule, department, e.OpenedAt, e.ClosedAt, new(e.Num, e.N, e.Rule[RuleNumber.Percent])));
    }

    private DueAlert Alert(Rule rule, string? department, long openedAt, long? closedAt, Finding finding) =>
        new(Subject, rule.Name, rule.Version, queue, rule.Level, department, openedAt, openedAt, closedAt is null) { Ladder = rule.Ladder, Finding = finding, EndedAt = closedAt };

    // From when on somebody has waited too long, until nobody has any more.
    private void Longest(PolicySet policies, string? department, long now, List<DueAlert> alerts)
    {
        var (level, openedAt, quiet) = (0L, 0L, 0);
        for (var i = 0; i < _waits.Count; i++)
        {
            var (at, change, _) = _waits[i];
            var before = level;
            level = Math.Max(0, level + change);
            if (before == 0 && level > 0) openedAt = at;
            if (level > 0 || before == 0) continue;
            if (at < now - KeptMs) quiet = i + 1;
            if (openedAt >= StepOf(now) - LookBackMs && at > openedAt) Waited(policies, department, openedAt, at, alerts);
        }
        if (level > 0) Waited(policies, department, openedAt, null, alerts);
        _waits.RemoveRange(0, quiet);
    }

    private void Waited(PolicySet policies, string? department, long openedAt, long? closedAt, List<DueAlert> alerts)
    {
        if (policies.Rules.Of(RuleId.LongestWait, department, openedAt) is not { On: true } rule) return;
        var limit = MostWaitMs(rule, policies.Queue(queue)) / 1000;
        alerts.Add(Alert(rule, department, openedAt, closedAt, new(limit + (((closedAt ?? openedAt) - openedAt) / 1000), 0, limit)));
    }

    // One contact may wait in the queue twice at once, as far as its events go.
    private void Wait((long At, long Change, Subject Who) wait, int sign)
    {
        var i = _waits.BinarySearch(wait, Order);
        if (sign > 0) _waits.Insert(i < 0 ? ~i : i, wait);
        else if (i >= 0) _waits.RemoveAt(i);
    }

    // At one instant those who begin before those who end: a wait that follows at once is the same stretch.
    private static readonly Comparer<(long At, long Change, Subject Who)> Order = Comparer<(long At, long Change, Subject Who)>.Create(static (a, b) =>
        a.At != b.At ? a.At.CompareTo(b.At) : a.Change != b.Change ? b.Change.CompareTo(a.Change) : a.Who.CompareTo(b.Who));
}
