using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>What numbers are agreed on, from <c>metrics.yaml</c> of the policy folder; what it leaves out stays as it is. (docs: metrics)</summary>
internal sealed record MetricFile(MetricSettings Settings, long FcrWindowMs, bool FcrPerIssue)
{
    public const string Name = "metrics.yaml";

    private const int MostWindowH = 30 * 24;

    /// <exception cref="ReferenceDataException">The file breaks a rule.</exception>
    public static MetricFile Read(string? folder)
    {
        var (none, file) = (MetricSettings.Default, folder is null ? "" : Path.Combine(folder, Name));
        if (!File.Exists(file)) return new(none, PolicySet.Default.FcrWindowMs, false);
        var entry = YamlEntries.One(file, ["fcr", "surveys", "three_rates", "escalation_level"], []);
        var fcr = entry.Mapping("fcr", ["window_h", "customer_and_issue"], []);
        var (surveys, rates) = (entry.Mapping("surveys", ["basically_satisfied"], []), entry.Mapping("three_rates", ["response", "satisfied", "resolved"], []));
        int Weight(string key, int missing) => rates is null ? missing : rates.Number(key, 0, 100) ?? throw rates.Error(key, $"'{key}' is required: all three weights, in percent");
        var settings = new MetricSettings(
            surveys?.Number("basically_satisfied", 0, 100) ?? none.BasicallySatisfied, Weight("response", none.Response), Weight("satisfied", none.Satisfied),
            Weight("resolved", none.Resolved), entry.Number("escalation_level", 1, 5) ?? none.EscalationLevel);
        if (settings.Response + settings.Satisfied + settings.Resolved != 100) throw entry.Error("three_rates", "'three_rates' must sum to 100");
        return new(settings, (fcr?.Number("window_h", 24, MostWindowH) ?? 168) * 3_600_000L, fcr?.Text("customer_and_issue") switch
        {
            null or "false" => false,
            "true" => true,
            _ => throw fcr.Error("customer_and_issue", "'customer_and_issue' must be true or false"),
        });
    }
}
