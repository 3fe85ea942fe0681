namespace OpsMonitor.Silo.Local.Journal;

/// <summary>The journal could not do what was asked. After a failed append nothing is known about that commit: drop the state, reopen, recover.</summary>
public class JournalFailedException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The disk, or the size allowed to the journal, is full. Reading goes on; appending needs room and a reopened journal.</summary>
public sealed class JournalFullException(string message, Exception? cause = null) : JournalFailedException(message, cause);

/// <summary>Another process (or another part of this one) owns the data folder.</summary>
public sealed class JournalInUseException(string folder, Exception? cause = null)
    : Exception($"The data folder '{folder}' is in use by another OpsMonitor process. One process owns a data folder; stop the other one or give this one its own folder.", cause);

/// <summary>A stored frame is missing or is not what was written.</summary>
/// <param name="sequence">The first frame that cannot be trusted; 0 when the file as a whole cannot be read.</param>
/// <param name="reason">What is wrong, for the operator.</param>
/// <param name="cause">The error underneath, if there was one.</param>
public sealed class JournalDamagedException(long sequence, string reason, Exception? cause = null)
    : Exception($"The journal is damaged at frame {sequence}: {reason}", cause)
{
    /// <summary>The first frame that cannot be trusted; 0 when the file as a whole cannot be read.</summary>
    public long Sequence { get; } = sequence;

    /// <summary>What is wrong, without the sequence.</summary>
    public string Reason { get; } = reason;
}
