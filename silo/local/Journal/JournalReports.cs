namespace OpsMonitor.Silo.Local.Journal;

/// <summary>Frames that were acknowledged once and are no longer in the journal; their senders can send them again.</summary>
/// <param name="Expected">The last sequence known to have been committed.</param>
/// <param name="Found">The last sequence the journal holds.</param>
public sealed record JournalGap(long Expected, long Found);

/// <summary>What a walk over the whole chain found.</summary>
/// <param name="Frames">Frames that hold, counted from the first.</param>
/// <param name="BrokenAt">The first frame that does not hold; null when all do.</param>
/// <param name="Reason">What is wrong there; null when nothing is.</param>
public sealed record VerifyReport(long Frames, long? BrokenAt, string? Reason)
{
    /// <summary>True when every frame holds.</summary>
    public bool Whole => BrokenAt is null;
}
