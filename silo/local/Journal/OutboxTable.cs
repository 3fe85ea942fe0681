using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>
/// The outbox beside the frames, on the journal's connection: so a row and its cause can be one transaction. Writes only inside one that the
/// frame table began. Not thread safe; lets SQLite's errors through.
/// </summary>
internal sealed class OutboxTable
{
    /// <summary>As long as an event's identity is remembered, in ms: until then somebody may ask what was told about it.</summary>
    public const long KeptMs = 35 * 86_400_000L;

    /// <summary>Sent rows kept at most, about 60 MB.</summary>
    public const int KeptRows = 100_000;

    /// <summary>Rows that one write prunes at most; twice as many as it can mark, so pruning always gains.</summary>
    public const int PrunedAtOnce = 2 * ReportsAtOnce;

    /// <summary>Reports that one write takes at most.</summary>
    public const int ReportsAtOnce = OutboxBook.ReportsAtOnce;

    // Both indexes are partial, so a row is only ever in one of them, and what is pending is found however much has been sent.
    public const string Layout = """
        CREATE TABLE outbox (
          id INTEGER PRIMARY KEY, frame INTEGER NOT NULL, channel TEXT NOT NULL, alert TEXT NOT NULL, code TEXT NOT NULL, state TEXT NOT NULL,
          at INTEGER NOT NULL, payload BLOB NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_attempt INTEGER NOT NULL DEFAULT 0, sent_at INTEGER) STRICT;
        CREATE INDEX outbox_pending ON outbox (channel, id) WHERE sent_at IS NULL;
        CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
        """;

    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _report;
    private readonly SqliteCommand _prune;
    private readonly SqliteCommand _pending;
    private readonly SqliteCommand _oldest;

    public OutboxTable(SqliteConnection connection)
    {
        _insert = Prepare(connection, "INSERT INTO outbox (frame, channel, alert, code, state, at, payload) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            SqliteType.Integer, SqliteType.Text, SqliteType.Text, SqliteType.Text, SqliteType.Text, SqliteType.Integer, SqliteType.Blob);
        _report = Prepare(connection, "UPDATE outbox SET attempts = attempts + $2, sent_at = $3, next_attempt = $4 WHERE id = $1 AND sent_at IS NULL",
            SqliteType.Integer, SqliteType.Integer, SqliteType.Integer, SqliteType.Integer);
        _prune = Prepare(connection, "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE sent_at < $1 ORDER BY sent_at LIMIT $2)",
            SqliteType.Integer, SqliteType.Integer);
        // Bounded by the last frame: after a commit whose outcome is unknown, its rows may be here and are not to be told.
        _pending = Prepare(connection, """
            SELECT id, frame, attempts, next_attempt, alert, code, state, at, payload FROM outbox
            WHERE sent_at IS NULL AND channel = $1 AND frame <= $2 ORDER BY id
            """, SqliteType.Text, SqliteType.Integer);
        _oldest = Prepare(connection, "SELECT min(at) FROM outbox WHERE sent_at IS NULL AND frame <= $1", SqliteType.Integer);
        Pending = Count(connection, "SELECT count(*) FROM outbox WHERE sent_at IS NULL");
        Sent = Count(connection, "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL");
    }

    /// <summary>Counted at the start and kept since, for commits that held.</summary>
    public long Pending { get; private set; }

    public long Sent { get; private set; }

    /// <summary>Writes rows and reports, then prunes. The counts follow by calling the result, once the commit holds.</summary>
    public Action Write(long frame, IReadOnlyList<OutboxRow> rows, IReadOnlyList<OutboxReport> reports)
    {
        foreach (var row in rows)
            Run(_insert, frame, row.Channel, row.Alert, row.Code, NameOf(row.State), row.At, row.Payload.ToArray());
        long marked = 0, newest = 0;
        foreach (var report in reports)
        {
            var found = Run(_report, report.Id, report.Attempts, (object?)report.SentAt ?? DBNull.Value, report.NextAttemptAt);
            if (report.SentAt is not { } at) continue;
            marked += found;
            newest = Math.Max(newest, at);
        }
        var pruned = newest == 0 ? 0 : Prune(newest, Sent + marked - KeptRows);
        return () =>
        {
            Pending += rows.Count - marked;
            Sent += marked - pruned;
        };
    }

    /// <summary>What a channel has not been able to send yet, oldest first, as far as somebody reads it.</summary>
    public IEnumerable<OutboxEntry> ReadPending(string channel, long lastFrame)
    {
        _pending.Parameters[0].Value = channel;
        _pending.Parameters[1].Value = lastFrame;
        using var reader = _pending.ExecuteReader();
        while (reader.Read())
        {
            var row = new OutboxRow(
                channel, reader.GetString(4), reader.GetString(5), StateOf(reader.GetString(6)), reader.GetInt64(7), reader.GetFieldValue<byte[]>(8));
            yield return new(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt32(2), reader.GetInt64(3), row);
        }
    }

    /// <returns>Unix ms; null when nothing is pending</returns>
    public long? OldestPending(long lastFrame)
    {
        _oldest.Parameters[0].Value = lastFrame;
        return _oldest.ExecuteScalar() as long?;
    }

    private int Prune(long now, long excess) => excess > 0
        ? Run(_prune, long.MaxValue, Math.Min(excess, PrunedAtOnce))
        : Run(_prune, now - KeptMs, PrunedAtOnce);

    // Stored by name: a number would follow the order of an enumeration.
    private static string NameOf(AlertState state) => state switch
    {
        AlertState.Raised => "raised", AlertState.Resolved => "resolved", AlertState.Retracted => "retracted",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    private static AlertState StateOf(string name) => name switch
    {
        "raised" => AlertState.Raised, "resolved" => AlertState.Resolved, "retracted" => AlertState.Retracted,
        _ => throw new JournalFailedException($"The outbox holds the unknown state '{name}': a newer build wrote it."),
    };

    private static int Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        return command.ExecuteNonQuery();
    }

    private static long Count(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

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
