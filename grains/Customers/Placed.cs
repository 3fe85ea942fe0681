using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Customers;

/// <summary>A fact at its place in an order: by an instant (Unix ms), then by its contact. Two are at the same place whatever else is said of them.</summary>
internal readonly struct Placed(long at, Subject who, ContactFact? fact = null) : IComparable<Placed>
{
    public long At => at;

    public Subject Who => who;

    /// <summary>Null for a mere place.</summary>
    public ContactFact? Fact => fact;

    public static Placed Of(ContactFact fact) => new(fact.InitiatedAt, fact.Contact, fact);

    /// <summary>The place before all of an instant.</summary>
    public static Placed From(long at) => new(at, default);

    public int CompareTo(Placed other) => at != other.At ? (at < other.At ? -1 : 1) : who.CompareTo(other.Who);
}
