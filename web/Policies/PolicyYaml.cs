using NodaTime;
using NodaTime.Text;
using OpsMonitor.Web.Reference;
using YamlDotNet.RepresentationModel;

namespace OpsMonitor.Web.Policies;

/// <summary>What calendars and policies have in common.</summary>
internal static class PolicyYaml
{
    /// <summary>An id: letters, digits, '-', '_' and '.', since ids stand in addresses and in keys of alerts.</summary>
    public static string Name(this YamlEntry entry)
    {
        var id = entry.Id();
        return id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? id
            : throw entry.Error("id", "'id' may hold letters, digits, '-', '_' and '.'");
    }

    /// <summary>Where the text comes from is for people: only its being a mapping is checked. Its title and address, to be shown.</summary>
    public static string? Source(this YamlEntry entry)
    {
        var node = entry.Node("source");
        if (node is not (null or YamlMappingNode)) throw entry.Error("source", "'source' must be a mapping");
        if (node is not YamlMappingNode mapping) return null;
        return string.Join("; ", mapping.Children.Select(c => $"{c.Key}: {c.Value}"));
    }

    /// <summary>Both ends inclusive; null is open.</summary>
    public static (LocalDate? From, LocalDate? To) Effective(this YamlEntry entry, params string[] more)
    {
        if (entry.IsNull("effective") || entry.Mapping("effective", ["from", "to", .. more], []) is not { } effective) return (null, null);
        var (from, to) = (effective.Date("from"), effective.Date("to"));
        return to < from ? throw effective.Error("to", "'to' lies before 'from'") : (from, to);
    }

    /// <summary>Whether it is to hold for running clocks as well.</summary>
    public static bool Running(this YamlEntry entry) =>
        !entry.IsNull("effective") && (entry.Mapping("effective", ["from", "to", "running"], [])?.Flag("running") ?? false);

    public static LocalDate? Date(this YamlEntry entry, string key)
    {
        if (!entry.Has(key) || entry.IsNull(key) || entry.Text(key) is not { } text) return null;
        var parsed = LocalDatePattern.Iso.Parse(text);
        return parsed.Success ? parsed.Value : throw entry.Error(key, $"'{key}' must be a date such as 2026-04-08");
    }

    public static bool? Flag(this YamlEntry entry, string key) => entry.Text(key) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        _ => throw entry.Error(key, $"'{key}' must be true or false"),
    };

    /// <summary>A name for readers: a text, or a mapping of languages.</summary>
    public static void Label(this YamlEntry entry, string key)
    {
        if (entry.Node(key) is YamlScalarNode) entry.Text(key); else entry.Title(key);
    }

    /// <summary>One text, or a list of them.</summary>
    public static IReadOnlyList<string> TextOrTexts(this YamlEntry entry, string key) =>
        entry.Node(key) is YamlSequenceNode ? [.. entry.Texts(key)!.Select(t => t.Text)] : entry.Text(key) is { } one ? [one] : [];
}
