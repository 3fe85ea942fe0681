namespace OpsMonitor.Grains.Rules;

/// <summary>
/// All rules as they stand, where a department has its own, and what stood before each saving: what happens is judged by the rule of its instant, so an alert
/// keeps the settings of its raise, and judging anew changes nothing of the past.
/// </summary>
public sealed class RuleSet
{
    private readonly Rule[] _common;
    private readonly SortedDictionary<string, Rule?[]> _departments = new(StringComparer.Ordinal); // null: as for all

    private RuleSet(Rule[] common) => _common = common;

    /// <summary>Nothing is looked at but clocks and callbacks: what a core without a policy folder does.</summary>
    public static readonly RuleSet Off = new([.. RuleCatalog.All.Select(k => k.Standard with { On = false })]);

    /// <summary>All rules by their defaults.</summary>
    public static readonly RuleSet Standard = new([.. RuleCatalog.All.Select(k => k.Standard)]);

    public IReadOnlyList<Rule> Common => _common;

    /// <summary>In ordinal order.</summary>
    public IEnumerable<string> Departments => _departments.Keys;

    /// <summary>Somebody has some rule on, or may save one.</summary>
    public bool Any { get; private set; } = true;

    /// <summary>From when on it holds, Unix ms; the least value for what the start has.</summary>
    public long Since { get; private init; } = long.MinValue;

    /// <summary>What held until then; null for what the start has.</summary>
    public RuleSet? Before { get; private init; }

    /// <summary>The rule for a department; the common one where it has none of its own, or where there is no department.</summary>
    public Rule Of(RuleId id, string? department) =>
        (department is not null && _departments.TryGetValue(department, out var own) ? own[(int)id] : null) ?? _common[(int)id];

    /// <summary>The same as it held at an instant, Unix ms.</summary>
    public Rule Of(RuleId id, string? department, long at)
    {
        var set = this;
        while (set.Before is { } before && at < set.Since) set = before;
        return set.Of(id, department);
    }

    /// <summary>
    /// The rule that something goes by which is due when it has lasted too long, and when it is. A saving takes over what is under way, unless it is past the
    /// new limit already: that keeps the limit before. Null where the rule was off.
    /// </summary>
    /// <param name="began">Unix ms</param>
    /// <param name="due">when it is by a rule, Unix ms; the greatest value for never</param>
    public (Rule Rule, long Due)? Due<T>(RuleId id, string? department, long began, T about, Func<Rule, T, long> due)
    {
        var rule = Of(id, department);
        if (Before is null || began >= Since) return rule.On ? (rule, due(rule, about)) : null;
        var before = Before.Due(id, department, began, about, due);
        if (before is { } was && (was.Due < Since || was.Rule == rule)) return before;
        if (!rule.On) return null;
        return due(rule, about) is var at && at >= Since ? (rule, at) : before;
    }

    /// <summary>It is on, or was before some saving.</summary>
    public bool WasOn(RuleId id, string? department)
    {
        for (var set = this; set is not null; set = set.Before)
            if (set.Of(id, department).On) return true;
        return false;
    }

    /// <summary>Whether the last saving changed a rule for anybody.</summary>
    public bool IsNew(RuleId id)
    {
        if (Before is null || _common[(int)id] != Before._common[(int)id]) return true;
        foreach (var department in _departments.Keys)
            if (IsNew(id, department)) return true;
        return false;
    }

    /// <summary>Whether the last saving changed a rule of a department itself, or for all that have none of their own.</summary>
    public bool IsNew(RuleId id, string? department) =>
        Before is not null && (department is null ? _common[(int)id] != Before._common[(int)id] : _departments[department][(int)id] is { } own && own != Before.Of(id, department));

    /// <summary>The same set with some rules in place of those that stood; it was not saved.</summary>
    /// <param name="department">null: for all that have none of their own</param>
    public RuleSet With(IEnumerable<Rule> rules, string? department = null)
    {
        var set = Copy([.. _common], static own => [.. own]);
        Rule?[] into = set._common;
        if (department is not null && !set._departments.TryGetValue(department, out into!)) set._departments[department] = into = new Rule?[_common.Length];
        foreach (var rule in rules) into[(int)rule.Id] = rule;
        set.Any = Any || Array.Exists(set._common, r => r.On) || set._departments.Values.Any(d => Array.Exists(d, static r => r is { On: true }));
        return set;
    }

    /// <summary>This one, saved over another at an instant, Unix ms. A rule that it changes has a new version at least, so that two alerts of it are never taken for one.</summary>
    public RuleSet SavedOver(RuleSet before, long at)
    {
        var set = new RuleSet([.. _common.Select(r => Next(r, before.Of(r.Id, null)))]) { Before = before, Since = Math.Max(at, before.Since) };
        foreach (var (department, own) in _departments) set._departments[department] = [.. own.Select(r => r is null ? null : Next(r, before.Of(r.Id, department)))];
        return set;
    }

    /// <summary>Only one rule, all others off: what a rule would have done alone.</summary>
    public RuleSet Only(RuleId id) => Copy([.. _common.Select(r => r.Id == id ? r : r with { On = false })], own => [.. own.Select(r => r is null || r.Id == id ? r : r with { On = false })]);

    private static Rule Next(Rule rule, Rule before) => rule == before || rule.Version > before.Version ? rule : rule with { Version = before.Version + 1 };

    private RuleSet Copy(Rule[] common, Func<Rule?[], Rule?[]> own)
    {
        var set = new RuleSet(common);
        foreach (var (department, rules) in _departments) set._departments[department] = own(rules);
        return set;
    }

    static RuleSet() => Off.Any = false;
}
