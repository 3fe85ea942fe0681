using OpsMonitor.Grains.Alerts;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Board;

/// <summary>
/// The outbox's way to the walls. It tells by pictures: boards built after the rows were taken hold what the rows say, with an alarm revision
/// that makes every wall fetch its list. A picture may be shown twice and says the same, so nothing needs to remember what has been shown.
/// </summary>
public sealed class WebChannel(IOpsHost host, ILogger log)
{
    // One publication tells of everything, so take everything; the bound is for memory alone.
    private const int TakenAtOnce = 10_000;

    /// <summary>Takes what is pending, publishes, and only then says that it was sent.</summary>
    /// <param name="publish">returns whether every viewer can now see the state; what it could not show stays pending</param>
    public void Tell(Func<bool> publish)
    {
        var pending = Take(); // before publishing: what is committed meanwhile belongs to the next picture
        if (publish() && pending.Count > 0) host.Outbox!.Sent(pending.Select(p => p.Id), host.Now);
    }

    // Walls go on where the journal cannot be read any more: they show a state, not the outbox.
    private IReadOnlyList<OutboxEntry> Take()
    {
        try
        {
            return host.Outbox?.Take(OutboxRow.Web, host.Now, TakenAtOnce) ?? [];
        }
        catch (Exception fault) when (fault is JournalFailedException or JournalDamagedException)
        {
            log.LogError(fault, "the outbox could not be read");
            return [];
        }
    }
}
