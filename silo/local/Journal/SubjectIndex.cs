using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>
/// Which frames may speak of which subject, and the rows and alerts of those that left memory. Derived from the journal: it may be deleted at any time and is then
/// built again from frame 1. In the index of frames a subject is known by eight bytes of its name's hash: two that share them are found with each other's frames,
/// which the reader of a frame sorts out. Safe to call from several threads; calls take turns.
/// </summary>
public sealed partial class SubjectIndex : IDisposable
{
    private const int SqliteCorrupt = 11;
    private const int SqliteNotADatabase = 26;
    private const int LayoutVersion = 6;

    private readonly Lock _gate = new(), _reading = new(); // a turn that recalls somebody does not wait for what is being indexed
    private readonly SqliteConnection _connection, _reader;
    private readonly SqliteCommand _addEntry;
    private readonly SqliteCommand _setProgress;
    private readonly SqliteCommand _frames;

    private SubjectIndex(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _reader = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            _connection.Open();
            // NORMAL: a power cut may take the last entries, never the file; IndexedTo goes back with them.
            Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
            CreateLayout();
            _reader.Open();
            _addEntry = Prepare("INSERT OR IGNORE INTO entry VALUES ($1, $2)", SqliteType.Integer, SqliteType.Integer);
            _setProgress = Prepare("UPDATE progress SET sequence = $1", SqliteType.Integer);
            _keep = Prepare(KeepText, KeepTypes);
            _keepAlert = Prepare(KeepAlertText, KeepAlertTypes);
            _frames = Prepare(_reader, "SELECT sequence FROM entry WHERE subject = $1 AND sequence < $2 ORDER BY sequence", SqliteType.Integer, SqliteType.Integer);
            _alertsAbout = Prepare(_reader, AlertsAboutText, SqliteType.Integer, SqliteType.Integer);
            IndexedTo = Run("SELECT sequence FROM progress");
        }
        catch
        {
            _reader.Dispose();
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>The last frame indexed; 0 when none is. Go on with the one after it.</summary>
    public long IndexedTo { get; private set; }

    /// <summary>Opens the index in a folder, and begins an empty one where it is missing, unreadable or of another layout.</summary>
    /// <exception cref="SqliteException">It could not be opened for another reason.</exception>
    public static SubjectIndex Open(string folder, Action<string> announce)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "history.db");
        try
        {
            return new SubjectIndex(path);
        }
        catch (SqliteException error) when (error.SqliteErrorCode is SqliteCorrupt or SqliteNotADatabase)
        {
            announce($"The history index is unreadable and will be built again: {error.Message}");
            foreach (var suffix in (string[])["", "-wal", "-shm"])
                File.Delete(path + suffix);
            return new SubjectIndex(path);
        }
    }

    /// <summary>Notes the subjects of frames in one go. A frame already indexed is passed over, so a rebuild may overlap.</summary>
    public void Index(IEnumerable<(long Sequence, IEnumerable<string> Subjects)> frames)
    {
        lock (_gate)
        {
            var last = IndexedTo;
            using var transaction = _connection.BeginTransaction();
            foreach (var (sequence, subjects) in frames)
            {
                if (sequence <= last) continue;
                foreach (var subject in subjects) Execute(_addEntry, transaction, Key(subject), sequence);
                last = sequence;
            }
            Execute(_setProgress, transaction, last);
            transaction.Commit();
            IndexedTo = last;
        }
    }

    /// <summary>The frames indexed that may speak of a subject, oldest first.</summary>
    /// <param name="before">only those of lower sequences</param>
    public IReadOnlyList<long> Frames(string subject, long before = long.MaxValue)
    {
        lock (_reading)
        {
            (_frames.Parameters[0].Value, _frames.Parameters[1].Value) = (Key(subject), before);
            using var reader = _frames.ExecuteReader();
            var found = new List<long>();
            while (reader.Read())
                found.Add(reader.GetInt64(0));
            return found;
        }
    }

    /// <summary>Forgets what was indexed after a sequence: needed when the journal has a gap, whose numbers are given out again.</summary>
    public void ForgetAfter(long sequence)
    {
        lock (_gate)
        {
            if (sequence >= IndexedTo)
                return;
            Run($"BEGIN; DELETE FROM entry WHERE sequence > {sequence}; DELETE FROM kept WHERE sequence > {sequence}; DELETE FROM alert WHERE sequence > {sequence}; UPDATE progress SET sequence = {sequence}; COMMIT;");
            IndexedTo = sequence;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (_reading)
            _reader.Dispose();
        lock (_gate)
            _connection.Dispose();
    }

    private void CreateLayout()
    {
        if (Run("PRAGMA user_version") == LayoutVersion)
            return;
        Run($"""
            BEGIN;
            DROP TABLE IF EXISTS entry; DROP TABLE IF EXISTS subject; DROP TABLE IF EXISTS progress; DROP TABLE IF EXISTS kept;
            DROP TABLE IF EXISTS alert; DROP TABLE IF EXISTS alerts_judged;
            CREATE TABLE entry (subject INTEGER, sequence INTEGER, PRIMARY KEY (subject, sequence)) STRICT, WITHOUT ROWID;
            {KeptLayout}
            {AlertLayout}
            CREATE TABLE progress (sequence INTEGER NOT NULL) STRICT;
            INSERT INTO progress VALUES (0);
            PRAGMA user_version = {LayoutVersion};
            COMMIT;
            """);
    }

    private static long Key(string subject) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(subject)));

    private static void Execute(SqliteCommand command, SqliteTransaction transaction, params ReadOnlySpan<object> values)
    {
        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }

    private long Run(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long? ?? 0;
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<SqliteType> types) => Prepare(_connection, sql, types);

    private static SqliteCommand Prepare(SqliteConnection connection, string sql, params ReadOnlySpan<SqliteType> types)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < types.Length; i++)
            command.Parameters.Add($"${i + 1}", types[i]);
        command.Prepare();
        return command;
    }
}
