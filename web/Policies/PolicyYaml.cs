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

    /// <summary>Where the text comes from is for people: only its being a mapping is checked.</summary>
    public static void Source(this YamlEntry entry)
    {
        if (entry.Node("source") is not (null or YamlMappingNode)) throw entry.Error("source", "'source' must be a mapping");
    }
}
