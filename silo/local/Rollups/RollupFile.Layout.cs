using Microsoft.Data.Sqlite;

namespace OpsMonitor.Silo.Local.Rollups;

public sealed partial class RollupFile
{
    private void CreateLayout()
    {
        var found = Number("PRAGMA user_version");
        if (found == LayoutVersion) return;
        if (found > LayoutVersion) throw new InvalidDataException($"rollups.db has layout {found}; this build knows {LayoutVersion}");
        Run($"""
            BEGIN;
            CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
            CREATE TABLE scope (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
            CREATE TABLE bucket (scope INTEGER, level INTEGER, start INTEGER, sums BLOB NOT NULL, PRIMARY KEY (scope, level, start)) STRICT, WITHOUT ROWID;
            CREATE TABLE stale (scope INTEGER, level INTEGER, start INTEGER, PRIMARY KEY (level, start, scope)) STRICT, WITHOUT ROWID;
            CREATE TABLE correction (
                number INTEGER PRIMARY KEY, scope TEXT NOT NULL, step TEXT NOT NULL, start INTEGER NOT NULL, until INTEGER NOT NULL, version INTEGER NOT NULL,
                metric TEXT NOT NULL, was TEXT, now TEXT, turn INTEGER NOT NULL, cause TEXT NOT NULL, UNIQUE (scope, step, start, metric, turn, cause)) STRICT;
            CREATE INDEX correction_by_turn ON correction (turn);
            CREATE TRIGGER correction_stays BEFORE UPDATE ON correction BEGIN SELECT RAISE(ABORT, 'corrections are never edited'); END;
            CREATE TRIGGER correction_is_kept BEFORE DELETE ON correction BEGIN SELECT RAISE(ABORT, 'corrections are never deleted'); END;
            CREATE TABLE shown (scope TEXT, at INTEGER, minutes INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (scope, at)) STRICT, WITHOUT ROWID;
            CREATE INDEX shown_alone ON shown (at) WHERE minutes = 1;
            PRAGMA user_version = {LayoutVersion};
            COMMIT;
            """);
    }

    private string? Text(string name)
    {
        using var command = Command("SELECT value FROM meta WHERE name = $1", null, name);
        return command.ExecuteScalar() as string;
    }

    private void Set(string name, object value, SqliteTransaction transaction)
    {
        using var command = Command("INSERT OR REPLACE INTO meta VALUES ($1, $2)", transaction, name, value);
        command.ExecuteNonQuery();
    }

    private long Number(string sql) => Command(sql).ExecuteScalar() as long? ?? 0;

    private void Run(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, SqliteTransaction? transaction = null, params ReadOnlySpan<object> values)
    {
        var command = _connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"${i + 1}", values[i]);
        return command;
    }

    private static void Execute(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }
}
