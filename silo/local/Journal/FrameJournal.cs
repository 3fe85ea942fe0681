using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>
/// The durable journal: one row per commit, each tied to the one before by a hash. When <see cref="Append"/> returns, the frame
/// survives a power cut. Safe to call from several threads; calls take turns. Reading works on after a failure, appending does not.
/// </summary>
public sealed partial class FrameJournal : IDisposable
{
    /// <summary>The largest frame taken, in bytes. With the checkpoint bound it keeps the WAL well under 64 MB.</summary>
    public const int MaxFrameBytes = 16 << 20;

    private const long CheckpointAtWalBytes = 16 << 20;
    private const int SqliteBusy = 5;
    private const int SqliteCorrupt = 11;
    private const int SqliteFull = 13;
    private const int SqliteNotADatabase = 26;
    private const int UnixNoSpace = 28;
    private const int WindowsNoSpace = unchecked((int)0x80070070);

    private readonly Lock _gate = new();
    private readonly FileStream _folderLock;
    private readonly FrameTable _table;
    private readonly HighWaterMark _mark;
    private readonly string _walPath;
    private byte[] _lastHash;
    private bool _markMustSync;
    private bool _failed;
    private bool _disposed;

    private FrameJournal(string folder, FileStream folderLock, FrameTable table, HighWaterMark mark, Action<string> announce, bool onlyLook)
    {
        (_folderLock, _table, _mark) = (folderLock, table, mark);
        _walPath = Path.Combine(folder, "journal.db-wal");
        _archive = new FrameArchive(folder, announce);
        LastSequence = Math.Max(table.LastSequence(), _archive.Last);
        _lastHash = HashAt(LastSequence) ?? throw new JournalDamagedException(LastSequence, "the frame is missing");
        Gap = CompareWithMark(announce);
        // The old mark tells of the gap until something is appended. From then on it must not come back after a power cut.
        _markMustSync = Gap is not null;
        OpenArchive(announce, onlyLook);
    }

    /// <summary>The sequence of the last frame; 0 when there is none. The first frame is 1 and none is left out.</summary>
    public long LastSequence { get; private set; }

    /// <summary>The chain hash of the last frame: 32 bytes, all zero when there is no frame.</summary>
    public ReadOnlyMemory<byte> LastHash => _lastHash;

    /// <summary>What was missing when the journal was opened; null when it was whole.</summary>
    public JournalGap? Gap { get; }

    /// <summary>The SQLite settings as read back at the start, for the operator's page.</summary>
    public IReadOnlyDictionary<string, string> Pragmas => _table.Pragmas;

    /// <summary>Opens the journal in a folder and creates either if missing.</summary>
    /// <param name="folder">The data folder; this process becomes its only owner.</param>
    /// <param name="announce">Told, in plain words, what an operator must know.</param>
    /// <param name="maxBytes">What the journal file may grow to, in bytes; null for as far as the disk goes.</param>
    /// <param name="onlyLook">Leave a file of an older layout as it is; such a journal has no outbox and takes none.</param>
    /// <exception cref="JournalInUseException">Another process owns the folder.</exception>
    /// <exception cref="JournalDamagedException">The file is no database, or holds another history than the one marked.</exception>
    /// <exception cref="JournalFailedException">SQLite could not open it, or did not take a setting that durability needs.</exception>
    public static FrameJournal Open(string folder, Action<string> announce, long? maxBytes = null, bool onlyLook = false)
    {
        DirectorySync.Create(folder);
        var folderLock = FolderLock.Take(folder);
        FrameTable? table = null;
        HighWaterMark? mark = null;
        try
        {
            table = new FrameTable(Path.Combine(folder, "journal.db"), maxBytes, migrate: !onlyLook);
            mark = new HighWaterMark(Path.Combine(folder, "journal.mark"));
            DirectorySync.Sync(folder);
            return new FrameJournal(folder, folderLock, table, mark, announce, onlyLook);
        }
        catch (Exception error)
        {
            mark?.Dispose();
            table?.Dispose();
            folderLock.Dispose();
            if (error is SqliteException { SqliteErrorCode: SqliteBusy })
                throw new JournalInUseException(folder, error);
            if (error is SqliteException)
                throw Translate(error, 0);
            throw;
        }
    }

    /// <summary>Commits one frame and returns its sequence. The frame is on disk when this returns.</summary>
    /// <param name="frame">At most <see cref="MaxFrameBytes"/>.</param>
    /// <exception cref="JournalFullException">No room; see <see cref="JournalFailedException"/>.</exception>
    /// <exception cref="JournalFailedException">The commit failed or its outcome is unknown; every later append is refused.</exception>
    public long Append(ReadOnlySpan<byte> frame) => Append(frame, [], []);

