using System.Globalization;
using NodaTime;
using NodaTime.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace OpsMonitor.Web.Reference;

/// <summary>A YAML file that is a mapping or a list of them, read strictly: every complaint names the file, the line and the rule.</summary>
internal static class YamlEntries
{
    /// <summary>A text that is a list of mappings; <paramref name="name"/> stands for the file in complaints. An empty text is an empty list.</summary>
    public static IEnumerable<YamlEntry> ListText(string name, string text, IReadOnlyList<string> keys)
    {
        if (RootOf(name, text) is not { } root) return [];
        if (root is not YamlSequenceNode list) throw new ReferenceDataException(name, root.Start.Line, "must be a list");
        return [.. list.Children.Select(node => Entry(name, node, keys, []))];
    }

    /// <summary>A file that is one mapping. <paramref name="later"/>: keys that mean something, but cannot be judged yet.</summary>
    public static YamlEntry One(string file, IReadOnlyList<string> keys, IReadOnlyList<string> later) =>
        Root(file) is { } root ? Entry(file, root, keys, later) : throw new ReferenceDataException(file, 0, "is empty");

    /// <summary>The same for a text that is no file yet; <paramref name="name"/> stands for the file in complaints.</summary>
    public static YamlEntry OneText(string name, string text, IReadOnlyList<string> keys)
    {
        return RootOf(name, text) is { } root ? Entry(name, root, keys, []) : throw new ReferenceDataException(name, 0, "is empty");
    }

    private static YamlNode? Root(string file) => RootOf(file, File.ReadAllText(file));

    // Nothing of ours nests deeper than seven. The loader calls itself for each level: without a bound a draft could end the process.
    private const int MostDepth = 32, MostShared = 10_000;

    private static YamlNode? RootOf(string file, string text)
    {
        var stream = new YamlStream();
        try
        {
            using var first = new StringReader(text);
            RefuseDeepAndShared(file, new(first));
            using var reader = new StringReader(text);
            stream.Load(reader);
        }
        // The parser also trips over itself, with exceptions of its own making, where a text is bad enough.
        catch (Exception broken) when (broken is YamlException or InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            throw new ReferenceDataException(file, (broken as YamlException)?.Start.Line ?? 0, $"is not YAML: {(broken is YamlException ? broken.Message : "it cannot be read")}", broken);
        }
        if (stream.Documents.Count == 0) return null;
        if (stream.Documents.Count > 1) throw new ReferenceDataException(file, stream.Documents[1].RootNode.Start.Line, "must be one document");
        return stream.Documents[0].RootNode;
    }

    // An alias of an alias of an alias is a text of gigabytes in a few lines: what aliases stand for, all together, is counted before it is built.
    private static void RefuseDeepAndShared(string file, Parser parser)
    {
        var sizes = new Dictionary<AnchorName, long>(); // of what is complete: an alias of what it stands in would never end
        var open = new Stack<(AnchorName Name, long From)>();
        var (nodes, shared) = (0L, 0L);
        while (parser.MoveNext())
        {
            var at = parser.Current!;
            if (at is AnchorAlias alias)
            {
                shared += sizes.GetValueOrDefault(alias.Value, MostShared + 1);
                if (shared > MostShared) throw new ReferenceDataException(file, at.Start.Line, "its aliases ('*name') name nothing, or stand for too much");
                nodes += sizes[alias.Value];
            }
            else if (at is NodeEvent node)
            {
                nodes++;
                if (at.NestingIncrease > 0) open.Push((node.Anchor, nodes - 1));
                else if (!node.Anchor.IsEmpty) sizes[node.Anchor] = 1;
                if (open.Count > MostDepth) throw new ReferenceDataException(file, at.Start.Line, $"nests deeper than {MostDepth}");
            }
            else if (at is MappingEnd or SequenceEnd && open.Pop() is { Name.IsEmpty: false } ended) sizes[ended.Name] = nodes - ended.From;
        }
    }

    public static YamlEntry Entry(string file, YamlNode node, IReadOnlyList<string> keys, IReadOnlyList<string> later)
    {
        if (node is not YamlMappingNode mapping) throw new ReferenceDataException(file, node.Start.Line, "each entry must be a mapping");
        foreach (var key in mapping.Children.Keys)
        {
            var name = (key as YamlScalarNode)?.Value;
            if (name is not null && later.Contains(name)) throw new ReferenceDataException(file, key.Start.Line, $"'{name}' is not supported yet");
            if (name is null || !keys.Contains(name))
            {
                throw new ReferenceDataException(file, key.Start.Line, $"unknown key '{name}'; known are {string.Join(", ", keys)}");
            }
        }
        return new(file, mapping);
    }
}

/// <summary>One mapping of such a list. A reader gives null where the key is missing and throws where its value breaks the rule.</summary>
internal sealed class YamlEntry(string file, YamlMappingNode mapping)
{
    private static readonly LocalTimePattern HourMinute = LocalTimePattern.CreateWithInvariantCulture("HH':'mm");

