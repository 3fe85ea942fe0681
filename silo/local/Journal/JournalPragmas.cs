using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>The settings that durability rests on. SQLite ignores a pragma it cannot honour, so each one is read back.</summary>
public static class JournalPragmas
{
    // The order matters: exclusive before WAL keeps the WAL index in memory, with no shared-memory file for others to join.
    private static readonly (string Name, string Wanted, string ReadsBackAs)[] Wanted =
    [
        ("locking_mode", "EXCLUSIVE", "exclusive"),
        ("journal_mode", "WAL", "wal"),
        ("synchronous", "FULL", "2"),
        ("fullfsync", "ON", "1"), // macOS: an fsync that does not reach the platter is no fsync
        ("wal_autocheckpoint", "0", "0"), // the journal checkpoints by itself, so it can sync its mark with it
    ];

    /// <summary>Sets every pragma and returns the values as read back.</summary>
    /// <exception cref="JournalFailedException">A value did not take.</exception>
    public static IReadOnlyDictionary<string, string> Apply(SqliteConnection connection)
    {
        var readBack = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, wanted, _) in Wanted)
            Scalar(connection, $"PRAGMA {name} = {wanted}");
        foreach (var (name, wanted, expected) in Wanted)
        {
            var found = Scalar(connection, $"PRAGMA {name}");
            if (!string.Equals(found, expected, StringComparison.OrdinalIgnoreCase))
                throw new JournalFailedException($"SQLite did not take {name} = {wanted}: it reports '{found}'. Without it a commit is not durable.");
            readBack.Add(name, found);
        }
        return readBack;
    }

    private static string Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? "";
    }
}
