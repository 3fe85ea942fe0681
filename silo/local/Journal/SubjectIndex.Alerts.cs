using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Local.Journal;

public sealed partial class SubjectIndex
{
    // One that came back, changed and left again has a line for each leaving: a replay from before needs the line of then. Who lists them wants the newest.
    private const string AlertLayout = """
        CREATE TABLE alert (
            number INTEGER PRIMARY KEY, key BLOB NOT NULL, sequence INTEGER NOT NULL, about INTEGER NOT NULL, code TEXT NOT NULL COLLATE NOCASE, department TEXT, rule TEXT NOT NULL,
            level INTEGER NOT NULL, raised_at INTEGER NOT NULL, noticed_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, alert BLOB NOT NULL) STRICT;
        CREATE UNIQUE INDEX alert_by_key ON alert (key, sequence);
        CREATE INDEX alert_by_about ON alert (about);
        CREATE INDEX alert_by_code ON alert (code);
        CREATE INDEX alert_by_time ON alert (level, raised_at);
        CREATE INDEX alert_by_department ON alert (department, level, raised_at);
        CREATE INDEX alert_by_rule ON alert (department, rule, raised_at);
        CREATE INDEX alert_by_notice ON alert (noticed_at);
        CREATE TABLE alerts_judged (mark TEXT NOT NULL) STRICT;
        """;

    private const string KeepAlertText = """
        INSERT INTO alert (key, sequence, about, code, department, rule, level, raised_at, noticed_at, changed_at, alert)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
        WHERE $11 IS NOT (SELECT alert FROM alert WHERE key = $1 AND sequence <= $2 ORDER BY sequence DESC LIMIT 1)
        ON CONFLICT (key, sequence) DO UPDATE SET alert = excluded.alert
        """;

    private static readonly SqliteType[] KeepAlertTypes =
        [SqliteType.Blob, SqliteType.Integer, SqliteType.Integer, SqliteType.Text, SqliteType.Text, SqliteType.Text, SqliteType.Integer, SqliteType.Integer,
            SqliteType.Integer, SqliteType.Integer, SqliteType.Blob];

    private const string AlertsAboutText = """
        SELECT alert FROM alert AS this WHERE about = $1 AND sequence < $2
        AND NOT EXISTS (SELECT 1 FROM alert AS later WHERE later.key = this.key AND later.sequence > this.sequence AND later.sequence < $2) ORDER BY number
        """;

    private readonly SqliteCommand _keepAlert, _alertsAbout;

    /// <summary>The alerts whose coming back hangs on a subject, as they were after the frames before one.</summary>
    public IReadOnlyList<Alert> AlertsAbout(Subject subject, long before)
    {
        var found = new List<Alert>();
        lock (_reading)
        {
            (_alertsAbout.Parameters[0].Value, _alertsAbout.Parameters[1].Value) = (Key(subject.ToString()), before);
            using var reader = _alertsAbout.ExecuteReader();
            while (reader.Read())
                if (AlertBytes.Read(reader.GetFieldValue<byte[]>(0)) is var alert && Shard.AnchorOf(alert.Key) == subject) found.Add(alert);
        }
        return found;
    }

    /// <summary>By what all alerts here were judged; null for none.</summary>
    public string? AlertsJudgedBy
    {
        get
        {
            lock (_gate)
            {
                using var command = _connection.CreateCommand();
                command.CommandText = "SELECT mark FROM alerts_judged";
                return command.ExecuteScalar() as string;
            }
        }
    }

    /// <summary>How many alerts are kept that follow from frames up to one.</summary>
    public long KeptAlerts(long upTo)
    {
        lock (_gate) return Run($"SELECT count(DISTINCT key) FROM alert WHERE sequence <= {upTo}");
    }

    /// <summary>Forgets all alerts. From now on those are kept that are judged as a mark says.</summary>
    public void BeginAlerts(string judgedBy)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            using var command = _connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "DELETE FROM alert; DELETE FROM alerts_judged; INSERT INTO alerts_judged VALUES ($mark)";
            command.Parameters.AddWithValue("$mark", judgedBy);
            command.ExecuteNonQuery();
            transaction.Commit();
        }
    }

    private void Keep(IEnumerable<Alert> alerts, long sequence, SqliteTransaction transaction)
    {
        foreach (var alert in alerts)
        {
            var (key, due) = (alert.Key, alert.Due);
            Execute(_keepAlert, transaction, Convert.FromHexString(key.Id), sequence, Key(Shard.AnchorOf(key).ToString()), alert.Code, due.DepartmentId ?? (object)DBNull.Value, due.Rule,
                (long)due.Level, due.RaisedAt, alert.NoticedAt, alert.ChangedAt, AlertBytes.Write(alert));
        }
    }
}
