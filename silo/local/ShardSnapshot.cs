using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Local;

/// <summary>A shard's image as bytes. The store around it has the checksum and the version of the fold; here is only the order of fields.</summary>
public static class ShardSnapshot
{
    /// <summary>Raise it with every change of this layout: an older snapshot is then passed over and the journal replayed.</summary>
    public const int FoldVersion = 15;

    /// <param name="policies">tells the policies by which it was judged from others, as the host sees it; "" for a host that cannot tell</param>
    public static byte[] Write(ShardImage image, string policies = "")
    {
        using var bytes = new MemoryStream();
        using var w = new BinaryWriter(bytes);
        w.Write(policies);
        w.Write(image.Now);
        w.Write(image.LastEventAt);
        w.Write(image.EventCount);
        Many(w, image.Seen, seen => Write(w, seen));
        Many(w, image.Histories, h => Write(w, h.Key.ToString(), h.Value));
        Many(w, image.Agents, a =>
        {
            Write(w, a.Agent, a.Told);
            Many(w, a.Days, day => { w.Write(day.Day); w.Write(day.HasTold); Write(w, day.Bytes.Read()); });
        });
        Many(w, image.Surveys, e => { w.Write(e.Raw.Length); w.Write(e.Raw.Span); });
        Many(w, image.Silences, e => { w.Write(e.Raw.Length); w.Write(e.Raw.Span); });
        w.Write(image.Alerts.Count);
        var words = new WordPool();
        foreach (var alert in image.Alerts) AlertBytes.Write(w, alert, words);
        w.Write(image.AlertsAway);
        w.Write(image.Sources.Count);
        foreach (var (name, s) in image.Sources)
        {
            w.Write(name);
            SourceBytes.Write(w, s);
        }
        w.Write(image.Edits.Count);
        foreach (var text in image.Edits.Select(EditText.Write)) { w.Write(text.Length); w.Write(text); }
        Write(w, image.Judged);
        return bytes.ToArray();
    }

    /// <exception cref="InvalidDataException">an event in it cannot be read</exception>
    public static ShardImage Read(byte[] bytes) => ReadJudged(bytes).Image;

    /// <inheritdoc cref="Read(byte[])"/>
    public static (ShardImage Image, string Policies) ReadJudged(byte[] bytes)
    {
        using var r = new BinaryReader(new MemoryStream(bytes));
        var policies = r.ReadString();
        var (now, last) = (r.ReadInt64(), r.ReadInt64());
        var (count, seen) = (r.ReadInt64(), Many(r, () => ReadSeen(r)));
        var histories = Many(r, () => KeyValuePair.Create(Subject.Parse(r.ReadString()), ReadHistory(r)));
        var agents = Many(r, () => new AgentImage(r.ReadString(), ReadHistory(r), Many(r, () => new RestingDay(r.ReadInt64(), r.ReadBoolean(), MemoryShelf.One.Put(r.ReadBytes(r.ReadInt32()))))));
        var (surveys, silences) = (Many(r, () => ReadEvent(r)), Many(r, () => ReadEvent(r)));
        var (words, alerts) = (new WordPool(), new List<Alert>());
        for (var i = r.ReadInt32(); i > 0; i--) alerts.Add(AlertBytes.Read(r, words));
        var away = r.ReadInt64();
        var sources = new SortedDictionary<string, SourceStats>(StringComparer.Ordinal);
        foreach (var (name, stats) in Many(r, () => (r.ReadString(), SourceBytes.Read(r)))) sources[name] = stats;
        var edits = Many(r, () => EditText.Read(r.ReadBytes(r.ReadInt32())));
        return (new(now, last, seen, count, histories, alerts, sources) { Edits = edits, Agents = agents, Surveys = surveys, Silences = silences, AlertsAway = away, Judged = ReadJudged(r) }, policies);
    }

    private static void Write(BinaryWriter w, SeenSince seen)
    {
        w.Write(seen.Since);
        w.Write(seen.Known.Count);
        foreach (var (identity, body) in seen.Known) { w.Write((ulong)(identity >> 64)); w.Write((ulong)identity); w.Write(body); }
    }

    private static SeenSince ReadSeen(BinaryReader r) =>
        new(r.ReadInt64(), Many(r, () => KeyValuePair.Create(new UInt128(r.ReadUInt64(), r.ReadUInt64()), r.ReadUInt64())));

    private static void Write(BinaryWriter w, string whose, History history)
    {
        var packed = history.Pack();
        w.Write(whose);
        w.Write(packed.Length);
        w.Write(packed);
    }

