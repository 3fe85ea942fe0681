namespace OpsMonitor.Grains.Events;

/// <summary>What happened, in the words of the vocabulary. One record per event type; times inside stay RFC 3339 text as sent.</summary>
public abstract record EventData;

public enum SubjectKind { Contact, Ticket, Callback, Agent, Survey, Source, Other, Rule, Accountability, Improvement }

/// <summary>Whose history an event belongs to: <c>ticket/T-1</c>.</summary>
public readonly record struct Subject(SubjectKind Kind, string Id) : IComparable<Subject>
{
    public static Subject Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var kind = slash < 0 ? SubjectKind.Other : text[..slash] switch
        {
            "contact" => SubjectKind.Contact,
            "ticket" => SubjectKind.Ticket,
            "callback" => SubjectKind.Callback,
            "agent" => SubjectKind.Agent,
            "survey" => SubjectKind.Survey,
            "source" => SubjectKind.Source,
            "rule" => SubjectKind.Rule,
            "accountability" => SubjectKind.Accountability,
            "improvement" => SubjectKind.Improvement,
            _ => SubjectKind.Other,
        };
        return new(kind, kind == SubjectKind.Other ? text : text[(slash + 1)..]);
    }

    public int CompareTo(Subject other) =>
        Kind != other.Kind ? Kind.CompareTo(other.Kind) : string.CompareOrdinal(Id, other.Id);

    public override string ToString() => Kind == SubjectKind.Other ? Id : $"{Kind.ToString().ToLowerInvariant()}/{Id}";
}

/// <summary>
/// One event as OpsMonitor keeps it. Identity is (<see cref="Source"/>, <see cref="Id"/>).
/// <see cref="At"/> is when it happened, in Unix milliseconds (truncated). <see cref="Sequence"/> is -1 where none was sent.
/// <see cref="Data"/> is null for a type outside the vocabulary. <see cref="Raw"/> is the structured CloudEvent in UTF-8.
/// </summary>
public sealed record Event(
    string Source, string Id, string Type, long At, Subject Subject, long Sequence, string? DepartmentId, EventData? Data, ReadOnlyMemory<byte> Raw)
    : IComparable<Event>
{
    /// <summary>The one order of a subject's history: time, sequence, source, id; ordinal. (spec: events)</summary>
    public int CompareTo(Event? other)
    {
        if (other is null) return 1;
        if (At != other.At) return At.CompareTo(other.At);
        if (Sequence != other.Sequence) return Sequence.CompareTo(other.Sequence);
        var source = string.CompareOrdinal(Source, other.Source);
        return source != 0 ? source : string.CompareOrdinal(Id, other.Id);
    }
}
