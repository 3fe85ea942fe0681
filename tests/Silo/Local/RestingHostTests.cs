using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local;

/// <summary>Agents' hours that are over leave memory while others read: who reads sees all of a state, never one that is being changed.</summary>
public sealed class RestingHostTests : IDisposable
{
    private const int Agents = 300, Hours = 60;

    private readonly TemporaryFolder _folder = new();
    private readonly SetClock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Who_reads_while_hours_go_to_rest_reads_a_whole_state()
    {
        _clock.Stop(DateTimeOffset.FromUnixTimeMilliseconds(Story.Ms("00:00:00")));
        await using var host = LocalHost.Open(new(_folder.Path, PolicySet.Default) { LeaveAfterMs = 0 }, _clock, static _ => { });
        using var stop = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            var reads = 0;
            for (; !stop.IsCancellationRequested; reads++) host.Read(s => s.Contributions().Count() + s.Rows().Count());
            return reads;
        });
        for (var hour = 0; hour < Hours; hour++)
        {
            var at = Story.Ms("00:00:00") + (hour * Story.Hour);
            _clock.Stop(DateTimeOffset.FromUnixTimeMilliseconds(at));
            Event[] told = [.. Enumerable.Range(0, Agents).Select(n => Story.Event(at, $"agent/a-{n}", new AgentStateChanged(hour % 2 == 0 ? AgentState.Available : AgentState.Break), $"e-{hour}-{n}"))];
            Assert.DoesNotContain((await host.OfferAsync(told, default)).Verdicts, v => v != Verdict.Accepted);
        }
        await stop.CancelAsync();
        Assert.True(await reader > 0);
        Assert.True(host.Read(s => s.RestingContributions().Count()) > Agents * 10, "none came to rest");
        Assert.True(host.Read(Recount.Equals));
    }
}
