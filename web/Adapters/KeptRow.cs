using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Adapters;

/// <summary>What a kept text is.</summary>
internal enum KeptAs
{
    /// <summary>A JSON object of the sender's, or what should have been one; a row of a table with its columns as fields.</summary>
    Row,

    /// <summary>The fields of a form.</summary>
    Form,

    /// <summary>An event that was made of a row and that the host refused.</summary>
    Event,
}

/// <summary>What a sender told and nothing came of, and all that is needed to translate it later as if it came now.</summary>
/// <param name="At">when it arrived</param>
/// <param name="Reason">names rules and fields, never a value that was sent</param>
/// <param name="Raw">word for word</param>
internal sealed record KeptRow(DateTimeOffset At, string Reason, string Raw, KeptAs As)
{
    /// <summary>Its place in the body, from 1.</summary>
    public long Line { get; init; } = 1;

    /// <summary>How many requests of the same millisecond came before its own.</summary>
    public long Turn { get; init; }

    /// <summary>Those of the request that the mapping names.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>What the mapping, as it is now, makes of it.</summary>
    public Translation Translate(Mapping mapping)
    {
        if (As == KeptAs.Event)
            return EventReader.Read(System.Text.Encoding.UTF8.GetBytes(Raw)).Event is { } e ? new Translation.Events([new(null, e)]) : new Translation.Unmapped(Reason);
        var (body, broken) = As == KeptAs.Form ? (Bodies.Form(Raw), null) : Bodies.Parse(Raw);
        if (broken is not null) return new Translation.Unmapped(Reason);
        return new Mapper(mapping).Translate(new(body, Line, At, mapping.Missing) { Turn = Turn, Headers = Headers });
    }
}
