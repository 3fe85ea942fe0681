using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Grains.Alerts;

public enum AlertLevel { Yellow, Red }

/// <summary>
/// An alert that is due by the rules: raised at <see cref="RaisedAt"/> (its true instant) for a promise due at <see cref="DueAt"/>.
/// <see cref="Active"/> is false where the cause is over already (answered late): the breach is recorded, nobody is chased.
/// </summary>
public sealed record DueAlert(
    Subject Subject, string Rule, int RuleVersion, string Clock, AlertLevel Level, string? DepartmentId, long DueAt, long RaisedAt, bool Active)
{
    /// <summary>Whom the policy has told, as it was at the raise; null for the default.</summary>
    public Items<Rung>? Ladder { get; init; }

    private readonly Rest? _rest; // a clock's, and those are the most, has none of it

    private sealed record Rest(Finding? Finding, long? EndedAt, Items<Subject>? Members)
    {
        public static Rest? Of(Finding? finding, long? endedAt, Items<Subject>? members) => finding is null && endedAt is null && members is null ? null : new(finding, endedAt, members);
    }

    /// <summary>What it was raised for, where a rule counted something.</summary>
    public Finding? Finding { get => _rest?.Finding; init => _rest = Rest.Of(value, EndedAt, Members); }

    /// <summary>When the cause was over, Unix ms: the true instant of the all-clear. Null where it stands, or where only its end was noticed.</summary>
    public long? EndedAt { get => _rest?.EndedAt; init => _rest = Rest.Of(Finding, value, Members); }

    /// <summary>Working hours that are waited for before anybody is told; null for at any time. Judged anew each time, so not kept.</summary>
    [JsonIgnore]
    public BusinessCalendar? Hours { get; init; }

    /// <summary>Of an alert about several subjects: those whose own alerts it covers while it stands; since when it did, <see cref="Alert.Covers"/> keeps.</summary>
    public Items<Subject>? Members { get => _rest?.Members; init => _rest = Rest.Of(Finding, EndedAt, value); }

    /// <summary>Nothing in the key depends on the time of noticing or on an attempt. (design: Exactly once)</summary>
    public AlertKey Key => new(Subject, Rule, RuleVersion, Clock, DueAt);
}

public readonly record struct AlertKey(Subject Subject, string Rule, int RuleVersion, string Clock, long DueAt) : IComparable<AlertKey>
{
    public int CompareTo(AlertKey other)
    {
        var order = DueAt.CompareTo(other.DueAt);
        if (order == 0) order = Subject.CompareTo(other.Subject);
        if (order == 0) order = string.CompareOrdinal(Rule, other.Rule);
        if (order == 0) order = string.CompareOrdinal(Clock, other.Clock);
        return order == 0 ? RuleVersion.CompareTo(other.RuleVersion) : order;
    }

    /// <summary>The key in 32 hex digits, for rows and receivers.</summary>
    public string Id
    {
        get
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            Hash(hash);
            return Convert.ToHexStringLower(hash[..16]);
        }
    }

    /// <summary>A short name that people can say: letters of the department, six characters of the key's hash.</summary>
    public string Code(string? department)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(hash);
        Span<char> prefix = stackalloc char[3];
        var letters = 0;
        foreach (var c in department ?? "")
            if (letters < prefix.Length && char.IsAsciiLetter(c)) prefix[letters++] = char.ToUpperInvariant(c);
        return $"{(letters == 0 ? "ALL" : prefix[..letters])}-{Convert.ToHexString(hash[..3])}";
    }

    private void Hash(Span<byte> hash)
    {
        var text = $"{Subject}\n{Rule}\n{RuleVersion}\n{Clock}\n{DueAt}";
        Span<byte> bytes = text.Length <= 256 ? stackalloc byte[768] : new byte[text.Length * 3]; // UTF-8 takes at most three bytes for a char
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(text, bytes)], hash);
    }
}
