using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>The one connection to the journal file and its prepared statements. Not thread safe; lets SQLite's errors through.</summary>
internal sealed class FrameTable : IDisposable
{
    private const int LayoutVersion = 2;
    private const int LayoutBeforeOutbox = 1;
    private const int BusySeconds = 1;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _row;
    private readonly SqliteCommand _last;
    private readonly SqliteCommand _checkpoint;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;

    /// <param name="migrate">false = leave a file of an older layout as it is; only for looking</param>
    public FrameTable(string path, long? maxBytes, bool migrate = true)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path, Pooling = false, DefaultTimeout = BusySeconds,
        }.ToString());
        try
        {
            _connection.Open();
            Pragmas = JournalPragmas.Apply(_connection);
            var layout = CreateLayout(migrate);
            if (maxBytes is { } bytes)
                Number($"PRAGMA max_page_count = {Math.Max(1, bytes / Number("PRAGMA page_size"))}");
            _insert = Prepare("INSERT INTO frame (sequence, hash, payload) VALUES ($sequence, $hash, $payload)",
                ("$sequence", SqliteType.Integer), ("$hash", SqliteType.Blob), ("$payload", SqliteType.Blob));
            _row = Prepare("SELECT hash, payload FROM frame WHERE sequence = $sequence", ("$sequence", SqliteType.Integer));
            _last = Prepare("SELECT coalesce(max(sequence), 0) FROM frame");
            _checkpoint = Prepare("PRAGMA wal_checkpoint(TRUNCATE)");
            _begin = Prepare("BEGIN IMMEDIATE");
            _commit = Prepare("COMMIT");
            _rollback = Prepare("ROLLBACK");
            Outbox = layout == LayoutVersion ? new OutboxTable(_connection) : null;
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public IReadOnlyDictionary<string, string> Pragmas { get; }

    /// <summary>Null where the file is of a layout without one and was opened only to look.</summary>
    public OutboxTable? Outbox { get; }

    public long LastSequence() => (long)_last.ExecuteScalar()!;

    /// <summary>0 for a table without frames.</summary>
    public long FirstSequence() => Number("SELECT coalesce(min(sequence), 0) FROM frame");

    /// <summary>Takes out the oldest frames up to a sequence, at most so many, in a commit of its own.</summary>
    /// <returns>how many</returns>
    public long Drop(long upTo, int most)
    {
        var first = FirstSequence();
        if (first == 0 || first > upTo) return 0;
        var last = Math.Min(upTo, first + most - 1);
        Number($"DELETE FROM frame WHERE sequence BETWEEN {first} AND {last}");
        return last - first + 1;
    }

    /// <summary>One statement outside a transaction is its own transaction: when this returns, the row is on disk.</summary>
    public void Insert(long sequence, byte[] hash, byte[] payload)
    {
        _insert.Parameters[0].Value = sequence;
        _insert.Parameters[1].Value = hash;
        _insert.Parameters[2].Value = payload;
        _insert.ExecuteNonQuery();
        _insert.Parameters[2].Value = DBNull.Value; // do not keep a large frame alive until the next one
    }

    /// <summary>A frame with what is to be told because of it, and what came of telling earlier: all of it is on disk when this returns, or none.</summary>
    public void Insert(long sequence, byte[] hash, byte[] payload, IReadOnlyList<OutboxRow> rows, IReadOnlyList<OutboxReport> reports)
    {
        if (rows.Count == 0 && reports.Count == 0)
            Insert(sequence, hash, payload);
        else
            InOneTransaction(() =>
            {
                Insert(sequence, hash, payload);
                return OutboxToWrite.Write(sequence, rows, reports);
            });
    }

    /// <summary>What came of telling, with no frame to go along with.</summary>
    public void Report(IReadOnlyList<OutboxReport> reports) => InOneTransaction(() => OutboxToWrite.Write(0, [], reports));

    public (byte[] Hash, byte[] Payload)? Row(long sequence)
    {
        _row.Parameters[0].Value = sequence;
        using var reader = _row.ExecuteReader();
        return reader.Read() ? (reader.GetFieldValue<byte[]>(0), reader.GetFieldValue<byte[]>(1)) : null;
    }

    /// <summary>Moves the WAL into the main file and cuts it to nothing.</summary>
    public void Checkpoint()
    {
        using var reader = _checkpoint.ExecuteReader();
        if (!reader.Read() || reader.GetInt64(0) != 0)
            throw new JournalFailedException("The checkpoint found the journal busy, though nobody else may use it.");
    }

    public void Dispose() => _connection.Dispose();

    private OutboxTable OutboxToWrite => Outbox ?? throw new JournalFailedException("The journal was opened only to look.");

    /// <param name="write">returns what is to follow once the commit holds</param>
    private void InOneTransaction(Func<Action> write)
    {
        _begin.ExecuteNonQuery();
        try
        {
            var afterwards = write();
            _commit.ExecuteNonQuery();
            afterwards();
        }
        catch
        {
            RollBack(); // reading goes on over this connection, and must not see half a commit
            throw;
        }
    }

    private void RollBack()
    {
        try
        {
            _rollback.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // A full disk or a failed write has rolled back by itself; the error that counts is the first.
        }
    }

    private long CreateLayout(bool migrate)
    {
        var found = Number("PRAGMA user_version");
        if (found is not (0 or LayoutBeforeOutbox or LayoutVersion))
            throw new JournalFailedException($"The journal has layout {found}; this build knows {LayoutVersion}. Use the build that wrote it, or a newer one.");
        if (found == LayoutVersion || (found == LayoutBeforeOutbox && !migrate))
            return found;
        Number($"""
            BEGIN;
            {(found == 0 ? "CREATE TABLE frame (sequence INTEGER PRIMARY KEY, hash BLOB NOT NULL, payload BLOB NOT NULL) STRICT;" : "")}
            {OutboxTable.Layout}
            PRAGMA user_version = {LayoutVersion};
            COMMIT;
            """);
        return LayoutVersion;
    }

    private long Number(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long? ?? 0;
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<(string Name, SqliteType Type)> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, type) in parameters)
            command.Parameters.Add(name, type);
        command.Prepare();
        return command;
    }
}