    public ReferenceDataException Error(string key, string rule) => new(file, (Node(key) ?? mapping).Start.Line, rule);

    /// <summary>The line where the mapping begins, from 1.</summary>
    public long Line => mapping.Start.Line;

    public string Id() => Text("id") ?? throw Error("id", "'id' is required");

    public string? Text(string key) => Node(key) switch
    {
        null => null,
        YamlScalarNode { Value: { Length: > 0 } value } when value.Trim() == value => value,
        _ => throw Error(key, $"'{key}' must be text, not empty, without blanks around it"),
    };

    public CalendarName? Calendar(string key) => Text(key) is { } id ? new(id, file, Node(key)!.Start.Line) : null;

    public Title? Title(string key)
    {
        if (Node(key) is not { } node) return null;
        string? en = null, hans = null, hant = null;
        if (node is not YamlMappingNode languages || languages.Children.Count == 0) throw Error(key, $"'{key}' must be a mapping of languages");
        foreach (var (language, text) in languages.Children)
        {
            if (text is not YamlScalarNode { Value: { Length: > 0 } value }) throw new ReferenceDataException(file, text.Start.Line, $"'{key}' must hold text");
            switch ((language as YamlScalarNode)?.Value)
            {
                case "en": en = value; break;
                case "zh-Hans": hans = value; break;
                case "zh-Hant": hant = value; break;
                default: throw new ReferenceDataException(file, language.Start.Line, $"'{key}' knows the languages en, zh-Hans and zh-Hant");
            }
        }
        return new(en, hans, hant);
    }

    public bool Has(string key) => Node(key) is not null;

    /// <summary>Null written out, or nothing at all after the key.</summary>
    public bool IsNull(string key) => Node(key) is YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "null" or "~" };

    /// <summary>A whole number within bounds.</summary>
    public int? Number(string key, int least, int most) => Node(key) switch
    {
        null => null,
        YamlScalarNode { Value: { } text } when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most => value,
        _ => throw Error(key, $"'{key}' must be a whole number from {least} to {most}"),
    };

    public YamlEntry? Mapping(string key, IReadOnlyList<string> keys, IReadOnlyList<string> later) =>
        Node(key) is not { } node ? null
        : node is YamlMappingNode ? YamlEntries.Entry(file, node, keys, later) : throw Error(key, $"'{key}' must be a mapping");

    public IReadOnlyList<YamlEntry>? Mappings(string key, IReadOnlyList<string> keys, IReadOnlyList<string> later) =>
        Nodes(key)?.Select(node => YamlEntries.Entry(file, node, keys, later)).ToList();

    /// <summary>A list of texts, each with its line.</summary>
    public IReadOnlyList<(string Text, long Line)>? Texts(string key) => Nodes(key)?.Select(node =>
        node is YamlScalarNode { Value: { Length: > 0 } value } ? (value, node.Start.Line) : throw At(node.Start.Line, $"'{key}' must hold text")).ToList();

    /// <summary>A mapping found inside this one.</summary>
    public YamlEntry Inner(YamlNode node, IReadOnlyList<string> keys) => YamlEntries.Entry(file, node, keys, []);

    public ReferenceDataException At(long line, string rule) => new(file, line, rule);

    private IList<YamlNode>? Nodes(string key) => Node(key) switch
    {
        null => null,
        YamlSequenceNode list => list.Children,
        _ => throw Error(key, $"'{key}' must be a list"),
    };

    public DateTimeZone? TimeZone(string key) => Text(key) is not { } name ? null
        : DateTimeZoneProviders.Tzdb.GetZoneOrNull(name) ?? throw Error(key, $"'{name}' is not an IANA time zone");

    public LocalTime? TimeOfDay(string key)
    {
        if (Text(key) is not { } text) return null;
        var parsed = HourMinute.Parse(text);
        return parsed.Success ? parsed.Value : throw Error(key, $"'{key}' must be a time of day such as \"00:00\" or \"12:00\"");
    }

    public int? Whole(string key, int least) => Node(key) is not { } node ? null : Whole(node, key, least);

    public IReadOnlyList<int>? Ascending(string key)
    {
        if (Node(key) is not { } node) return null;
        if (node is not YamlSequenceNode { Children.Count: > 0 } list) throw Error(key, $"'{key}' must be a list of seconds");
        var values = list.Children.Select(child => Whole(child, key, least: 1)).ToList();
        for (var i = 1; i < values.Count; i++)
        {
            if (values[i] <= values[i - 1]) throw new ReferenceDataException(file, list.Children[i].Start.Line, $"'{key}' must ascend");
        }
        return values;
    }

    private int Whole(YamlNode node, string key, int least)
    {
        if (node is YamlScalarNode { Value: { } text } && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least) return value;
        throw new ReferenceDataException(file, node.Start.Line, $"'{key}' must be whole seconds, {least} or more");
    }

    public YamlNode? Node(string key) => mapping.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;
}
