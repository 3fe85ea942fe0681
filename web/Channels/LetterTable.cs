using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Web.Channels;

/// <summary>
/// channels.db: letters with their attempts, what was told whom, why, and sealed secrets. A row of the journal's outbox is marked only after its
/// letters are here, and their keys make planning it again harmless. Safe to call from any thread; calls take turns.
/// </summary>
internal sealed partial class LetterTable : IDisposable
{
    /// <summary>As long as the outbox keeps what was sent, in ms.</summary>
    public const long KeptMs = 35 * 86_400_000L;

    /// <summary>Of letters that are over, and of reasons for telling, at the most so many; the oldest go first.</summary>
    public const int KeptRows = 200_000;

    // Times in Unix ms. Held: 1 where it waits for somebody's working hours.
    private const string Layout = """
        CREATE TABLE IF NOT EXISTS letter (
          id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, channel TEXT NOT NULL, lane TEXT NOT NULL, contact TEXT, kind TEXT NOT NULL, level TEXT NOT NULL, why TEXT NOT NULL,
          about TEXT, alert TEXT NOT NULL, code TEXT NOT NULL, alert_state TEXT NOT NULL, at INTEGER NOT NULL, notice BLOB NOT NULL, not_before INTEGER NOT NULL, held INTEGER NOT NULL,
          state TEXT NOT NULL DEFAULT 'waiting', series INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, last TEXT, done_at INTEGER,
          UNIQUE (lane, key)) STRICT;
        CREATE INDEX IF NOT EXISTS letter_due ON letter (channel, next_at, id) WHERE state = 'waiting';
        CREATE INDEX IF NOT EXISTS letter_lane ON letter (lane, id) WHERE state = 'waiting';
        CREATE INDEX IF NOT EXISTS letter_done ON letter (state, done_at) WHERE state <> 'waiting';
        CREATE TABLE IF NOT EXISTS attempt (
          letter INTEGER NOT NULL, series INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, delivered INTEGER NOT NULL, gone INTEGER NOT NULL, retry_after INTEGER,
          detail TEXT NOT NULL, PRIMARY KEY (letter, series, number)) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS climbed (alert TEXT PRIMARY KEY, since INTEGER NOT NULL, steps INTEGER NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS told (
          alert TEXT NOT NULL, channel TEXT NOT NULL, contact TEXT NOT NULL, since INTEGER NOT NULL, rank INTEGER NOT NULL, at INTEGER NOT NULL, over INTEGER NOT NULL,
          PRIMARY KEY (alert, channel, contact)) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS decision (
          id INTEGER PRIMARY KEY, alert TEXT NOT NULL, code TEXT NOT NULL, at INTEGER NOT NULL, channel TEXT NOT NULL, contact TEXT, level TEXT NOT NULL, tells INTEGER NOT NULL,
          why TEXT NOT NULL, until INTEGER) STRICT;
        CREATE INDEX IF NOT EXISTS decision_alert ON decision (alert, id);
        CREATE TABLE IF NOT EXISTS channel (
          id TEXT PRIMARY KEY, disabled_at INTEGER, disabled_why TEXT, sent_at INTEGER, failed_at INTEGER, detail TEXT) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS secret (channel TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, set_at INTEGER NOT NULL, PRIMARY KEY (channel, name)) STRICT, WITHOUT ROWID;
        """;

