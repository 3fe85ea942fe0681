namespace OpsMonitor.Web.Adapters;

public enum InputFormat { Json, Ndjson, Csv }

/// <summary>How a sender's words become events. Read from a file by <see cref="MappingReader"/>; holds no rule of counting.</summary>
/// <param name="Source">the events' source</param>
/// <param name="Key">rows with the same text are of one thing, so that a rule may look at the row before; null where rows stand alone</param>
/// <param name="HoldTime">a row whose time goes back takes the time of the row of its key before</param>
public sealed record Mapping(
    string Name, string Source, InputFormat Format, char Separator, IReadOnlyList<string> Missing, Template? Key, bool HoldTime, AdapterAuth Auth, IReadOnlyList<Rule> Rules)
{
    /// <summary>Headers of the request that the file names: without them a row that is kept could not be translated later.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];
}

public enum Once
{
    /// <summary>The host judges: the same id with another content is <c>id_reused</c>.</summary>
    No,

    /// <summary>An id that the subject's history has says nothing new, whatever else has changed.</summary>
    Ever,

    /// <summary>An id that was the subject's last of its type says nothing new; one that comes back after another is news, and gets a number.</summary>
    Latest,

    /// <summary>The same delivery again right after itself is a repeat; after something else it is news, and its ids get a number.</summary>
    InARow,
}

/// <summary>One kind of event that a row may become. All rules that hold of a row are taken, in the order of the file.</summary>
/// <param name="When">any of these lists must hold, in each all conditions; empty is always</param>
/// <param name="Ignore">not null: such a row means nothing here, and this is why; the rules after it are not asked</param>
public sealed record Rule(string Name, IReadOnlyList<IReadOnlyList<Condition>> When, string? Ignore)
{
    public string Type { get; init; } = "";

    public Template Subject { get; init; } = null!;

    public Template Id { get; init; } = null!;

    public FieldTime Time { get; init; } = null!;

    /// <summary>Null: numbered by the subject in a file; in a body of several events by their place.</summary>
    public Template? Sequence { get; init; }

    public Once Once { get; init; }

    /// <summary>Field of <c>data</c> (names joined by dots for one inside another) to its value.</summary>
    public IReadOnlyList<(string Name, FieldValue Value)> Data { get; init; } = [];

    public bool Holds(Row row)
    {
        if (When.Count == 0) return true;
        foreach (var all in When)
            if (all.All(c => c.Holds(row))) return true;
        return false;
    }
}
