using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Tests.Grains;
using Xunit;

namespace OpsMonitor.Tests.Conventions;

/// <summary>No rate without a formula to read.</summary>
public sealed class FormulaTests
{
    [Fact]
    public void Every_rate_of_a_report_has_its_formula_and_stands_in_the_document()
    {
        var document = File.ReadAllText(Path.Combine(ConventionTests.Root, "docs", "metrics.md"));
        var table = Story.Of().At("09:00:00", "ticket/a", new TicketCreated(TicketKind.Complaint, Channel.Phone)).Tick("+9 09:00:00").Report("queue/q");
        var rates = table.Where(m => m.Value is Ratio).Select(m => m.Key).Concat(Formulas.ServiceLevelModes.Select(m => $"service_level/{m}/20")).ToList();
        Assert.True(rates.Count > 35, $"{rates.Count} rates");
        Assert.All(rates, name => Assert.NotNull(FormulaNames.Of(name)));
        Assert.All(FormulaNames.Metrics, name => Assert.Contains($"| `{name}` | {FormulaNames.Of(name)} |", document, StringComparison.Ordinal));
    }
}
