using OpsMonitor.Web.Demo;
using Xunit;

namespace OpsMonitor.Tests.Web.Rules;

/// <summary>The small version of <c>dotnet run --project bench -c Release -- bulk</c>; OPSMONITOR_BULK_DAYS makes it longer.</summary>
public sealed class BulkStudyTests(ITestOutputHelper output)
{
    private static readonly int Days = int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_BULK_DAYS"), out var days) ? days : 4;

    [Fact]
    public void Ten_hidden_complaints_are_found_at_the_instant_that_completes_them_and_normal_days_raise_none()
    {
        var normal = BulkStudy.Run(1, Days, 0, calm: true);
        output.WriteLine($"{normal}");
        Assert.Equal(0, normal.Others);
        foreach (var complaints in (int[])[6, 10, 20])
        {
            var figures = BulkStudy.Run(1, Days, complaints, calm: true);
            output.WriteLine($"{figures}");
            Assert.InRange(figures.MostLateMs, 0, 1_000);
            if (complaints >= 10) Assert.Equal(Days, figures.Found);
        }
    }
}
