using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Customers;

/// <summary>A customer's file as few bytes, some forty a contact; none at all of one without facts.</summary>
internal static class FileBytes
{
    private const int Inbound = 1, Over = 2, Answered = 4, Abandoned = 8, Complaint = 16, Repeat = 32, Critical = 64, Issue = 128, Queue = 256, Department = 512, FirstTime = 1024;

    public static byte[] Write(ShortBytes room, CustomerFile file)
    {
        if (!file.Facts.Any()) return [];
        room.Begin();
        room.Write(file.WindowMs);
        room.Write(file.PerIssue ? 1 : 0);
        var last = 0L;
        foreach (var fact in file.Facts)
        {
            Write(room, fact, last);
            last = fact.InitiatedAt;
        }
        return room.End();
    }

    public static CustomerFile Read(string customer, byte[] bytes)
    {
        var (at, last) = (0, 0L);
        var windowMs = ShortBytes.ReadNumber(bytes, ref at);
        var file = new CustomerFile(ShortBytes.ReadNumber(bytes, ref at) == 1) { WindowMs = windowMs, HasRested = true };
        while (at < bytes.Length)
        {
            var fact = Read(bytes, ref at, customer, last);
            file.Add(fact);
            last = fact.InitiatedAt;
        }
        return file;
    }

    private static void Write(ShortBytes room, ContactFact fact, long last)
    {
        room.Write((fact.Inbound ? Inbound : 0) | (fact.Over ? Over : 0) | (fact.Answered ? Answered : 0) | (fact.Abandoned ? Abandoned : 0)
            | (fact.Complaint ? Complaint : 0) | (fact.Repeat ? Repeat : 0) | (fact.Critical ? Critical : 0)
            | (fact.IssueKey is null ? 0 : Issue) | (fact.Queue is null ? 0 : Queue) | (fact.Department is null ? 0 : Department) | (fact.FirstTimeAt is null ? 0 : FirstTime));
        room.Write((int)fact.Contact.Kind);
        room.Write(fact.Contact.Id);
        room.Write(fact.InitiatedAt - last);
        room.Write(fact.LastAt - fact.InitiatedAt);
        if (fact.IssueKey is { } issue) room.Write(issue);
        if (fact.Queue is { } queue) room.Write(queue);
        if (fact.Department is { } department) room.Write(department);
        if (fact.FirstTimeAt is { } closed) room.Write(closed - fact.InitiatedAt);
    }

    private static ContactFact Read(byte[] bytes, ref int at, string customer, long last)
    {
        var flags = (int)ShortBytes.ReadNumber(bytes, ref at);
        var kind = (SubjectKind)ShortBytes.ReadNumber(bytes, ref at);
        var contact = new Subject(kind, ShortBytes.ReadText(bytes, ref at));
        var initiated = last + ShortBytes.ReadNumber(bytes, ref at);
        var ended = initiated + ShortBytes.ReadNumber(bytes, ref at);
        var issue = (flags & Issue) != 0 ? ShortBytes.ReadText(bytes, ref at) : null;
        var queue = (flags & Queue) != 0 ? ShortBytes.ReadText(bytes, ref at) : null;
        var department = (flags & Department) != 0 ? ShortBytes.ReadText(bytes, ref at) : null;
        return new(contact, customer, issue, (flags & Inbound) != 0, initiated, ended, (flags & Over) != 0, (flags & Answered) != 0, (flags & Abandoned) != 0, queue, department)
        {
            FirstTimeAt = (flags & FirstTime) != 0 ? initiated + ShortBytes.ReadNumber(bytes, ref at) : null,
            Complaint = (flags & Complaint) != 0, Repeat = (flags & Repeat) != 0, Critical = (flags & Critical) != 0,
        };
    }
}
