using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// A shard at the end of a turn, without anything that can be judged again: identities seen, histories, the alerts' lives, what is known of the
/// sources. Resuming from it and taking the later turns equals taking all turns. (design: The journal)
/// </summary>
public sealed record ShardImage(
    long Now,
    long LastEventAt,
    IReadOnlyList<KeyValuePair<UInt128, ulong>> Seen,
    IReadOnlyList<Event> Histories,
    IReadOnlyList<Alert> Alerts,
    IReadOnlyDictionary<string, SourceStats> Sources)
{
    /// <summary>What was saved up to here: the histories are judged anew by it.</summary>
    public IReadOnlyList<PolicyEdit> Edits { get; init; } = [];
}
