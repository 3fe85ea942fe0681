using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Policies;

/// <summary>What a policy may ask a ticket (or a callback) about: the fields of created and classified.</summary>
public enum TicketField
{
    Kind, Channel, DepartmentId, Category, Severity, Priority, CustomerRef, CustomerTier, IssueKey, Product, OriginContactId, Jurisdiction, RiskFlags, PolicyIds,
}

/// <summary>
/// A ticket's attributes as they stand from <see cref="From"/> (Unix ms) on; null where nobody said. A field that may hold several values matches by any of them.
/// </summary>
public sealed record TicketFacts(long From)
{
    /// <summary>Missing priority counts as this. (spec: clocks, sla-default)</summary>
    public const int DefaultPriority = 3;

    public string? Kind { get; init; }
    public string? Channel { get; init; }
    public string? DepartmentId { get; init; }
    public string? Category { get; init; }
    public string? Severity { get; init; }
    public int? Priority { get; init; }
    public string? CustomerRef { get; init; }
    public string? CustomerTier { get; init; }
    public string? IssueKey { get; init; }
    public string? Product { get; init; }
    public string? OriginContactId { get; init; }
    public string? Jurisdiction { get; init; }
    public IReadOnlyList<string> RiskFlags { get; init; } = [];
    public IReadOnlyList<string> PolicyIds { get; init; } = [];

    public static TicketFacts Of(Event e, TicketCreated d) => new(e.At)
    {
        Kind = Words.Of(d.Kind), Channel = Words.Of(d.Channel), DepartmentId = e.DepartmentId, Category = d.Category, Severity = d.Severity, Priority = d.Priority,
        CustomerRef = d.CustomerRef, CustomerTier = d.CustomerTier, IssueKey = d.IssueKey, Product = d.Product, OriginContactId = d.OriginContactId,
        Jurisdiction = d.Jurisdiction, RiskFlags = d.RiskFlags ?? [], PolicyIds = d.PolicyIds ?? [],
    };

    /// <summary>What a classification says replaces what stood; what it leaves out stays.</summary>
    public TicketFacts With(Event e, TicketClassified d) => this with
    {
        From = e.At, Category = d.Category, Severity = d.Severity ?? Severity, Priority = d.Priority ?? Priority, CustomerTier = d.CustomerTier ?? CustomerTier,
        IssueKey = d.IssueKey ?? IssueKey, RiskFlags = d.RiskFlags ?? RiskFlags, DepartmentId = e.DepartmentId ?? DepartmentId,
    };

    /// <summary>The value of a field as its event would spell it; null where it has none or several.</summary>
    public string? Text(TicketField field) => field switch
    {
        TicketField.Kind => Kind,
        TicketField.Channel => Channel,
        TicketField.DepartmentId => DepartmentId,
        TicketField.Category => Category,
        TicketField.Severity => Severity,
        TicketField.Priority => Digits(Priority ?? DefaultPriority),
        TicketField.CustomerRef => CustomerRef,
        TicketField.CustomerTier => CustomerTier,
        TicketField.IssueKey => IssueKey,
        TicketField.Product => Product,
        TicketField.OriginContactId => OriginContactId,
        TicketField.Jurisdiction => Jurisdiction,
        _ => null,
    };

    public IReadOnlyList<string> Many(TicketField field) => field switch
    {
        TicketField.RiskFlags => RiskFlags,
        TicketField.PolicyIds => PolicyIds,
        _ => [],
    };

    private static string Digits(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>One attribute asked for: any of the values will do.</summary>
public sealed record Asked(TicketField Field, IReadOnlyList<string> Values)
{
    public bool Fits(TicketFacts facts)
    {
        if (facts.Text(Field) is { } text) return Has(text);
        foreach (var one in facts.Many(Field))
            if (Has(one)) return true;
        return false;
    }

    private bool Has(string text)
    {
        foreach (var value in Values)
            if (string.Equals(value, text, StringComparison.Ordinal)) return true;
        return false;
    }

    public override string ToString() => $"{Words.Of(Field)}={string.Join('|', Values)}";
}

/// <summary>All of these must fit; nothing asked fits everything.</summary>
public sealed record Condition(IReadOnlyList<Asked> All)
{
    public static readonly Condition None = new([]);

    public bool Fits(TicketFacts facts)
    {
        for (var i = 0; i < All.Count; i++)
            if (!All[i].Fits(facts)) return false;
        return true;
    }

    /// <summary>True where only a ticket that names policies can fit.</summary>
    public bool AsksForPolicies
    {
        get
        {
            foreach (var asked in All)
                if (asked.Field == TicketField.PolicyIds) return true;
            return false;
        }
    }

    public override string ToString() => string.Join(", ", All);
}

/// <summary>The words of the closed lists as they stand on the wire and in files: snake_case.</summary>
public static class Words
{
    public static string Of<T>(T value) where T : struct, Enum => Table<T>.All[value];

    private static class Table<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> All = Make(); // looked up at every judgement, never walked through

        private static Dictionary<T, string> Make()
        {
            var all = new Dictionary<T, string>();
            foreach (var value in Enum.GetValues<T>()) all[value] = Snake(value.ToString());
            return all;
        }
    }

    private static string Snake(string name)
    {
        var text = new System.Text.StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0) text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
