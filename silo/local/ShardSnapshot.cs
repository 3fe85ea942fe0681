using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Local;

/// <summary>A shard's image as bytes. The store around it has the checksum and the version of the fold; here is only the order of fields.</summary>
public static class ShardSnapshot
{
    /// <summary>Raise it with every change of this layout: an older snapshot is then passed over and the journal replayed.</summary>
    public const int FoldVersion = 10;

    /// <param name="policies">tells the policies by which it was judged from others, as the host sees it; "" for a host that cannot tell</param>
    public static byte[] Write(ShardImage image, string policies = "")
    {
        using var bytes = new MemoryStream();
        using var w = new BinaryWriter(bytes);
        w.Write(policies);
        w.Write(image.Now);
        w.Write(image.LastEventAt);
        w.Write(image.Seen.Count);
        foreach (var (identity, body) in image.Seen) { w.Write((ulong)(identity >> 64)); w.Write((ulong)identity); w.Write(body); }
        Many(w, image.Histories, h => Write(w, h.Key.ToString(), h.Value));
        Many(w, image.Agents, a => Write(w, a.Key, a.Value));
        Many(w, image.Surveys, e => { w.Write(e.Raw.Length); w.Write(e.Raw.Span); });
        Many(w, image.Silences, e => { w.Write(e.Raw.Length); w.Write(e.Raw.Span); });
        w.Write(image.Alerts.Count);
        foreach (var alert in image.Alerts) Write(w, alert);
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
        var seen = Many(r, () => KeyValuePair.Create(new UInt128(r.ReadUInt64(), r.ReadUInt64()), r.ReadUInt64()));
        var histories = Many(r, () => KeyValuePair.Create(Subject.Parse(r.ReadString()), ReadHistory(r)));
        var agents = Many(r, () => KeyValuePair.Create(r.ReadString(), ReadHistory(r)));
        var (surveys, silences) = (Many(r, () => ReadEvent(r)), Many(r, () => ReadEvent(r)));
        var alerts = Many(r, () => ReadAlert(r));
        var sources = new SortedDictionary<string, SourceStats>(StringComparer.Ordinal);
        foreach (var (name, stats) in Many(r, () => (r.ReadString(), SourceBytes.Read(r)))) sources[name] = stats;
        var edits = Many(r, () => EditText.Read(r.ReadBytes(r.ReadInt32())));
        return (new(now, last, seen, histories, alerts, sources) { Edits = edits, Agents = agents, Surveys = surveys, Silences = silences, Judged = ReadJudged(r) }, policies);
    }

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
        Many(w, judged.Sums, sum => { w.Write(sum.Key); Many(w, sum.Value, c => EvaluationBytes.Write(w, c, words)); });
        Many(w, judged.Contacts, fact => EvaluationBytes.Write(w, fact, words));
        Many(w, judged.Left, w.Write);
        Many(w, judged.Watched, c => { words.Write(w, c.Key.ToString()); EvaluationBytes.Write(w, c.Value, words); });
        Many(w, judged.Work, work => { w.Write(work.Key.ToString()); AgentBytes.Write(w, work.Value, words); });
    }

    private static JudgedImage ReadJudged(BinaryReader r)
    {
        var words = new WordPool();
        var rows = Many(r, () => KeyValuePair.Create(Subject.Parse(r.ReadString()), EvaluationBytes.Read(r, words)));
        var sums = Many(r, () => KeyValuePair.Create(r.ReadString(), (IReadOnlyList<Contribution>)Many(r, () => EvaluationBytes.ReadContribution(r, words))));
        var (contacts, left) = (Many(r, () => EvaluationBytes.ReadFact(r, words)), Many(r, r.ReadUInt64));
        var watched = Many(r, () => KeyValuePair.Create(Subject.Parse(words.ReadText(r)), EvaluationBytes.ReadContribution(r, words)));
        return new(rows, sums, contacts, left, Many(r, () => KeyValuePair.Create(Subject.Parse(r.ReadString()), AgentBytes.ReadWork(r, words)))) { Watched = watched };
    }

    private static void Write(BinaryWriter w, Alert alert)
    {
        var due = alert.Due;
        w.Write(due.Subject.ToString());
        w.Write(due.Rule);
        w.Write(due.RuleVersion);
        w.Write(due.Clock);
        w.Write((int)due.Level);
        w.Write(due.DepartmentId is not null);
        w.Write(due.DepartmentId ?? "");
        w.Write(due.DueAt);
        w.Write(due.RaisedAt);
        w.Write(due.Active);
        w.Write(alert.Code);
        w.Write(alert.NoticedAt);
        w.Write((int)alert.State);
        w.Write(alert.ChangedAt);
        w.Write(alert.FromLateData);
        w.Write(alert.Since);
        w.Write(due.Ladder is not null);
        if (due.Ladder is { } ladder) Many(w, ladder.All, r => { w.Write(r.To); w.Write(r.AfterMs); });
        w.Write(due.Members is not null);
        if (due.Members is { } members) Many(w, members.All, m => w.Write(m.ToString()));
        w.Write(due.Finding is not null);
        if (due.Finding is { } f) { w.Write(f.Num); w.Write(f.N); w.Write(f.Limit); }
        w.Write(due.EndedAt ?? long.MinValue);
        w.Write(alert.CeasedAt ?? long.MinValue);
        w.Write(alert.RaisedAs is not null);
        if (alert.RaisedAs is { } raised) { w.Write(raised.Rule); w.Write(raised.RuleVersion); w.Write(raised.Clock); w.Write(raised.DueAt); }
        Write(w, alert.Care);
        Many(w, alert.Covers.All, c => { w.Write(c.Subject.ToString()); w.Write(c.From); w.Write(c.To); });
    }

    private static void Write(BinaryWriter w, AlertCare care)
    {
        w.Write((int)care.Hold);
        Text(w, care.By);
        w.Write(care.Since);
        w.Write(care.Until ?? long.MinValue);
        Text(w, care.Note);
        Many(w, care.Taken.All, s => { w.Write(s.To); w.Write(s.At); });
        w.Write(care.Next?.At ?? long.MinValue);
        w.Write(care.Next?.To ?? "");
        Text(w, care.Final);
        w.Write((int)care.Mute);
        Text(w, care.MutedBy);
        w.Write(care.MutedUntil ?? long.MinValue);
    }

    private static AlertCare ReadCare(BinaryReader r)
    {
        static long? Instant(long ms) => ms == long.MinValue ? null : ms;
        var (hold, by, since, until, note) = ((Hold)r.ReadInt32(), Text(r), r.ReadInt64(), Instant(r.ReadInt64()), Text(r));
        Items<LadderStep> taken = new(Many(r, () => new LadderStep(r.ReadString(), r.ReadInt64())));
        var (at, to) = (Instant(r.ReadInt64()), r.ReadString());
        return new(hold, by, since, until, note, taken, at is { } next ? new LadderStep(to, next) : null, Text(r))
        {
            Mute = (Mute)r.ReadInt32(), MutedBy = Text(r), MutedUntil = Instant(r.ReadInt64()),
        };
    }

    private static void Text(BinaryWriter w, string? text)
    {
        w.Write(text is not null);
        if (text is not null) w.Write(text);
    }

    private static string? Text(BinaryReader r) => r.ReadBoolean() ? r.ReadString() : null;

    private static void Many<T>(BinaryWriter w, IReadOnlyList<T> all, Action<T> one)
    {
        w.Write(all.Count);
        foreach (var item in all) one(item);
    }

    private static Alert ReadAlert(BinaryReader r)
    {
        var (subject, rule, version, clock, level) = (Subject.Parse(r.ReadString()), r.ReadString(), r.ReadInt32(), r.ReadString(), (AlertLevel)r.ReadInt32());
        var named = r.ReadBoolean();
        var department = r.ReadString();
        var due = new DueAlert(subject, rule, version, clock, level, named ? department : null, r.ReadInt64(), r.ReadInt64(), r.ReadBoolean());
        var alert = new Alert(due, r.ReadString(), r.ReadInt64(), (AlertState)r.ReadInt32(), r.ReadInt64()) { FromLateData = r.ReadBoolean(), Since = r.ReadInt64() };
        var ladder = r.ReadBoolean() ? new Items<Rung>(Many(r, () => new Rung(r.ReadString(), r.ReadInt64()))) : null;
        var members = r.ReadBoolean() ? new Items<Subject>(Many(r, () => Subject.Parse(r.ReadString()))) : null;
        Finding? finding = r.ReadBoolean() ? new(r.ReadInt64(), r.ReadInt64(), r.ReadInt64()) : null;
        var ended = r.ReadInt64();
        due = due with { Ladder = ladder, Members = members, Finding = finding, EndedAt = ended == long.MinValue ? null : ended };
        var ceased = r.ReadInt64();
        AlertKey? raised = r.ReadBoolean() ? new(subject, r.ReadString(), r.ReadInt32(), r.ReadString(), r.ReadInt64()) : null;
        var care = ReadCare(r);
        return alert with { CeasedAt = ceased == long.MinValue ? null : ceased, RaisedAs = raised, Due = due, Care = care, Covers = new(Many(r, () => new Cover(Subject.Parse(r.ReadString()), r.ReadInt64(), r.ReadInt64()))) };
    }

    private static List<T> Many<T>(BinaryReader r, Func<T> one)
    {
        var count = r.ReadInt32();
        var all = new List<T>(count);
        for (var i = 0; i < count; i++) all.Add(one());
        return all;
    }
}
