namespace OpsMonitor.Silo.Local.Journal;

/// <summary>Holds a data folder for one owner until disposed, or until the process ends in whatever way.</summary>
internal static class FolderLock
{
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    /// <exception cref="JournalInUseException">Somebody else holds it.</exception>
    public static FileStream Take(string folder)
    {
        try
        {
            // The file stays when the lock is let go: deleting it would let two owners lock two files of one name.
            return new FileStream(Path.Combine(folder, "journal.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation)
        {
            throw new JournalInUseException(folder, error);
        }
    }
}
