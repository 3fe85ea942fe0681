using System.Text.RegularExpressions;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// What must hold of one field. All that is set must hold. A field without a value is equal to nothing: <c>not</c> then holds, and no other does
/// but <c>exists: false</c>.
/// </summary>
public sealed record Condition(string Path)
{
    public IReadOnlyList<string>? AnyOf { get; init; }

    public IReadOnlyList<string>? NoneOf { get; init; }

    public string? StartsWith { get; init; }

    public string? Contains { get; init; }

    public Regex? Matches { get; init; }

    public bool? Exists { get; init; }

    /// <summary>Against the row of the same key before; the first row has changed nothing.</summary>
    public bool? Changed { get; init; }

    public bool Holds(Row row)
    {
        var value = row.Find(Path);
        var text = value is { } v ? Row.TextOf(v) : null;
        return (Exists is not { } exists || exists == value is not null)
            && (AnyOf is null || (text is not null && AnyOf.Contains(text)))
            && (NoneOf is null || text is null || !NoneOf.Contains(text))
            && (StartsWith is null || text?.StartsWith(StartsWith, StringComparison.Ordinal) == true)
            && (Contains is null || text?.Contains(Contains, StringComparison.Ordinal) == true)
            && (Matches is null || (text is not null && Finds(Matches, text)))
            && (Changed is not { } changed || changed == HasChanged(row, text));
    }

    private bool HasChanged(Row row, string? text) => row.Previous is not null && row.Text("$previous." + Path) != text;

    // A pattern that runs away on what a sender wrote must not hold up the door.
    private static bool Finds(Regex pattern, string text)
    {
        try { return pattern.IsMatch(text); }
        catch (RegexMatchTimeoutException) { return false; }
    }
}
