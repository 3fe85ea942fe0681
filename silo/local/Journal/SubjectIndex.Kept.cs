using System.Text;
using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Local.Journal;

public sealed partial class SubjectIndex
{
    // The id in UTF-16, high byte first: its bytes have the order that lists have.
    private const string KeptLayout = """
        CREATE TABLE kept (
            number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id BLOB NOT NULL, sequence INTEGER NOT NULL, state TEXT NOT NULL, department TEXT, queue TEXT,
            last_at INTEGER NOT NULL, evaluation BLOB NOT NULL, first INTEGER NOT NULL, until INTEGER NOT NULL, length INTEGER NOT NULL, history BLOB) STRICT;
        CREATE UNIQUE INDEX kept_by_id ON kept (kind, id);
        CREATE INDEX kept_by_time ON kept (last_at);
        CREATE INDEX kept_by_life ON kept (length, until, first);
        """;

    private const string KeepText = """
        INSERT INTO kept (kind, id, sequence, state, department, queue, last_at, evaluation, first, until, length, history) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (kind, id) DO UPDATE SET
            sequence = excluded.sequence, state = excluded.state, department = excluded.department, queue = excluded.queue, last_at = excluded.last_at,
            evaluation = excluded.evaluation, first = excluded.first, until = excluded.until, length = excluded.length, history = excluded.history
        """;

    /// <summary>The lengths of lives of rows in customers' files begin here: who looks for the others does not meet them.</summary>
    internal const int PartLengths = 64;

    private static readonly SqliteType[] KeepTypes =
        [SqliteType.Integer, SqliteType.Blob, SqliteType.Integer, SqliteType.Text, SqliteType.Text, SqliteType.Text, SqliteType.Integer, SqliteType.Blob,
            SqliteType.Integer, SqliteType.Integer, SqliteType.Integer, SqliteType.Blob];

    private readonly SqliteCommand _keep;

    /// <summary>How many rows are kept, also of subjects that came back since.</summary>
    public long KeptCount
    {
        get { lock (_gate) return Run("SELECT count(*) FROM kept"); }
    }

    internal static byte[] KeyOf(string id) => Encoding.BigEndianUnicode.GetBytes(id);

    /// <summary>Keeps the rows of subjects and the alerts that are about to leave memory; a row that is kept already is replaced.</summary>
    /// <param name="sequence">the last frame that they follow from</param>
    public void Keep(IEnumerable<Leaver> leavers, IEnumerable<Alert> alerts, long sequence)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            foreach (var leaver in leavers)
            {
                var evaluation = leaver.Evaluation ?? Evaluation.Empty; // a survey has none: its line says that it left
                var row = evaluation.Row;
                var last = long.MinValue;
                foreach (var c in evaluation.Contributions) last = Math.Max(last, c.At);
                Execute(_keep, transaction, (long)leaver.Subject.Kind, KeyOf(leaver.Subject.Id), sequence, row?.State ?? "",
                    row?.DepartmentId ?? (object)DBNull.Value, row?.QueueId ?? (object)DBNull.Value, last, EvaluationBytes.Write(evaluation),
                    leaver.Life.First, leaver.Life.Until, (long)leaver.Life.Length + (leaver.Subject.Kind == SubjectKind.Other ? PartLengths : 0), leaver.Packed is { } packed ? FrameCodec.Encode(packed) : DBNull.Value);
            }
            Keep(alerts, sequence, transaction);
            transaction.Commit();
        }
    }

    /// <summary>What has been written so far survives a power cut when this returns.</summary>
    public void Sync()
    {
        lock (_gate) Run("PRAGMA wal_checkpoint(FULL)");
    }
}
