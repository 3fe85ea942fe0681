namespace OpsMonitor.Grains.Alerts;

/// <summary>A row of the outbox as it is stored, not yet sent.</summary>
/// <param name="Id">grows in the order of commits</param>
/// <param name="Frame">the sequence of its cause's frame: the two were one commit</param>
/// <param name="Attempts">how often sending it has been reported as failed</param>
/// <param name="NextAttemptAt">Unix ms before which it is not to be tried again; 0 = at once</param>
public sealed record OutboxEntry(long Id, long Frame, int Attempts, long NextAttemptAt, OutboxRow Row);

/// <summary>What came of sending one row: sent at an instant, or failed and to be tried again at one.</summary>
/// <param name="Attempts">failed attempts since the last report that was written</param>
/// <param name="SentAt">Unix ms; null = failed</param>
/// <param name="NextAttemptAt">Unix ms</param>
public sealed record OutboxReport(long Id, int Attempts, long? SentAt, long NextAttemptAt);
