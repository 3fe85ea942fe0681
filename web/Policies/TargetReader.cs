using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>Targets of metrics: on a policy for the wall, on a clock for readers. Percents are whole.</summary>
internal static class TargetReader
{
    private static readonly string[] Keys = ["sla", "service_level", "fcr", "callbacks", "connect_rate", "due_30m", "risk_band"];

    /// <summary>What a file leaves out stays as built in. Every number is checked; the connect rate and the seconds of a service level are for readers.</summary>
    public static Targets Read(YamlEntry entry)
    {
        var built = new Targets();
        if (entry.Mapping("targets", Keys, []) is not { } targets) return built;
        if (targets.Node("service_level") is YamlDotNet.RepresentationModel.YamlMappingNode)
        {
            var level = targets.Mapping("service_level", ["percent", "within_s"], [])!;
            level.Number("percent", 1, 100);
            level.Number("within_s", 1, 86_400);
        }
        else targets.Number("service_level", 1, 100);
        targets.Number("connect_rate", 1, 100);
        return new(
            targets.Number("sla", 1, 100) ?? built.SlaPercent, targets.Number("fcr", 1, 100) ?? built.FcrPercent, targets.Number("callbacks", 1, 100) ?? built.CallbacksPercent,
            targets.Number("due_30m", 0, 1_000_000) ?? built.DueWithin30, targets.Number("risk_band", 0, 100) ?? built.RiskBandPoints);
    }
}
