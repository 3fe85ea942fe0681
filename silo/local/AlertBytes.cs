using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Silo.Local;

/// <summary>An alert as bytes, for snapshots and for those that left memory. Read back it equals what was written.</summary>
public static class AlertBytes
{
    public static byte[] Write(Alert alert)
    {
        using var bytes = new MemoryStream();
        using (var w = new BinaryWriter(bytes)) Write(w, alert, new());
        return bytes.ToArray();
    }

    public static Alert Read(byte[] bytes)
    {
        using var r = new BinaryReader(new MemoryStream(bytes));
        return Read(r, new());
    }

    /// <param name="words">what many alerts have in common stands whole once; names of one alone are not put in</param>
    public static void Write(BinaryWriter w, Alert alert, WordPool words)
    {
        var due = alert.Due;
        w.Write(due.Subject.ToString());
        words.Write(w, due.Rule);
        w.Write(due.RuleVersion);
        Clock(w, due.Subject, due.Clock, words);
        w.Write((byte)due.Level);
        words.Write(w, due.DepartmentId);
        w.Write(due.DueAt);
        w.Write(due.RaisedAt);
        w.Write(due.Active);
        w.Write(alert.Code);
        w.Write(alert.NoticedAt);
        w.Write((byte)alert.State);
        w.Write(alert.ChangedAt);
        w.Write(alert.FromLateData);
        w.Write(alert.Since);
        w.Write(due.Ladder is not null);
        if (due.Ladder is { } ladder) w.Many(ladder.All, r => { words.Write(w, r.To); w.Write(r.AfterMs); });
        w.Write(due.Members is not null);
        if (due.Members is { } members) w.Many(members.All, m => w.Write(m.ToString()));
        w.Write(due.Finding is not null);
        if (due.Finding is { } f) { w.Write(f.Num); w.Write(f.N); w.Write(f.Limit); }
        Instant(w, due.EndedAt);
        Instant(w, alert.CeasedAt);
        w.Write(alert.RaisedAs is not null);
        if (alert.RaisedAs is { } raised) { words.Write(w, raised.Rule); w.Write(raised.RuleVersion); Clock(w, due.Subject, raised.Clock, words); w.Write(raised.DueAt); }
        Write(w, alert.Care, words);
        w.Many(alert.Covers.All, c => { w.Write(c.Subject.ToString()); w.Write(c.From); w.Write(c.To); });
    }

    /// <param name="words">words read before</param>
    public static Alert Read(BinaryReader r, WordPool words)
    {
        var subject = Subject.Parse(r.ReadString());
        var due = new DueAlert(
            subject, words.ReadText(r), r.ReadInt32(), Clock(r, subject, words), (AlertLevel)r.ReadByte(), words.Read(r), r.ReadInt64(), r.ReadInt64(), r.ReadBoolean());
        var alert = new Alert(due, r.ReadString(), r.ReadInt64(), (AlertState)r.ReadByte(), r.ReadInt64()) { FromLateData = r.ReadBoolean(), Since = r.ReadInt64() };
        var ladder = r.ReadBoolean() ? new Items<Rung>(r.Many(() => new Rung(words.ReadText(r), r.ReadInt64()))) : null;
        var members = r.ReadBoolean() ? new Items<Subject>(r.Many(() => Subject.Parse(r.ReadString()))) : null;
        Finding? finding = r.ReadBoolean() ? new(r.ReadInt64(), r.ReadInt64(), r.ReadInt64()) : null;
        var (ended, ceased) = (Instant(r), Instant(r));
        AlertKey? raised = r.ReadBoolean() ? new(subject, words.ReadText(r), r.ReadInt32(), Clock(r, subject, words), r.ReadInt64()) : null;
        var care = ReadCare(r, words);
        var covers = r.Many(() => new Cover(Subject.Parse(r.ReadString()), r.ReadInt64(), r.ReadInt64()));
        return alert with
        {
            Due = due with { Ladder = ladder, Members = members, Finding = finding, EndedAt = ended }, CeasedAt = ceased, RaisedAs = raised, Care = care,
            Covers = covers.Length == 0 ? Items<Cover>.None : new(covers),
        };
    }

    // A rule's is about one contact, issue or queue; a promise's name many have.
    private static void Clock(BinaryWriter w, Subject subject, string clock, WordPool words)
    {
        if (subject.Kind == SubjectKind.Rule) w.Write(clock); else words.Write(w, clock);
    }

    private static string Clock(BinaryReader r, Subject subject, WordPool words) => subject.Kind == SubjectKind.Rule ? r.ReadString() : words.ReadText(r);

    private static void Write(BinaryWriter w, AlertCare care, WordPool words)
    {
        w.Write((byte)care.Hold);
        words.Write(w, care.By);
        w.Write(care.Since);
        Instant(w, care.Until);
        Text(w, care.Note);
        w.Many(care.Taken.All, s => { words.Write(w, s.To); w.Write(s.At); });
        Instant(w, care.Next?.At);
        words.Write(w, care.Next?.To);
        words.Write(w, care.Final);
        w.Write((byte)care.Mute);
        Text(w, care.MutedBy);
        Instant(w, care.MutedUntil);
    }

    private static AlertCare ReadCare(BinaryReader r, WordPool words)
    {
        var (hold, by, since, until, note) = ((Hold)r.ReadByte(), words.Read(r), r.ReadInt64(), Instant(r), Text(r));
        var taken = r.Many(() => new LadderStep(words.ReadText(r), r.ReadInt64()));
        var (at, to) = (Instant(r), words.Read(r));
        return new(hold, by, since, until, note, taken.Length == 0 ? Items<LadderStep>.None : new(taken), at is { } next ? new LadderStep(to!, next) : null, words.Read(r))
        {
            Mute = (Mute)r.ReadByte(), MutedBy = Text(r), MutedUntil = Instant(r),
        };
    }

    private static void Instant(BinaryWriter w, long? ms) => w.Write(ms ?? long.MinValue);

    private static long? Instant(BinaryReader r) => r.ReadInt64() is var ms && ms == long.MinValue ? null : ms;

    private static void Text(BinaryWriter w, string? text)
    {
        w.Write(text is not null);
        if (text is not null) w.Write(text);
    }

    private static string? Text(BinaryReader r) => r.ReadBoolean() ? r.ReadString() : null;
}
