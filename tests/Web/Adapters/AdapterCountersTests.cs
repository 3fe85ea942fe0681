using OpsMonitor.Web.Adapters;
using Xunit;

namespace OpsMonitor.Tests.Web.Adapters;

public sealed class AdapterCountersTests
{
    [Fact(Timeout = 60_000)]
    public async Task They_can_be_read_while_adapters_are_heard_for_the_first_time()
    {
        const int rounds = 60, adapters = 400;
        for (var round = 0; round < rounds; round++)
        {
            var counters = new AdapterCounters();
            var heard = Task.Run(() =>
            {
                for (var i = 0; i < adapters; i++) counters.Add($"a-{i}", "accepted", 1);
            }, TestContext.Current.CancellationToken);
            while (!heard.IsCompleted) Assert.InRange(Total(counters), 0, adapters);
            await heard;
            Assert.Equal(adapters, Total(counters));
        }
    }

    private static long Total(AdapterCounters counters)
    {
        var total = 0L;
        counters.Write(static (_, _, _) => { }, (_, n) => total += n);
        return total;
    }
}
