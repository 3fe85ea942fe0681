namespace OpsMonitor.Grains.Rules;

/// <summary>All rules as they stand, and where a department has its own.</summary>
public sealed class RuleSet
{
    private readonly Rule[] _common;
    private readonly SortedDictionary<string, Rule[]> _departments = new(StringComparer.Ordinal);

    private RuleSet(Rule[] common) => _common = common;

    /// <summary>Nothing is looked at but clocks and callbacks: what a core without a policy folder does.</summary>
    public static readonly RuleSet Off = new([.. RuleCatalog.All.Select(k => k.Standard with { On = false })]);

    /// <summary>All rules by their defaults.</summary>
    public static readonly RuleSet Standard = new([.. RuleCatalog.All.Select(k => k.Standard)]);

    public IReadOnlyList<Rule> Common => _common;

    /// <summary>In ordinal order.</summary>
    public IEnumerable<string> Departments => _departments.Keys;

    /// <summary>Somebody has some rule on.</summary>
    public bool Any { get; private set; } = true;

    /// <summary>The rule for a department; the common one where it has none of its own, or where there is no department.</summary>
    public Rule Of(RuleId id, string? department) =>
        department is not null && _departments.TryGetValue(department, out var own) ? own[(int)id] : _common[(int)id];

    /// <summary>The same set with some rules in place of those that stood.</summary>
    /// <param name="department">null: for all that have none of their own</param>
    public RuleSet With(IEnumerable<Rule> rules, string? department = null)
    {
        var set = new RuleSet([.. _common]);
        foreach (var (id, own) in _departments) set._departments[id] = [.. own];
        var into = set._common;
        if (department is not null && !set._departments.TryGetValue(department, out into)) set._departments[department] = into = [.. _common];
        foreach (var rule in rules) into![(int)rule.Id] = rule;
        set.Any = Array.Exists(set._common, r => r.On) || set._departments.Values.Any(d => Array.Exists(d, r => r.On));
        return set;
    }

    /// <summary>Only one rule, all others off: what a rule would have done alone.</summary>
    public RuleSet Only(RuleId id)
    {
        var set = new RuleSet([.. _common.Select(r => r.Id == id ? r : r with { On = false })]);
        foreach (var (department, own) in _departments) set._departments[department] = [.. own.Select(r => r.Id == id ? r : r with { On = false })];
        return set;
    }

    static RuleSet() => Off.Any = false;
}
