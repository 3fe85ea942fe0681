using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Silo.Local.Rollups;

public sealed partial class RollupFile
{
    /// <summary>What has been written so far survives a power cut when this returns.</summary>
    public void Sync()
    {
        lock (_gate) Run("PRAGMA wal_checkpoint(FULL)");
    }

    /// <summary>Adds corrections, each as the next version of its number. One that stands there already, from the same late data, is passed over.</summary>
    public void Correct(IReadOnlyList<Correction> corrections)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            using var insert = Command("""
                INSERT OR IGNORE INTO correction (scope, step, start, until, version, metric, was, now, turn, cause)
                SELECT $1, $2, $3, $4, 1 + coalesce((SELECT max(version) FROM correction WHERE scope = $1 AND step = $2 AND start = $3 AND metric = $5), 1), $5, $6, $7, $8, $9
                """, transaction, "", "", 0L, 0L, "", "", "", 0L, "");
            foreach (var c in corrections)
                Execute(insert, c.Scope, c.Step, c.Start, c.Until, c.Metric, c.Was ?? (object)DBNull.Value, c.Now ?? (object)DBNull.Value, c.Turn, c.Causes);
            transaction.Commit();
        }
    }

    /// <summary>Of intervals that touch a window, oldest first.</summary>
    public IReadOnlyList<Correction> Corrections(string? scope, Window window, long after, int limit) => Corrections(
        "number > $1 AND until > $2 AND start < $3 AND ($4 = '' OR scope = $4) ORDER BY number LIMIT $5", after, window.From, window.To, scope ?? "", (long)limit);

    /// <summary>Those of late data that was taken since an instant.</summary>
    public IReadOnlyList<Correction> Recent(long since) => Corrections("turn >= $1 ORDER BY number", since);

    private List<Correction> Corrections(string where, params ReadOnlySpan<object> values)
    {
        lock (_gate)
        {
            var found = new List<Correction>();
            using var command = Command($"SELECT number, scope, step, start, until, version, metric, was, now, turn, cause FROM correction WHERE {where}", null, values);
            using var r = command.ExecuteReader();
            while (r.Read())
                found.Add(new(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetString(6), Optional(r, 7), Optional(r, 8), r.GetInt64(9), r.GetString(10)));
            return found;
        }
    }

    private static string? Optional(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
