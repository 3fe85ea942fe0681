using System.Text.RegularExpressions;
using OpsMonitor.Web.Reference;
using YamlDotNet.RepresentationModel;

namespace OpsMonitor.Web.Adapters;

/// <summary>Reads <c>when</c>: a mapping of field to what must hold, or a list of such mappings of which one must.</summary>
internal static class ConditionReader
{
    private static readonly TimeSpan PatternTime = TimeSpan.FromMilliseconds(50);

    public static IReadOnlyList<IReadOnlyList<Condition>> Read(YamlEntry entry) => entry.Node("when") switch
    {
        null => [],
        YamlMappingNode all => [All(entry, all)],
        YamlSequenceNode any when any.Children.Count > 0 => [.. any.Children.Select(n => n is YamlMappingNode all ? All(entry, all) : throw entry.At(n.Start.Line, "each of 'when' must be a mapping of field to condition"))],
        var other => throw entry.At(other.Start.Line, "'when' must be a mapping of field to condition, or a list of them"),
    };

    private static List<Condition> All(YamlEntry entry, YamlMappingNode all) =>
        [.. all.Children.Select(c => One(entry, (c.Key as YamlScalarNode)?.Value ?? throw entry.At(c.Key.Start.Line, "a field's name is text"), c.Value))];

    private static Condition One(YamlEntry entry, string path, YamlNode node)
    {
        if (node is not YamlMappingNode asked) return new(path) { AnyOf = Words(entry, node) };
        var condition = new Condition(path);
        foreach (var (key, value) in asked.Children)
        {
            condition = (key as YamlScalarNode)?.Value switch
            {
                "is" => condition with { AnyOf = Words(entry, value) },
                "not" => condition with { NoneOf = Words(entry, value) },
                "starts_with" => condition with { StartsWith = Word(entry, value) },
                "contains" => condition with { Contains = Word(entry, value) },
                "matches" => condition with { Matches = Pattern(entry, value) },
                "exists" => condition with { Exists = YesNo(entry, value) },
                "changed" => condition with { Changed = YesNo(entry, value) },
                var other => throw entry.At(key.Start.Line, $"unknown condition '{other}'; known are is, not, starts_with, contains, matches, exists, changed"),
            };
        }
        return condition;
    }

    private static List<string> Words(YamlEntry entry, YamlNode node) =>
        node is YamlSequenceNode { Children.Count: > 0 } list ? [.. list.Children.Select(n => Word(entry, n))] : [Word(entry, node)];

    private static string Word(YamlEntry entry, YamlNode node) =>
        node is YamlScalarNode { Value: { Length: > 0 } text } ? text : throw entry.At(node.Start.Line, "a text is needed here, not empty");

    private static bool YesNo(YamlEntry entry, YamlNode node) => Word(entry, node) switch
    {
        "true" => true,
        "false" => false,
        _ => throw entry.At(node.Start.Line, "true or false is needed here"),
    };

    private static Regex Pattern(YamlEntry entry, YamlNode node)
    {
        try { return new(Word(entry, node), RegexOptions.CultureInvariant, PatternTime); }
        catch (ArgumentException e) { throw entry.At(node.Start.Line, $"is not a regular expression: {e.Message}"); }
    }
}