    /// <summary>Commits one frame together with the rows that must be told because of it, and with what came of telling earlier ones.</summary>
    /// <inheritdoc cref="Append(ReadOnlySpan{byte})"/>
    public long Append(ReadOnlySpan<byte> frame, IReadOnlyList<OutboxRow> rows, IReadOnlyList<OutboxReport> reports)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frame.Length, MaxFrameBytes, nameof(frame));
        var payload = FrameCodec.Encode(frame);
        lock (_gate)
        {
            ThrowIfUnusable();
            try
            {
                // Before the insert, not after: a checkpoint that fails then leaves no doubt about this frame.
                if (WalBytes() >= CheckpointAtWalBytes)
                    CheckpointNow();
                var sequence = LastSequence + 1;
                var hash = FrameCodec.Link(_lastHash, sequence, payload);
                _table.Insert(sequence, hash, payload, rows, reports);
                WriteMark(sequence, hash);
                _lastHash = hash;
                return LastSequence = sequence;
            }
            catch (Exception error)
            {
                throw FailStop(error);
            }
        }
    }

    /// <summary>
    /// The frames after a sequence, up to the last one at the time of the call, each checked against the chain before it is
    /// handed out. Nothing is held between two frames, so appends go on while somebody reads.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The sequence is negative or past the end of the journal.</exception>
    /// <exception cref="JournalDamagedException">While reading: the frame it names is missing or altered.</exception>
    public IEnumerable<(long Sequence, byte[] Frame)> ReadFrom(long afterSequence)
    {
        var last = LastSequence;
        ArgumentOutOfRangeException.ThrowIfNegative(afterSequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(afterSequence, last);
        return ReadChain(afterSequence, last);
    }

    /// <summary>Whether the journal has a frame of this sequence with this chain hash: a snapshot of another history has not.</summary>
    public bool Holds(long sequence, byte[] hash) =>
        sequence >= 0 && HashAt(sequence) is { } found && found.AsSpan().SequenceEqual(hash);

    /// <summary>Walks the whole chain. Reports damage; does not throw for it.</summary>
    public VerifyReport Verify()
    {
        long frames = 0;
        try
        {
            foreach (var _ in ReadFrom(0))
                frames++;
            return new VerifyReport(frames, null, null);
        }
        catch (JournalDamagedException damage)
        {
            return new VerifyReport(frames, damage.Sequence, damage.Reason);
        }
    }

    /// <summary>Empties the WAL into the main file and syncs the high-water mark. Appending does it by itself at 16 MB of WAL.</summary>
    /// <exception cref="JournalFailedException">It failed; every later append is refused.</exception>
    public void Checkpoint()
    {
        lock (_gate)
        {
            ThrowIfUnusable();
            try
            {
                CheckpointNow();
            }
            catch (Exception error)
            {
                throw FailStop(error);
            }
        }
    }

    /// <summary>Closes the files and lets the folder go.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            _table.Dispose();
            _mark.Dispose();
            _folderLock.Dispose();
        }
    }

    private IEnumerable<(long Sequence, byte[] Frame)> ReadChain(long after, long last)
    {
        if (after == last)
            yield break;
        byte[]? previous = null;
        for (var sequence = after + 1; sequence <= last; sequence++)
        {
            var row = sequence <= _archive.Last ? null : Row(sequence);
            previous ??= row is null ? null : HashAt(sequence - 1);
            if (sequence <= _archive.Last) // maybe since a moment ago
            {
                yield return (sequence, _archive.Frame(sequence));
                previous = null;
                continue;
            }
            var (hash, payload) = row ?? throw new JournalDamagedException(sequence, "the frame is missing");
            if (previous is null) throw new JournalDamagedException(sequence - 1, "the frame is missing");
            if (!FrameCodec.Link(previous, sequence, payload).AsSpan().SequenceEqual(hash))
                throw new JournalDamagedException(sequence, "it does not match its hash and the frame before it");
            yield return (sequence, Decode(sequence, payload));
            previous = hash;
        }
    }

    private static byte[] Decode(long sequence, byte[] payload)
    {
        try
        {
            return FrameCodec.Decode(payload);
        }
        catch (InvalidDataException error)
        {
            throw new JournalDamagedException(sequence, error.Message, error);
        }
    }

    private byte[]? HashAt(long sequence) => sequence == 0 ? new byte[FrameCodec.HashBytes] : Row(sequence)?.Hash ?? _archive.HashAt(sequence);

    private (byte[] Hash, byte[] Payload)? Row(long sequence)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                return _table.Row(sequence);
            }
            catch (SqliteException error)
            {
                throw Translate(error, sequence);
            }
        }
    }

    private JournalGap? CompareWithMark(Action<string> announce)
    {
        if (_mark.Read() is not { } mark)
        {
            if (LastSequence > 0)
                announce($"The journal's high-water mark is missing or unreadable; the journal ends at frame {LastSequence}, and whether it went further is not known.");
            return null;
        }
        if (mark.Sequence > LastSequence)
        {
            announce($"The journal has lost frames: it ends at {LastSequence}, but {mark.Sequence} was committed. Sources should send again from their watermark.");
            return new JournalGap(mark.Sequence, LastSequence);
        }
        if (!Holds(mark.Sequence, mark.Hash))
            throw new JournalDamagedException(mark.Sequence, "the frame is not the one that the high-water mark names; the file holds another history");
        return null;
    }

    private void WriteMark(long sequence, byte[] hash)
    {
        _mark.Write(sequence, hash);
        if (!_markMustSync)
            return;
        _mark.Sync();
        _markMustSync = false;
    }

    private void CheckpointNow()
    {
        _table.Checkpoint();
        _mark.Sync();
    }

    private long WalBytes() => new FileInfo(_walPath) is { Exists: true } wal ? wal.Length : 0;

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failed)
            throw new JournalFailedException("The journal failed earlier and takes nothing more. Reopen it and recover.");
    }

    private Exception FailStop(Exception error)
    {
        _failed = true;
        return error is JournalFailedException ? error : Translate(error, LastSequence + 1, appending: true);
    }

    private static Exception Translate(Exception error, long sequence, bool appending = false) => error switch
    {
        SqliteException { SqliteErrorCode: SqliteFull } or IOException { HResult: UnixNoSpace or WindowsNoSpace } =>
            new JournalFullException($"No room for frame {sequence} in the journal.", error),
        SqliteException { SqliteErrorCode: SqliteCorrupt or SqliteNotADatabase } when !appending =>
            new JournalDamagedException(sequence, error.Message, error),
        _ => new JournalFailedException($"The journal failed at frame {sequence}: {error.Message}", error),
    };
}
