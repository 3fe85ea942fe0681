using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Silo.Local.Journal;

// Alerts that left memory. One that came back has its old line here; whoever has it in memory must not read it here.
public sealed partial class KeptRows
{
    private const string Newest = "NOT EXISTS (SELECT 1 FROM alert AS later WHERE later.key = alert.key AND later.sequence > alert.sequence)";

    /// <summary>How many are kept, also of those that came back since.</summary>
    public long AlertCount
    {
        get
        {
            lock (_gate)
            {
                using var command = _connection.CreateCommand();
                command.CommandText = "SELECT count(DISTINCT key) FROM alert";
                return (long)command.ExecuteScalar()!;
            }
        }
    }

    /// <summary>The red before the yellow, of each the newest first.</summary>
    /// <param name="departments">only of these; null for all</param>
    public IReadOnlyList<Alert> Alerts(IReadOnlyList<string>? departments, int limit)
    {
        if (departments is null) return Alerts($"{Newest} ORDER BY level DESC, raised_at DESC LIMIT $limit", ("$limit", limit));
        var found = new List<Alert>();
        foreach (var department in departments)
            found.AddRange(Alerts($"department = $department AND {Newest} ORDER BY level DESC, raised_at DESC LIMIT $limit", ("$department", department), ("$limit", limit)));
        if (departments.Count < 2) return found;
        found.Sort(static (a, b) => a.Due.Level != b.Due.Level ? b.Due.Level.CompareTo(a.Due.Level) : b.Due.RaisedAt.CompareTo(a.Due.RaisedAt));
        return found.Count > limit ? found[..limit] : found;
    }

    /// <summary>Those with a code, in letters of any size.</summary>
    public IReadOnlyList<Alert> AlertsOf(string code) => Alerts($"code = $code AND {Newest}", ("$code", code));

    /// <summary>Those noticed in [from, to), Unix ms.</summary>
    public IReadOnlyList<Alert> AlertsNoticed(long from, long to, string? department) =>
        Alerts($"noticed_at >= $from AND noticed_at < $to AND ($department IS NULL OR department = $department) AND {Newest}", ("$from", from), ("$to", to), ("$department", department));

    /// <summary>One rule's for a department, raised after an instant, Unix ms.</summary>
    public IReadOnlyList<Alert> AlertsRaised(string department, string rule, long after) =>
        Alerts($"department = $department AND rule = $rule AND raised_at > $after AND {Newest}", ("$department", department), ("$rule", rule), ("$after", after));

    private List<Alert> Alerts(string where, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var found = new List<Alert>();
        lock (_gate)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT alert FROM alert WHERE " + where;
            foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
            using var reader = command.ExecuteReader();
            while (reader.Read()) found.Add(AlertBytes.Read(reader.GetFieldValue<byte[]>(0)));
        }
        return found;
    }
}
