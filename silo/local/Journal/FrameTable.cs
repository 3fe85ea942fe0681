using Microsoft.Data.Sqlite;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>The one connection to the journal file and its prepared statements. Not thread safe; lets SQLite's errors through.</summary>
internal sealed class FrameTable : IDisposable
{
    private const int LayoutVersion = 1;
    private const int BusySeconds = 1;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _row;
    private readonly SqliteCommand _last;
    private readonly SqliteCommand _checkpoint;

    public FrameTable(string path, long? maxBytes)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path, Pooling = false, DefaultTimeout = BusySeconds,
        }.ToString());
        try
        {
            _connection.Open();
            Pragmas = JournalPragmas.Apply(_connection);
            CreateLayout();
            if (maxBytes is { } bytes)
                Number($"PRAGMA max_page_count = {Math.Max(1, bytes / Number("PRAGMA page_size"))}");
            _insert = Prepare("INSERT INTO frame (sequence, hash, payload) VALUES ($sequence, $hash, $payload)",
                ("$sequence", SqliteType.Integer), ("$hash", SqliteType.Blob), ("$payload", SqliteType.Blob));
            _row = Prepare("SELECT hash, payload FROM frame WHERE sequence = $sequence", ("$sequence", SqliteType.Integer));
            _last = Prepare("SELECT coalesce(max(sequence), 0) FROM frame");
            _checkpoint = Prepare("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public IReadOnlyDictionary<string, string> Pragmas { get; }

    public long LastSequence() => (long)_last.ExecuteScalar()!;

    /// <summary>One statement outside a transaction is its own transaction: when this returns, the row is on disk.</summary>
    public void Insert(long sequence, byte[] hash, byte[] payload)
    {
        _insert.Parameters[0].Value = sequence;
        _insert.Parameters[1].Value = hash;
        _insert.Parameters[2].Value = payload;
        _insert.ExecuteNonQuery();
        _insert.Parameters[2].Value = DBNull.Value; // do not keep a large frame alive until the next one
    }

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

    private void CreateLayout()
    {
        var found = Number("PRAGMA user_version");
        if (found is not (0 or LayoutVersion))
            throw new JournalFailedException($"The journal has layout {found}; this build knows {LayoutVersion}. Use the build that wrote it, or a newer one.");
        if (found == LayoutVersion)
            return;
        Number($"""
            BEGIN;
            CREATE TABLE frame (sequence INTEGER PRIMARY KEY, hash BLOB NOT NULL, payload BLOB NOT NULL) STRICT;
            PRAGMA user_version = {LayoutVersion};
            COMMIT;
            """);
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
