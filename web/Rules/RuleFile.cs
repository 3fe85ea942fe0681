using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Rules;

/// <summary>
/// What raises alerts, from <c>rules.yaml</c> of the policy folder: what it leaves out stays at its default. Under <c>departments</c> a department
/// has its own; what that leaves out is as for all. (docs: rules)
/// </summary>
internal static class RuleFile
{
    public const string Name = "rules.yaml";

    /// <summary>Of their savings: the rules are one thing. And where the savings' texts are found.</summary>
    public const string Id = "rules", Folder = "rules";

    private static readonly string[] RuleNames = [.. RuleCatalog.All.Select(k => Words.Of(k.Id))];

    /// <exception cref="ReferenceDataException">The file breaks a rule: nothing of it is taken.</exception>
    public static RuleSet Read(string? folder)
    {
        var file = folder is null ? "" : Path.Combine(folder, Name);
        return File.Exists(file) ? Of(YamlEntries.One(file, ["rules", "departments"], []), RuleSet.Standard) : RuleSet.Standard;
    }

    /// <summary>A draft that is no file yet, put on top of what stands.</summary>
    /// <inheritdoc cref="Read"/>
    public static RuleSet Draft(string text, RuleSet standing, string name = "draft") => Of(YamlEntries.OneText(name, text, ["rules", "departments"]), standing);

    private static RuleSet Of(YamlEntry entry, RuleSet standing)
    {
        var set = standing;
        if (entry.Mapping("rules", RuleNames, []) is { } common) set = set.With(Rules(common, id => standing.Of(id, null)));
        if (entry.Node("departments") is not { } node || entry.IsNull("departments")) return set;
        if (node is not YamlDotNet.RepresentationModel.YamlMappingNode departments) throw entry.Error("departments", "'departments' must be a mapping of department to its rules");
        foreach (var (key, value) in departments.Children)
        {
            if (key is not YamlDotNet.RepresentationModel.YamlScalarNode { Value: { Length: > 0 } department }) throw entry.At(key.Start.Line, "a department must be named");
            var all = set;
            set = set.With(Rules(entry.Inner(value, RuleNames), id => all.Of(id, department)), department);
        }
        return set;
    }

    private static IEnumerable<Rule> Rules(YamlEntry entry, Func<RuleId, Rule> standing)
    {
        foreach (var kind in RuleCatalog.All)
            if (entry.Has(Words.Of(kind.Id))) yield return One(entry, kind, standing(kind.Id));
    }

    private static Rule One(YamlEntry parent, RuleKind kind, Rule standing)
    {
        var name = Words.Of(kind.Id);
        if (parent.Word(name) is { } word)
            return word switch { "on" or "true" => standing with { On = true }, "off" or "false" => standing with { On = false }, _ => throw parent.Error(name, $"'{name}' must be on, off, or a mapping of its settings") };
        var keys = new List<string> { "on", "level", "to", "version" };
        keys.AddRange(kind.Settings.Select(s => Words.Of(s.Number)));
        if (kind.WordsKey is not null) keys.Add(kind.WordsKey);
        var entry = parent.Mapping(name, keys, [])!;
        var numbers = standing.Numbers.All.ToArray();
        foreach (var setting in kind.Settings) numbers[(int)setting.Number] = entry.Number(Words.Of(setting.Number), setting.Least, setting.Most) ?? numbers[(int)setting.Number];
        var rule = standing with
        {
            On = entry.Flag("on") ?? standing.On,
            Level = entry.Text("level") switch { null => standing.Level, "red" => AlertLevel.Red, "yellow" => AlertLevel.Yellow, _ => throw entry.Error("level", "'level' must be red or yellow") },
            To = Level(entry, "to") ?? standing.To,
            Version = entry.Number("version", 1, 1_000_000) ?? standing.Version,
            Numbers = new(numbers),
            Words = kind.WordsKey is { } key && entry.TextOrTexts(key) is { Count: > 0 } words ? new(words) : standing.Words,
        };
        return Checked(rule, entry);
    }

    private static string? Level(YamlEntry entry, string key) => entry.Text(key) is not { } to ? null
        : RuleCatalog.Levels.Contains(to) ? to : throw entry.Error(key, $"'{key}' must be one of {string.Join(", ", RuleCatalog.Levels)}");

    private static Rule Checked(Rule rule, YamlEntry entry)
    {
        if (rule.Id == RuleId.BulkComplaint && rule[RuleNumber.ClearBelow] > Math.Min(rule[RuleNumber.Least], rule[RuleNumber.Count]))
            throw entry.Error("clear_below", "'clear_below' may be at most 'least' and 'count': it would be over before it began");
        if (rule.Id == RuleId.PingPongGuard && !RuleCatalog.Levels.Contains(rule.Words.All[0]))
            throw entry.Error("adjudicator", $"'adjudicator' must be one of {string.Join(", ", RuleCatalog.Levels)}");
        return rule.Id == RuleId.PingPongGuard ? rule with { To = rule.Words.All[0] } : rule;
    }

    private static string? Word(this YamlEntry entry, string key) => entry.Node(key) is YamlDotNet.RepresentationModel.YamlScalarNode ? entry.Text(key) : null;
}
