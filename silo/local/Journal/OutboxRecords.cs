namespace OpsMonitor.Silo.Local.Journal;

/// <param name="Pending">rows that are committed and not marked sent</param>
/// <param name="Sent">rows marked sent and still kept</param>
/// <param name="OldestPendingAt">Unix ms of the oldest pending change; null when none is pending</param>
public readonly record struct OutboxCensus(long Pending, long Sent, long? OldestPendingAt);
