using OpsMonitor.Grains.Policies;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

public sealed class MetricFileTests
{
    private static PolicySet Load(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("metrics.yaml"), text);
        return PolicyFolder.Load(folder.Path, ReferenceData.Empty);
    }

    [Fact]
    public void What_numbers_are_agreed_on_is_read_and_the_rest_stays()
    {
        var set = Load("fcr: {window_h: 72, customer_and_issue: true}\nsurveys: {basically_satisfied: 90}\n");
        Assert.Equal((72 * 3_600_000L, true, new MetricSettings(BasicallySatisfied: 90)), (set.FcrWindowMs, set.FcrPerIssue, set.Metrics));
        Assert.Equal(new MetricSettings(100, 20, 30, 50, 3), Load("three_rates: {response: 20, satisfied: 30, resolved: 50}\nescalation_level: 3\n").Metrics);
    }

    [Theory]
    [InlineData("fcr: {window_h: 23}", "window_h")]
    [InlineData("fcr: {window_h: 721}", "window_h")]
    [InlineData("three_rates: {response: 20, satisfied: 30, resolved: 51}", "sum to 100")]
    [InlineData("three_rates: {response: 20}", "all three weights")]
    [InlineData("fcr: {customer_and_issue: maybe}", "true or false")]
    [InlineData("fcs: {}", "unknown key")]
    public void What_breaks_a_rule_is_named(string text, string rule) => Assert.Contains(rule, Assert.Throws<ReferenceDataException>(() => Load(text)).Message, StringComparison.Ordinal);
}
