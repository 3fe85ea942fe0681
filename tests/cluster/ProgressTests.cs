using OpsMonitor.Silo.Orleans.Grains;
using OpsMonitor.Silo.Orleans.Node;
using Xunit;

namespace OpsMonitor.Tests.Cluster;

public sealed class ProgressTests
{
    private static Mark At(long number, string epoch = "a") => new(epoch, number, true);

    [Fact]
    public void What_overtakes_counts_once_the_gap_is_closed()
    {
        var progress = new Progress();
        progress.Heard(At(7)); // overtook the answer that it follows
        progress.Begin(At(5));
        Assert.False(progress.Reaches(At(6)));
        progress.Heard(At(6));
        Assert.True(progress.Reaches(At(7)));
        Assert.False(progress.Reaches(At(8)));
    }

    [Fact]
    public void A_department_that_began_anew_is_another_story()
    {
        var progress = new Progress();
        progress.Begin(At(5));
        progress.Heard(At(1, "b"));
        Assert.True(progress.Reaches(At(5)));
        Assert.False(progress.Reaches(At(1, "b")));
        progress.Begin(At(0, "b"));
        Assert.True(progress.Reaches(At(1, "b")));
    }
}