    private const string Columns = """
        key, channel, lane, contact, kind, level, why, about, alert, code, alert_state, at, notice, not_before, held, id, state, series, attempts, next_at, last, done_at
        """;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    public LetterTable(string path)
    {
        _connection = new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 10 }.ToString());
        try
        {
            _connection.Open();
            Run("PRAGMA journal_mode = WAL");
            Run("PRAGMA synchronous = FULL");
            Run("PRAGMA secure_delete = ON"); // a secret that was replaced is gone
            Run(Layout);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var command in _commands.Values) command.Dispose();
            _connection.Dispose();
        }
    }

    /// <summary>Several of the calls below as one commit.</summary>
    public void Together(Action calls)
    {
        lock (_gate)
        {
            Run("BEGIN IMMEDIATE");
            try
            {
                calls();
                Run("COMMIT");
            }
            catch
            {
                Run("ROLLBACK");
                throw;
            }
        }
    }

    /// <summary>Keeps a letter; one that is kept already stays as it is, but one that was dropped unsaid waits again.</summary>
    public void Add(Letter l) => Run(
        """
        INSERT INTO letter (key, channel, lane, contact, kind, level, why, about, alert, code, alert_state, at, notice, not_before, held, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $14)
        ON CONFLICT (lane, key) DO UPDATE SET state = 'waiting', why = excluded.why, at = excluded.at, notice = excluded.notice, not_before = excluded.not_before, held = excluded.held,
          next_at = excluded.next_at, done_at = NULL WHERE state = 'dropped'
        """,
        l.Key, l.Channel, l.Lane, l.Contact, l.Kind.ToString(), l.Level, Telling.NameOf(l.Why), l.About, l.Notice.Alert, l.Notice.Code, l.Notice.StateName, l.Notice.At,
        l.Notice.Json.ToArray(), l.NotBefore, l.Held ? 1 : 0);

    /// <summary>Letters that wait for somebody's working hours and have become pointless.</summary>
    public void DropHeld(string lane, long now) =>
        Run("UPDATE letter SET state = 'dropped', done_at = $2 WHERE lane = $1 AND state = 'waiting' AND held = 1 AND attempts = 0", lane, now);

    /// <summary>What a channel may send now, oldest first: of each lane only the first that waits.</summary>
    public IReadOnlyList<StoredLetter> Due(string channel, long now, int limit, Predicate<long> wanted) => [.. Read(
        $"""
        SELECT {Columns} FROM letter AS l WHERE channel = $1 AND state = 'waiting' AND next_at <= $2
          AND NOT EXISTS (SELECT 1 FROM letter AS b WHERE b.lane = l.lane AND b.state = 'waiting' AND b.id < l.id) ORDER BY next_at, id LIMIT $3
        """, channel, now, (long)limit).Where(l => wanted(l.Id))];

    /// <summary>When something is to be sent next, in Unix ms; null where nothing waits.</summary>
    public long? NextAt(string channel) => Number("SELECT min(next_at) FROM letter WHERE channel = $1 AND state = 'waiting'", channel);

    public IReadOnlyList<Attempt> AttemptsOf(StoredLetter letter)
    {
        lock (_gate)
        {
            var found = new List<Attempt>();
            using var row = Command("SELECT at, delivered, gone, retry_after FROM attempt WHERE letter = $1 AND series = $2 ORDER BY number", letter.Id, (long)letter.Series).ExecuteReader();
            while (row.Read()) found.Add(new(row.GetInt64(0), row.GetInt64(1) != 0, row.GetInt64(2) != 0, row.IsDBNull(3) ? null : row.GetInt64(3)));
            return found;
        }
    }

    /// <summary>Keeps one attempt and what follows from all of them.</summary>
    public void Mark(StoredLetter letter, int number, Attempt attempt, string detail, RetryState next)
    {
        Run("INSERT OR IGNORE INTO attempt VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            letter.Id, (long)letter.Series, (long)number, attempt.At, attempt.Delivered ? 1 : 0, attempt.Gone ? 1 : 0, attempt.RetryAfterMs, detail);
        var state = next.Final switch { null => "waiting", RetryState.Delivered => "sent", _ => "dead" };
        Run("UPDATE letter SET state = $2, attempts = $3, next_at = $4, last = $5, done_at = $6 WHERE id = $1 AND state = 'waiting'",
            letter.Id, state, (long)number, next.NextAt ?? 0L, detail, next.Final is null ? null : attempt.At);
        Noted(letter.Letter.Channel, attempt.Delivered, detail, attempt.At);
    }

    /// <summary>Gives a letter up without an attempt.</summary>
    public void Bury(long id, string why, long now) => Run("UPDATE letter SET state = 'dead', last = $2, done_at = $3 WHERE id = $1 AND state = 'waiting'", id, why, now);

    /// <summary>A dead letter is sent again, with a whole schedule of its own and the same key.</summary>
    /// <returns>false where there is none</returns>
    public bool Again(string channel, long id, long now) =>
        Run("UPDATE letter SET state = 'waiting', series = series + 1, attempts = 0, next_at = $3, done_at = NULL WHERE id = $2 AND channel = $1 AND state = 'dead'", channel, id, now) > 0;

    /// <summary>The newest letters of a channel in a state.</summary>
    public IReadOnlyList<StoredLetter> Of(string channel, LetterState state, int limit) => Read(
        $"SELECT {Columns} FROM letter WHERE channel = $1 AND state = $2 ORDER BY id DESC LIMIT $3", channel, NameOf(state), (long)limit);

    public long Count(string channel, LetterState state) => Number("SELECT count(*) FROM letter WHERE channel = $1 AND state = $2", channel, NameOf(state)) ?? 0;

    /// <summary>How many of those that wait have failed at least once.</summary>
    public long CountRetrying(string channel) => Number("SELECT count(*) FROM letter WHERE channel = $1 AND state = 'waiting' AND attempts > 0", channel) ?? 0;

    /// <summary>Forgets what is long done. Letters that wait, and dead ones within the time, stay.</summary>
    public void Prune(long now)
    {
        Run("DELETE FROM letter WHERE id IN (SELECT id FROM letter WHERE state IN ('sent', 'dropped', 'dead') AND done_at < $1 LIMIT 1000)", now - KeptMs);
        Run("DELETE FROM letter WHERE id IN (SELECT id FROM letter WHERE state IN ('sent', 'dropped') AND id <= (SELECT max(id) FROM letter) - $1 LIMIT 1000)", (long)KeptRows);
        Run("DELETE FROM attempt WHERE letter < (SELECT coalesce(min(id), 0) FROM letter)");
        Run("DELETE FROM decision WHERE id IN (SELECT id FROM decision WHERE at < $1 OR id <= (SELECT max(id) FROM decision) - $2 ORDER BY id LIMIT 1000)", now - KeptMs, (long)KeptRows);
        Run("DELETE FROM told WHERE at < $1", now - KeptMs);
        Run("DELETE FROM climbed WHERE at < $1", now - KeptMs);
    }

    internal static string NameOf(LetterState state) => state switch { LetterState.Waiting => "waiting", LetterState.Sent => "sent", LetterState.Dead => "dead", _ => "dropped" };

    private List<StoredLetter> Read(string sql, params ReadOnlySpan<object?> values)
    {
        lock (_gate)
        {
            var found = new List<StoredLetter>();
            using var r = Command(sql, values).ExecuteReader();
            while (r.Read())
            {
                var notice = r.GetFieldValue<byte[]>(12) is { Length: > 0 } json
                    ? Notice.Read(r.GetString(8), r.GetString(9), Notice.StateOf(r.GetString(10)), r.GetInt64(11), json) : throw new InvalidDataException("a letter without its alert");
                var letter = new Letter(
                    r.GetString(0), r.GetString(1), r.GetString(2), r.IsDBNull(3) ? null : r.GetString(3), Enum.Parse<LetterKind>(r.GetString(4)), r.GetString(5), WhyOf(r.GetString(6)),
                    r.IsDBNull(7) ? null : r.GetString(7), notice, r.GetInt64(13), r.GetInt64(14) != 0);
                var state = r.GetString(16) switch { "waiting" => LetterState.Waiting, "sent" => LetterState.Sent, "dead" => LetterState.Dead, _ => LetterState.Dropped };
                found.Add(new(r.GetInt64(15), letter, state, r.GetInt32(17), r.GetInt32(18), r.GetInt64(19), r.IsDBNull(20) ? null : r.GetString(20), r.IsDBNull(21) ? null : r.GetInt64(21)));
            }
            return found;
        }
    }

    private static Why WhyOf(string name) => Enum.GetValues<Why>().First(w => Telling.NameOf(w) == name);

    private long? Number(string sql, params ReadOnlySpan<object?> values)
    {
        lock (_gate) return Command(sql, values).ExecuteScalar() as long?;
    }

    private int Run(string sql, params ReadOnlySpan<object?> values)
    {
        lock (_gate) return Command(sql, values).ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            _commands[sql] = command = _connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 1; i <= values.Length; i++) command.Parameters.AddWithValue($"${i}", DBNull.Value);
        }
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }
}
