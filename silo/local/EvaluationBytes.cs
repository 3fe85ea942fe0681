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
        using (var w = new BinaryWriter(bytes)) Write(w, evaluation, new());
        return bytes.ToArray();
    }

    public static Evaluation Read(byte[] bytes)
    {
        using var r = new BinaryReader(new MemoryStream(bytes));
        return Read(r, new());
    }

    /// <param name="words">texts written before: each stands whole once, then as its number</param>
    public static void Write(BinaryWriter w, Evaluation evaluation, WordPool words)
    {
        w.Write(evaluation.NextChangeAt);
        w.Write(evaluation.KnownSince);
        w.Write(evaluation.Row is not null);
        if (evaluation.Row is { } row) Write(w, row, words);
        w.Write7BitEncodedInt(evaluation.Contributions.Count);
        foreach (var c in evaluation.Contributions) Write(w, c, words);
        w.Write(evaluation.Fact is not null);
        if (evaluation.Fact is { } fact) Write(w, fact, words);
        AgentBytes.Write(w, evaluation, words);
    }

    /// <param name="words">texts read before</param>
    public static Evaluation Read(BinaryReader r, WordPool words)
    {
        var (next, since) = (r.ReadInt64(), r.ReadInt64());
        var row = r.ReadBoolean() ? ReadRow(r, words) : null;
        var contributions = new Contribution[r.Read7BitEncodedInt()];
        for (var i = 0; i < contributions.Length; i++) contributions[i] = ReadContribution(r, words);
        var fact = r.ReadBoolean() ? ReadFact(r, words) : null;
        return AgentBytes.Read(r, new(row, contributions, [], next, fact) { KnownSince = since }, words);
    }

    public static void Write(BinaryWriter w, in Contribution c, WordPool words)
    {
        w.Write((byte)c.Kind);
        w.Write((byte)c.Key.Measure);
        words.Write(w, c.Key.Param);
        words.Write(w, c.Queue);
        words.Write(w, c.Department);
        w.Write7BitEncodedInt64(c.At);
        w.Write7BitEncodedInt64(c.Amount);
    }

    public static Contribution ReadContribution(BinaryReader r, WordPool words)
    {
        var (kind, measure) = ((ContributionKind)r.ReadByte(), (Measure)r.ReadByte());
        return new(kind, new(measure, words.ReadText(r)), words.Read(r), words.Read(r), r.Read7BitEncodedInt64(), r.Read7BitEncodedInt64());
    }

    public static void Write(BinaryWriter w, ContactFact fact, WordPool words)
    {
        w.Write(fact.Contact.ToString());
        w.Write(fact.CustomerRef);
        words.Write(w, fact.IssueKey);
        w.Write((byte)((fact.Inbound ? 1 : 0) | (fact.Over ? 2 : 0) | (fact.Answered ? 4 : 0) | (fact.Abandoned ? 8 : 0) | (fact.Complaint ? 16 : 0) | (fact.Repeat ? 32 : 0) | (fact.Critical ? 64 : 0)));
        w.Write(fact.InitiatedAt);
        w.Write(fact.LastAt);
        words.Write(w, fact.Queue);
        words.Write(w, fact.Department);
        Instant(w, fact.FirstTimeAt);
    }

    public static ContactFact ReadFact(BinaryReader r, WordPool words)
    {
        var (contact, customer, issue, flags) = (Subject.Parse(r.ReadString()), r.ReadString(), words.Read(r), r.ReadByte());
        return new(contact, customer, issue, (flags & 1) != 0, r.ReadInt64(), r.ReadInt64(), (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0, words.Read(r), words.Read(r))
        {
            Complaint = (flags & 16) != 0, Repeat = (flags & 32) != 0, Critical = (flags & 64) != 0, FirstTimeAt = Instant(r),
        };
    }

    private static void Write(BinaryWriter w, Row row, WordPool words)
    {
        w.Write(row.Subject.ToString());
        words.Write(w, row.State);
        words.Write(w, row.DepartmentId);
        words.Write(w, row.QueueId);
        Instant(w, row.CreatedAt);
        Instant(w, row.EndedAt);
        w.Write7BitEncodedInt(row.Reopened);
        words.Write(w, row.Owner);
        Instant(w, row.DueAt);
        w.Write7BitEncodedInt(row.Clocks.Count);
        foreach (var clock in row.Clocks) Write(w, clock, words);
        w.Write7BitEncodedInt(row.Anomalies.Count);
        foreach (var anomaly in row.Anomalies) words.Write(w, anomaly);
    }

    private static Row ReadRow(BinaryReader r, WordPool words)
    {
        var (subject, state, department, queue) = (Subject.Parse(r.ReadString()), words.ReadText(r), words.Read(r), words.Read(r));
        var (created, ended, reopened, owner, due) = (Instant(r), Instant(r), r.Read7BitEncodedInt(), words.Read(r), Instant(r));
        var clocks = new ClockRow[r.Read7BitEncodedInt()];
        for (var i = 0; i < clocks.Length; i++) clocks[i] = ReadClock(r, words);
        var anomalies = new string[r.Read7BitEncodedInt()];
        for (var i = 0; i < anomalies.Length; i++) anomalies[i] = words.ReadText(r);
        return new(subject, state, department, queue, created, ended, reopened, owner, clocks, anomalies) { DueAt = due };
    }

    private static void Write(BinaryWriter w, ClockRow clock, WordPool words)
    {
        words.Write(w, clock.Id);
        words.Write(w, clock.Policy);
        w.Write7BitEncodedInt(clock.Version);
        words.Write(w, clock.DepartmentId);
        w.Write(clock.StartedAt);
        Instant(w, clock.DueAt);
        words.Write(w, clock.State);
        Instant(w, clock.StoppedAt);
        w.Write7BitEncodedInt64(clock.PausedMs);
        w.Write7BitEncodedInt64(clock.LateMs);
        Instant(w, clock.RemainingMs);
    }

    private static ClockRow ReadClock(BinaryReader r, WordPool words) => new(
        words.ReadText(r), words.ReadText(r), r.Read7BitEncodedInt(), words.Read(r), r.ReadInt64(), Instant(r), words.ReadText(r), Instant(r), r.Read7BitEncodedInt64(),
        r.Read7BitEncodedInt64(), Instant(r));

    private static void Instant(BinaryWriter w, long? ms)
    {
        w.Write(ms is not null);
        if (ms is { } at) w.Write(at);
    }

    private static long? Instant(BinaryReader r) => r.ReadBoolean() ? r.ReadInt64() : null;
}

/// <summary>
/// The texts of one run of bytes, written and read in the same order: 0 for none, 1 for a new one that follows, else the number of one before and
/// two. Most are the same few.
/// </summary>
public sealed class WordPool
{
    private const int Most = 100_000, None = 0, New = 1, First = 2;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _words = [];

    public void Write(BinaryWriter w, string? word)
    {
        if (word is null) { w.Write7BitEncodedInt(None); return; }
        if (_numbers.TryGetValue(word, out var number)) { w.Write7BitEncodedInt(number + First); return; }
        w.Write7BitEncodedInt(New);
        w.Write(word);
        if (_numbers.Count < Most) _numbers.Add(word, _numbers.Count);
    }

    public string? Read(BinaryReader r)
    {
        var code = r.Read7BitEncodedInt();
        if (code == None) return null;
        if (code != New) return _words[code - First];
        var word = r.ReadString();
        if (_words.Count < Most) _words.Add(word);
        return word;
    }

    /// <exception cref="InvalidDataException">none was written</exception>
    public string ReadText(BinaryReader r) => Read(r) ?? throw new InvalidDataException("a text is missing");
}
