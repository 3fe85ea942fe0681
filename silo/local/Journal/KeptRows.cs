using System.Text;
using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>Which rows a list wants; null for any.</summary>
/// <param name="After">an id: only those after it</param>
public readonly record struct KeptQuery(SubjectKind Kind, string? After, int Limit, string? Department = null, string? Queue = null, string? State = null);

/// <summary>
/// The rows of subjects that left memory, on a connection of its own: a long list holds up no turn. A subject that came back has its old row
/// here; whoever has it in memory must not read it here. Safe to call from several threads; calls take turns.
/// </summary>
public sealed partial class KeptRows : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    /// <param name="folder">where the index is open already</param>
    internal KeptRows(string folder)
    {
        _connection = new(new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "history.db"), Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString());
        _connection.Open();
    }

    public Row? Find(Subject subject) =>
        Read("kind = $kind AND id = $id", "1", [("$kind", (long)subject.Kind), ("$id", SubjectIndex.KeyOf(subject.Id))], static (_, e) => e.Row).FirstOrDefault();

    /// <summary>In the order of their ids.</summary>
    public IReadOnlyList<Row> Rows(KeptQuery query)
    {
        var where = new StringBuilder("kind = $kind AND id > $after");
        List<(string, object)> values = [("$kind", (long)query.Kind), ("$after", SubjectIndex.KeyOf(query.After ?? ""))];
        void Only(string column, string? value)
        {
            if (value is null) return;
            where.Append(System.Globalization.CultureInfo.InvariantCulture, $" AND {column} = ${column}");
            values.Add(("$" + column, value));
        }
        Only("department", query.Department);
        Only("queue", query.Queue);
        Only("state", query.State);
        values.Add(("$limit", (long)query.Limit));
        return Read(where.ToString(), "kind, id LIMIT $limit", values, static (_, e) => e.Row!);
    }

    /// <summary>What each adds to the sums, of those of which something is at or after an instant (Unix ms); in the order of the subjects.</summary>
    public IReadOnlyList<T> Contributions<T>(long from, Func<Subject, IReadOnlyList<Contribution>, T> take) =>
        Read("last_at >= $from", "kind, id", [("$from", from)], (who, e) => take(who, e.Contributions));

    /// <summary>Numbers once shown that no longer hold, of rows of which something is at or after an instant (Unix ms), each with whose row it is.</summary>
    public IReadOnlyList<(Subject Who, IReadOnlyList<Revocation> Revoked)> Revocations(long from) =>
        Read("kind = $kind AND last_at >= $from", "kind, id", [("$kind", (long)SubjectKind.Other), ("$from", from)], (who, e) => (who, e.Revocations));

    /// <summary>Those that an instant may find otherwise than they are: what they are, and their packed events where they are kept here. Without what stands in files.</summary>
    public IReadOnlyList<(Subject Who, Evaluation Now, byte[]? Packed)> Alive(long at, long end)
    {
        List<(Subject, Evaluation, byte[]?)> found = [];
        ByLife("kind, id, evaluation, history", 0, at, end, long.MinValue, reader => found.Add((
            SubjectOf(reader), EvaluationBytes.Read(reader.GetFieldValue<byte[]>(2)), reader.IsDBNull(3) ? null : FrameCodec.Decode(reader.GetFieldValue<byte[]>(3)))));
        return found;
    }

    /// <summary>Rows of customers' files that an instant may find otherwise than they are, and that count from another one on or change within the instant's minute.</summary>
    /// <param name="from">Unix ms: what counts for before it, and was settled by the minute's end or long after, shows in no window from there on</param>
    public IReadOnlyList<Subject> PartsAlive(long at, long end, long from)
    {
        List<Subject> found = [];
        ByLife("kind, id", SubjectIndex.PartLengths, at, end, from, reader => found.Add(SubjectOf(reader)));
        return found;
    }

    // Lives by their lengths in powers of two: of each length only those that end soon enough after the instant can have begun before it.
    private void ByLife(string columns, int lengths, long at, long end, long from, Action<SqliteDataReader> take)
    {
        for (var length = 0; length <= OpsMonitor.Grains.Past.Life.Longest; length++)
            lock (_gate)
            {
                using var command = _connection.CreateCommand();
                command.CommandText = $"SELECT {columns} FROM kept WHERE length = $length AND until > $at AND until <= $last AND first < $end AND (first >= $from OR until < $end)";
                command.Parameters.AddWithValue("$length", lengths + length);
                command.Parameters.AddWithValue("$at", at);
                command.Parameters.AddWithValue("$last", length == OpsMonitor.Grains.Past.Life.Longest ? long.MaxValue : end + (1L << length));
                command.Parameters.AddWithValue("$end", end);
                command.Parameters.AddWithValue("$from", from);
                using var reader = command.ExecuteReader();
                while (reader.Read()) take(reader);
            }
    }

    private static Subject SubjectOf(SqliteDataReader reader) => new((SubjectKind)reader.GetInt32(0), Encoding.BigEndianUnicode.GetString(reader.GetFieldValue<byte[]>(1)));

    public void Dispose()
    {
        lock (_gate) _connection.Dispose();
    }

    private List<T> Read<T>(string where, string order, List<(string Name, object Value)> values, Func<Subject, Evaluation, T> take)
    {
        var found = new List<T>();
        lock (_gate)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = $"SELECT kind, id, evaluation FROM kept WHERE {where} ORDER BY {order}";
            foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value);
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                found.Add(take(SubjectOf(reader), EvaluationBytes.Read(reader.GetFieldValue<byte[]>(2))));
            }
        }
        return found;
    }
}
