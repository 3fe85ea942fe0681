using OpsMonitor.Web.Demo;
using Xunit;

namespace OpsMonitor.Tests.Web.Rules;

/// <summary>The small version of <c>dotnet run --project bench -c Release -- bulk</c>; OPSMONITOR_BULK_DAYS makes it longer.</summary>
public sealed class BulkStudyTests(ITestOutputHelper output)
{
    private static readonly int Days = int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_BULK_DAYS"), out var days) ? days : 2;

    [Fact]
    public void Ten_hidden_complaints_are_found_at_the_instant_that_completes_them_and_normal_days_raise_none()
    {
        var all = BulkStudy.Run(1, Days, [0, 6, 10, 20], calm: true);
        foreach (var figures in all) output.WriteLine($"{figures}");
        Assert.Equal(0, all[0].Others);
        Assert.All(all, f => Assert.InRange(f.MostLateMs, 0, 1_000));
        Assert.All(all.Where(f => f.Complaints >= 10), f => Assert.Equal(Days, f.Found));
    }

    [Fact]
    public void Why_six_are_mostly_not_found_is_printed()
    {
        foreach (var n in (int[])[0, 6])
        {
            var plain = BulkStudy.Plain(1, Days, n, calm: true);
            output.WriteLine($"{plain}");
            Assert.True(plain.Found <= plain.Reach && plain.Reach <= plain.Hidden);
        }
    }
}
