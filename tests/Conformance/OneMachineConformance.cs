using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Tests.Conformance;

public sealed class OneMachineConformance : HostConformance
{
    protected override Task<ITestedHost> Open(TimeProvider clock, long? backfillUntil, Func<IReadOnlyList<PolicyEdit>, PolicySet> policies) =>
        Task.FromResult<ITestedHost>(new Tested(clock, backfillUntil, policies));

    private sealed class Tested : ITestedHost
    {
        private readonly TemporaryFolder _folder = new();
        private readonly OneMachine _machine;

        public Tested(TimeProvider clock, long? backfillUntil, Func<IReadOnlyList<PolicyEdit>, PolicySet> policies) =>
            _machine = new(LocalHost.Open(new(_folder.Path, policies([]), backfillUntil) { Reread = policies }, clock, static _ => { }));

        public IOpsHost Host => _machine;

        // An empty offer is a turn, and a turn begins with what is due.
        public async Task WakeAsync() => await _machine.OfferAsync([], default);

        public async ValueTask DisposeAsync()
        {
            await _machine.DisposeAsync();
            _folder.Dispose();
        }
    }
}
