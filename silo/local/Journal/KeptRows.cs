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

    /// <summary>Those that an instant may find otherwise than they are: what they are, and their packed events where they are kept here.</summary>
    public IReadOnlyList<(Subject Who, Evaluation Now, byte[]? Packed)> Alive(long at, long end)
    {
        List<(Subject, Evaluation, byte[]?)> found = [];
        // Lives by their lengths in powers of two: of each length only those that end soon enough after the instant can have begun before it.
        for (var length = 0; length <= OpsMonitor.Grains.Past.Life.Longest; length++)
            lock (_gate)
            {
                using var command = _connection.CreateCommand();
                command.CommandText = "SELECT kind, id, evaluation, history FROM kept WHERE length = $length AND until > $at AND until <= $last AND first < $end";
                command.Parameters.AddWithValue("$length", length);
                command.Parameters.AddWithValue("$at", at);
                command.Parameters.AddWithValue("$last", length == OpsMonitor.Grains.Past.Life.Longest ? long.MaxValue : end + (1L << length));
                command.Parameters.AddWithValue("$end", end);
                using var reader = command.ExecuteReader();
                while (reader.Read())
                    found.Add((new((SubjectKind)reader.GetInt32(0), Encoding.BigEndianUnicode.GetString(reader.GetFieldValue<byte[]>(1))), EvaluationBytes.Read(reader.GetFieldValue<byte[]>(2)),
                        reader.IsDBNull(3) ? null : FrameCodec.Decode(reader.GetFieldValue<byte[]>(3))));
            }
        return found;
    }

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
                var who = new Subject((SubjectKind)reader.GetInt32(0), Encoding.BigEndianUnicode.GetString(reader.GetFieldValue<byte[]>(1)));
                found.Add(take(who, EvaluationBytes.Read(reader.GetFieldValue<byte[]>(2))));
            }
        }
        return found;
    }
}
