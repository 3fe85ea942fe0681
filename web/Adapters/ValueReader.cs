using System.Globalization;
using System.Text.Json.Nodes;
using NodaTime;
using OpsMonitor.Web.Reference;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OpsMonitor.Web.Adapters;

/// <summary>Reads the values of <c>data</c> and times. A plain text is a template, so <c>{Product}</c> is a field and <c>incident</c> a constant.</summary>
internal static class ValueReader
{
    private static readonly string[] Keys = ["constant", "field", "fields", "concat", "time", "format", "zone", "map", "default", "unit", "as", "slug"];

    public static IReadOnlyList<(string, FieldValue)> Data(YamlEntry rule, string type, DateTimeZone zone)
    {
        if (rule.Node("data") is not { } node) return [];
        if (node is not YamlMappingNode data) throw rule.Error("data", $"'data' must be a mapping of fields of {type} to values");
        var all = new List<(string, FieldValue)>();
        foreach (var (key, value) in data.Children)
        {
            var name = (key as YamlScalarNode)?.Value is { Length: > 0 } text ? text : throw rule.At(key.Start.Line, "a field's name is text");
            all.Add((name, Value(rule, value, zone)));
        }
        return all;
    }

    /// <summary>A time: a field's name, <c>arrival</c>, or a mapping with <c>field</c> or <c>fields</c>, <c>format</c> and <c>zone</c>.</summary>
    public static FieldTime Time(YamlEntry entry, string key, DateTimeZone zone)
    {
        if (entry.Node(key) is YamlScalarNode) return entry.Text(key) is var path && path == FieldTime.Arrival ? FieldTime.Make([], path, zone) : FieldTime.Make([path!], "iso", zone);
        var time = entry.Mapping(key, ["field", "fields", "format", "zone"], [])!;
        var fields = Fields(time);
        if (fields.Count == 0) throw entry.Error(key, "a time needs 'field' or 'fields'");
        return Pattern(time, "format", fields, time.Text("format") ?? "iso", time.TimeZone("zone") ?? zone);
    }

    private static FieldValue Value(YamlEntry rule, YamlNode node, DateTimeZone zone)
    {
        if (node is YamlScalarNode scalar) return Scalar(rule, scalar);
        if (node is not YamlMappingNode) throw rule.At(node.Start.Line, "a value is text, or a mapping that says where it is from");
        var entry = rule.Inner(node, Keys);
        var sources = new[] { "constant", "field", "fields", "concat", "time" }.Count(entry.Has);
        if (sources != 1) throw entry.At(entry.Line, "a value needs exactly one of constant, field, fields, concat, time");
        if (entry.Has("time"))
            return new() { Time = Pattern(entry, "time", [entry.Text("time")!], entry.Text("format") ?? "iso", entry.TimeZone("zone") ?? zone), Fields = [entry.Text("time")!], HasDefault = entry.Has("default"), Default = Plain(entry, "default") };
        if (entry.Has("format") || entry.Has("zone")) throw entry.At(entry.Line, "'format' and 'zone' are for 'time'");
        return new()
        {
            Constant = entry.Has("constant") ? Plain(entry, "constant") ?? throw entry.Error("constant", "'constant' must have a value") : null,
            Fields = Fields(entry),
            Parts = [.. (entry.Texts("concat") ?? []).Select(p => Template.Parse(p.Text, out var why) ?? throw entry.At(p.Line, why!))],
            Map = Map(entry), HasDefault = entry.Has("default"), Default = Plain(entry, "default"), Unit = Unit(entry), Kind = Kind(entry),
            Slug = entry.Text("slug") switch { null or "false" => false, "true" => true, _ => throw entry.Error("slug", "'slug' may be true or false") },
        };
    }

    private static FieldValue Scalar(YamlEntry rule, YamlScalarNode node)
    {
        var text = node.Value is { Length: > 0 } given ? given : throw rule.At(node.Start.Line, "a value must not be empty");
        var template = Template.Parse(text, out var why) ?? throw rule.At(node.Start.Line, why!);
        return template.IsConstant ? new() { Constant = Plain(node) } : new() { Parts = [template] };
    }

    private static IReadOnlyList<string> Fields(YamlEntry entry)
    {
        if (entry.Has("field") && entry.Has("fields")) throw entry.Error("fields", "either 'field' or 'fields'");
        return entry.Text("field") is { } one ? [one] : [.. (entry.Texts("fields") ?? []).Select(f => f.Text)];
    }

    private static Dictionary<string, JsonNode?>? Map(YamlEntry entry)
    {
        if (entry.Node("map") is not { } node) return null;
        if (node is not YamlMappingNode { Children.Count: > 0 } table) throw entry.Error("map", "'map' must be a table of the sender's words to values");
        var map = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var (key, value) in table.Children)
        {
            if (key is not YamlScalarNode { Value: { } word } || value is not YamlScalarNode plain) throw entry.At(key.Start.Line, "'map' holds words and values, nothing nested");
            map[word] = Plain(plain);
        }
        return map;
    }

    private static DurationUnit? Unit(YamlEntry entry) => entry.Text("unit") switch
    {
        null => null,
        "ms" => DurationUnit.Milliseconds,
        "s" => DurationUnit.Seconds,
        "min" => DurationUnit.Minutes,
        "h" => DurationUnit.Hours,
        "clock" => DurationUnit.Clock,
        var other => throw entry.Error("unit", $"'unit' may be ms, s, min, h or clock (H:MM:SS), not '{other}'"),
    };

    private static ValueKind Kind(YamlEntry entry) => entry.Text("as") switch
    {
        null => ValueKind.AsFound,
        "text" => ValueKind.Text,
        "number" => ValueKind.Number,
        "boolean" => ValueKind.Boolean,
        "list" => ValueKind.List,
        var other => throw entry.Error("as", $"'as' may be text, number, boolean or list, not '{other}'"),
    };

    private static FieldTime Pattern(YamlEntry entry, string key, IReadOnlyList<string> fields, string format, DateTimeZone zone)
    {
        try { return FieldTime.Make(fields, format, zone); }
        catch (FormatException e) { throw entry.Error(entry.Has("format") ? "format" : key, e.Message); }
    }

    private static JsonNode? Plain(YamlEntry entry, string key) => entry.Node(key) switch
    {
        null => null,
        YamlScalarNode node => Plain(node),
        _ => throw entry.Error(key, $"'{key}' must be one value"),
    };

    /// <summary>As YAML means it: what is not quoted may be a number, yes or no, or nothing.</summary>
    private static JsonNode? Plain(YamlScalarNode node)
    {
        var text = node.Value ?? "";
        if (node.Style != ScalarStyle.Plain) return JsonValue.Create(text);
        return text switch
        {
            "" or "null" or "~" => null,
            "true" => JsonValue.Create(true),
            "false" => JsonValue.Create(false),
            _ => decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n) ? JsonValue.Create(n) : JsonValue.Create(text),
        };
    }
}
