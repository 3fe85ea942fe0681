using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Local;

/// <summary>What an evaluation tells beside its row and its sums: of agents, and of numbers that no longer hold. Most have nothing of it.</summary>
internal static class AgentBytes
{
    public static void Write(BinaryWriter w, Evaluation evaluation, WordPool words)
    {
        w.Write((byte)((evaluation.Revocations.Count > 0 ? 1 : 0) | (evaluation.Work.Count > 0 ? 2 : 0)));
        if (evaluation.Revocations.Count > 0) w.Many(evaluation.Revocations, r => Write(w, r, words));
        if (evaluation.Work.Count > 0) w.Many(evaluation.Work, work => Write(w, work, words));
    }

    public static Evaluation Read(BinaryReader r, Evaluation evaluation, WordPool words)
    {
        var told = r.ReadByte();
        if (told == 0) return evaluation;
        return evaluation with
        {
            Revocations = (told & 1) != 0 ? r.Many(() => ReadRevocation(r, words)) : [],
            Work = (told & 2) != 0 ? r.Many(() => ReadWork(r, words)) : [],
        };
    }

    public static void Write(BinaryWriter w, AgentWork work, WordPool words)
    {
        words.Write(w, work.Agent);
        w.Write(work.From);
        w.Write(work.To);
        w.Write((byte)work.Duty);
    }

    public static AgentWork ReadWork(BinaryReader r, WordPool words) => new(words.ReadText(r), r.ReadInt64(), r.ReadInt64(), (AgentDuty)r.ReadByte());

    private static void Write(BinaryWriter w, Revocation revocation, WordPool words)
    {
        w.Write(revocation.Contact.ToString());
        w.Write(revocation.By.ToString());
        w.Write(revocation.At);
        words.Write(w, revocation.Queue);
        words.Write(w, revocation.Department);
    }

    private static Revocation ReadRevocation(BinaryReader r, WordPool words) =>
        new(Subject.Parse(r.ReadString()), Subject.Parse(r.ReadString()), r.ReadInt64(), words.Read(r), words.Read(r));
}