    private static History ReadHistory(BinaryReader r) => History.Of(r.ReadBytes(r.ReadInt32()));

    private static Event ReadEvent(BinaryReader r) => EventReader.Read(r.ReadBytes(r.ReadInt32())).Event ?? throw new InvalidDataException("an event of a snapshot cannot be read");

    private static void Write(BinaryWriter w, JudgedImage judged)
    {
        var words = new WordPool();
        Many(w, judged.Rows, row => { w.Write(row.Key.ToString()); EvaluationBytes.Write(w, row.Value, words); });
        Many(w, judged.Sums, sum => { w.Write(sum.Key); Many(w, sum.Value.Minutes, span => Write(w, span, words)); Many(w, sum.Value.Hours, span => Write(w, span, words)); });
        Write(w, judged.Files, words);
        Many(w, judged.Left, w.Write);
        Many(w, judged.Watched, c => { words.Write(w, c.Key.ToString()); EvaluationBytes.Write(w, c.Value, words); });
        Many(w, judged.Work, work => { w.Write(work.Key.ToString()); AgentBytes.Write(w, work.Value, words); });
    }

    private static JudgedImage ReadJudged(BinaryReader r)
    {
        var words = new WordPool();
        var rows = Many(r, () => KeyValuePair.Create(Subject.Parse(r.ReadString()), EvaluationBytes.Read(r, words)));
        var sums = Many(r, () => KeyValuePair.Create(r.ReadString(), new LedgerImage(Many(r, () => ReadSpan(r, words)), Many(r, () => ReadSpan(r, words)))));
        var (files, left) = (ReadFiles(r, words), Many(r, r.ReadUInt64));
        var watched = Many(r, () => KeyValuePair.Create(Subject.Parse(words.ReadText(r)), EvaluationBytes.ReadContribution(r, words)));
        return new(rows, sums, files, left, Many(r, () => KeyValuePair.Create(Subject.Parse(r.ReadString()), AgentBytes.ReadWork(r, words)))) { Watched = watched };
    }

    private static void Write(BinaryWriter w, FilesImage files, WordPool words)
    {
        Many(w, files.Open, file =>
        {
            w.Write(file.Customer);
            w.Write(file.WindowMs);
            w.Write(file.PerIssue);
            w.Write(file.HasRested);
            Many(w, file.Facts, fact => EvaluationBytes.Write(w, fact, words));
        });
        Many(w, files.Resting.Shelved, run => Write(w, run.Read()));
        Many(w, files.Resting.Coming, file => { w.Write(file.Key); Write(w, file.Value); });
    }

    private static FilesImage ReadFiles(BinaryReader r, WordPool words) => new(
        Many(r, () => new OpenFile(r.ReadString(), r.ReadInt64(), r.ReadBoolean(), r.ReadBoolean(), Many(r, () => EvaluationBytes.ReadFact(r, words)))),
        new(Many(r, () => MemoryShelf.One.Put(r.ReadBytes(r.ReadInt32()))), Many(r, () => KeyValuePair.Create(r.ReadString(), r.ReadBytes(r.ReadInt32())))));

    private static void Write(BinaryWriter w, byte[] bytes)
    {
        w.Write(bytes.Length);
        w.Write(bytes);
    }

    private static void Write(BinaryWriter w, SpanImage span, WordPool words)
    {
        var bytes = span.Bytes.Read();
        w.Write(span.Start);
        w.Write(bytes.Length);
        w.Write(bytes);
        Many(w, span.Later, late =>
        {
            w.Write(late.At);
            w.Write((byte)late.Key.Measure);
            words.Write(w, late.Key.Param);
            w.Write(late.Amount);
            w.Write((sbyte)late.Sample);
        });
    }

    private static SpanImage ReadSpan(BinaryReader r, WordPool words) =>
        new(r.ReadInt64(), MemoryShelf.One.Put(r.ReadBytes(r.ReadInt32())), Many(r, () => new LateSum(r.ReadInt64(), new((Measure)r.ReadByte(), words.ReadText(r)), r.ReadInt64(), r.ReadSByte())));

    private static void Many<T>(BinaryWriter w, IReadOnlyList<T> all, Action<T> one)
    {
        w.Write(all.Count);
        foreach (var item in all) one(item);
    }

    private static List<T> Many<T>(BinaryReader r, Func<T> one)
    {
        var count = r.ReadInt32();
        var all = new List<T>(count);
        for (var i = 0; i < count; i++) all.Add(one());
        return all;
    }
}
