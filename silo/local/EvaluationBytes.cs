using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Local;

/// <summary>
/// An evaluation as bytes, for snapshots and for the rows of those that left memory. Without its alerts: their lives stand in the alert book, and
/// the next judging finds them anew.
/// </summary>
public static class EvaluationBytes
{
    public static byte[] Write(Evaluation evaluation)
    {
        using var bytes = new MemoryStream();
        using (var w = new BinaryWriter(bytes)) Write(w, evaluation);
        return bytes.ToArray();
    }

    public static Evaluation Read(byte[] bytes)
    {
        using var r = new BinaryReader(new MemoryStream(bytes));
        return Read(r, new());
    }

    public static void Write(BinaryWriter w, Evaluation evaluation)
    {
        w.Write(evaluation.NextChangeAt);
        w.Write(evaluation.Row is not null);
        if (evaluation.Row is { } row) Write(w, row);
        w.Write7BitEncodedInt(evaluation.Contributions.Count);
        foreach (var c in evaluation.Contributions) Write(w, c);
        w.Write(evaluation.Fact is not null);
        if (evaluation.Fact is { } fact) Write(w, fact);
    }

    /// <param name="words">texts read before: most are the same few</param>
    public static Evaluation Read(BinaryReader r, WordPool words)
    {
        var next = r.ReadInt64();
        var row = r.ReadBoolean() ? ReadRow(r, words) : null;
        var contributions = new Contribution[r.Read7BitEncodedInt()];
        for (var i = 0; i < contributions.Length; i++) contributions[i] = ReadContribution(r, words);
        return new(row, contributions, [], next, r.ReadBoolean() ? ReadFact(r, words) : null);
    }

    public static void Write(BinaryWriter w, in Contribution c)
    {
        w.Write((byte)c.Kind);
        w.Write((byte)c.Key.Measure);
        w.Write(c.Key.Param);
        Text(w, c.Queue);
        Text(w, c.Department);
        w.Write7BitEncodedInt64(c.At);
        w.Write7BitEncodedInt64(c.Amount);
    }

    public static Contribution ReadContribution(BinaryReader r, WordPool words)
    {
        var (kind, measure) = ((ContributionKind)r.ReadByte(), (Measure)r.ReadByte());
        return new(kind, new(measure, words.Read(r)), Text(r, words), Text(r, words), r.Read7BitEncodedInt64(), r.Read7BitEncodedInt64());
    }

    public static void Write(BinaryWriter w, ContactFact fact)
    {
        w.Write(fact.Contact.ToString());
        w.Write(fact.CustomerRef);
        Text(w, fact.IssueKey);
        w.Write((byte)((fact.Inbound ? 1 : 0) | (fact.Over ? 2 : 0) | (fact.Answered ? 4 : 0) | (fact.Abandoned ? 8 : 0)));
        w.Write(fact.InitiatedAt);
        w.Write(fact.LastAt);
        Text(w, fact.Queue);
        Text(w, fact.Department);
    }

    public static ContactFact ReadFact(BinaryReader r, WordPool words)
    {
        var (contact, customer, issue, flags) = (Subject.Parse(r.ReadString()), r.ReadString(), Text(r, words), r.ReadByte());
        return new(contact, customer, issue, (flags & 1) != 0, r.ReadInt64(), r.ReadInt64(), (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0, Text(r, words), Text(r, words));
    }

    private static void Write(BinaryWriter w, Row row)
    {
        w.Write(row.Subject.ToString());
        w.Write(row.State);
        Text(w, row.DepartmentId);
        Text(w, row.QueueId);
        Instant(w, row.CreatedAt);
        Instant(w, row.EndedAt);
        w.Write7BitEncodedInt(row.Reopened);
        Text(w, row.Owner);
        Instant(w, row.DueAt);
        w.Write7BitEncodedInt(row.Clocks.Count);
        foreach (var clock in row.Clocks) Write(w, clock);
        w.Write7BitEncodedInt(row.Anomalies.Count);
        foreach (var anomaly in row.Anomalies) w.Write(anomaly);
    }

    private static Row ReadRow(BinaryReader r, WordPool words)
    {
        var (subject, state, department, queue) = (Subject.Parse(r.ReadString()), words.Read(r), Text(r, words), Text(r, words));
        var (created, ended, reopened, owner, due) = (Instant(r), Instant(r), r.Read7BitEncodedInt(), Text(r, words), Instant(r));
        var clocks = new ClockRow[r.Read7BitEncodedInt()];
        for (var i = 0; i < clocks.Length; i++) clocks[i] = ReadClock(r, words);
        var anomalies = new string[r.Read7BitEncodedInt()];
        for (var i = 0; i < anomalies.Length; i++) anomalies[i] = words.Read(r);
        return new(subject, state, department, queue, created, ended, reopened, owner, clocks, anomalies) { DueAt = due };
    }

    private static void Write(BinaryWriter w, ClockRow clock)
    {
        w.Write(clock.Id);
        w.Write(clock.Policy);
        w.Write7BitEncodedInt(clock.Version);
        Text(w, clock.DepartmentId);
        w.Write(clock.StartedAt);
        Instant(w, clock.DueAt);
        w.Write(clock.State);
        Instant(w, clock.StoppedAt);
        w.Write7BitEncodedInt64(clock.PausedMs);
        w.Write7BitEncodedInt64(clock.LateMs);
        Instant(w, clock.RemainingMs);
    }

    private static ClockRow ReadClock(BinaryReader r, WordPool words) => new(
        words.Read(r), words.Read(r), r.Read7BitEncodedInt(), Text(r, words), r.ReadInt64(), Instant(r), words.Read(r), Instant(r), r.Read7BitEncodedInt64(),
        r.Read7BitEncodedInt64(), Instant(r));

    private static void Instant(BinaryWriter w, long? ms)
    {
        w.Write(ms is not null);
        if (ms is { } at) w.Write(at);
    }

    private static long? Instant(BinaryReader r) => r.ReadBoolean() ? r.ReadInt64() : null;

    private static void Text(BinaryWriter w, string? text)
    {
        w.Write(text is not null);
        if (text is not null) w.Write(text);
    }

    private static string? Text(BinaryReader r, WordPool words) => r.ReadBoolean() ? words.Read(r) : null;
}

/// <summary>Each text once, as long as there are not too many different ones.</summary>
public sealed class WordPool
{
    private const int Most = 100_000;

    private readonly Dictionary<string, string> _words = new(StringComparer.Ordinal);

    public string Read(BinaryReader r)
    {
        var word = r.ReadString();
        if (_words.TryGetValue(word, out var known)) return known;
        if (_words.Count < Most) _words[word] = word;
        return word;
    }


}
