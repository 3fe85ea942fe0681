using System.Globalization;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;
using YamlDotNet.RepresentationModel;

namespace OpsMonitor.Web.Policies;

/// <summary>
/// Targets of metrics: those of sla-default colour the wall, any other is for readers. A target is a whole number, with or without a percent sign, or a mapping
/// of its parts, such as <c>service_level: {percent: 80, within_s: 20}</c>.
/// </summary>
internal static class TargetReader
{
    /// <summary>What a file leaves out stays as built in.</summary>
    public static Targets Read(YamlEntry entry)
    {
        var built = new Targets();
        if (entry.Node("targets") is not { } node || entry.IsNull("targets")) return built;
        if (node is not YamlMappingNode targets) throw entry.Error("targets", "'targets' must be a mapping");
        var known = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (key, value) in targets.Children)
        {
            if (value is YamlMappingNode) continue;
            known[key.ToString()] = Whole(value) ?? throw entry.At(value.Start.Line, $"target '{key}' must be a whole number, a percentage or a mapping");
        }
        int Of(string name, int otherwise, int most) => !known.TryGetValue(name, out var value) ? otherwise
            : value <= most ? value : throw entry.Error("targets", $"target '{name}' may be at most {most}");
        return new(
            Of("sla", built.SlaPercent, 100), Of("fcr", built.FcrPercent, 100), Of("callbacks", built.CallbacksPercent, 100), Of("due_30m", built.DueWithin30, int.MaxValue),
            Of("risk_band", built.RiskBandPoints, 100));
    }

    private static int? Whole(YamlNode node) =>
        node is YamlScalarNode { Value: { } text } && int.TryParse(text.TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
