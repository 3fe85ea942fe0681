using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Customers;

/// <summary>In what a fact may be another one's neighbour.</summary>
internal enum Role { Any, Inbound, Issue, Complaint, Return }

/// <summary>
/// A customer's contacts and tickets in the order of their initiation, and the neighbours of each. Most customers have a handful, which is simply looked
/// through; of one that thousands share there is an order for every role, so that a neighbour costs a search and not a walk.
/// </summary>
/// <param name="few">up to so many are looked through</param>
internal sealed partial class CustomerFile(bool perIssue = false, int few = CustomerFile.Few)
{
    public const int Few = 24;

    private const int Roles = 5;

    private sealed class Line
    {
        public readonly SortedRuns<Placed> Facts = new();
        public long Longest; // from the initiation to the last that was heard, ms; never less than it is
    }

    private List<ContactFact>? _few = new(1);
    private Dictionary<(Role Role, string Line), Line>? _lines; // found here, never walked through
    private SortedRuns<Placed>? _seekers; // by when they ended

    public bool PerIssue { get; private set; } = perIssue;

    /// <summary>All, in their order.</summary>
    public IEnumerable<ContactFact> Facts
    {
        get
        {
            if (_few is not null)
                foreach (var fact in _few) yield return fact;
            else if (_lines!.TryGetValue((Role.Any, ""), out var all))
                foreach (var placed in all.Facts) yield return placed.Fact!;
        }
    }

    public void Add(ContactFact fact)
    {
        if (_few is null) { Put(fact); return; }
        var at = _few.Count;
        while (at > 0 && Placed.Of(_few[at - 1]).CompareTo(Placed.Of(fact)) > 0) at--;
        _few.Insert(at, fact);
        if (_few.Count > few) Lay([.. _few]);
    }

    public void Remove(ContactFact fact)
    {
        if (_few is not null) { _few.RemoveAll(f => Placed.Of(f).CompareTo(Placed.Of(fact)) == 0); return; }
        for (var role = Role.Any; (int)role < Roles; role++)
            if (LineOf(role, fact) is { } key && _lines!.TryGetValue((role, key), out var line) && line.Facts.Remove(Placed.Of(fact)) && line.Facts.Count == 0) _lines.Remove((role, key));
        if (IsSeeker(fact)) _seekers!.Remove(new(Ended(fact), fact.Contact));
    }

    /// <summary>Another rule says who is in line with whom.</summary>
    public void Relay(bool byIssue)
    {
        if (byIssue == PerIssue) return;
        ContactFact[] all = [.. Facts];
        PerIssue = byIssue;
        if (_few is null) Lay(all);
    }

    public ContactFact? Find(in Placed place)
    {
        if (_few is null) return _lines!.TryGetValue((Role.Any, ""), out var all) && all.Facts.TryFind(place, out var found) ? found.Fact : null;
        foreach (var fact in _few)
            if (Placed.Of(fact).CompareTo(place) == 0) return fact;
        return null;
    }

    /// <summary>The line in which a fact stands in a role; null where it has no such role.</summary>
    public string? LineOf(Role role, ContactFact fact) => role switch
    {
        Role.Any => "",
        Role.Inbound => !fact.Inbound ? null : PerIssue ? fact.IssueKey ?? "" : "",
        Role.Issue => fact.Contact.Kind == SubjectKind.Ticket ? fact.IssueKey : null, // without an issue it repeats none: nobody can tell
        Role.Complaint => fact.Complaint ? "" : null,
        _ => fact.Contact.Kind == SubjectKind.Ticket || (fact.Inbound && !fact.Answered) ? null : "", // an attempt to reach the customer, or his getting through
    };

    /// <summary>The next one of a line after a place.</summary>
    public ContactFact? After(Role role, string line, in Placed place)
    {
        if (_few is null) return _lines!.TryGetValue((role, line), out var all) && all.Facts.TryAfter(place, out var found) ? found.Fact : null;
        foreach (var fact in _few)
            if (Placed.Of(fact).CompareTo(place) > 0 && LineOf(role, fact) == line) return fact;
        return null;
    }

    /// <summary>The one of a line before a place.</summary>
    public ContactFact? Before(Role role, string line, in Placed place)
    {
        if (_few is null) return _lines!.TryGetValue((role, line), out var all) && all.Facts.TryBefore(place, out var found) ? found.Fact : null;
        for (var i = _few.Count - 1; i >= 0; i--)
            if (Placed.Of(_few[i]).CompareTo(place) < 0 && LineOf(role, _few[i]) == line) return _few[i];
        return null;
    }

    /// <summary>How many of a line lie from one place on and before another.</summary>
    public int Count(Role role, string line, in Placed from, in Placed to)
    {
        if (_few is null) return _lines!.TryGetValue((role, line), out var all) ? all.Facts.CountBetween(from, to) : 0;
        var count = 0;
        foreach (var fact in _few)
            if (Placed.Of(fact) is var at && at.CompareTo(from) >= 0 && at.CompareTo(to) < 0 && LineOf(role, fact) == line) count++;
        return count;
    }

    /// <summary>No contact of a line lasted longer, ms.</summary>
    public long Longest(Role role, string line)
    {
        if (_few is null) return _lines!.TryGetValue((role, line), out var all) ? all.Longest : 0;
        var longest = 0L;
        foreach (var fact in _few) longest = Math.Max(longest, fact.LastAt - fact.InitiatedAt);
        return longest;
    }

    /// <summary>Contacts that wait for somebody to come back to them: missed, or cut off in the middle of something critical.</summary>
    public static bool IsSeeker(ContactFact fact) =>
        fact is { Complaint: false, Contact.Kind: SubjectKind.Contact } && (fact.Critical || fact is { Inbound: true, Abandoned: true, Over: true });

    /// <summary>From when on one of these can be returned, Unix ms.</summary>
    public static long Ended(ContactFact fact) => Math.Max(fact.InitiatedAt, fact.LastAt);

    // Those that ended in [from, to].
    private IEnumerable<ContactFact> Seekers(long from, long to)
    {
        if (_few is not null)
        {
            foreach (var fact in _few)
                if (IsSeeker(fact) && Ended(fact) >= from && Ended(fact) <= to) yield return fact;
            yield break;
        }
        foreach (var placed in _seekers!.From(Placed.From(from)))
        {
            if (placed.At > to) yield break;
            yield return placed.Fact!;
        }
    }

    private void Lay(ContactFact[] all)
    {
        (_few, _lines, _seekers) = (null, [], new());
        foreach (var fact in all) Put(fact);
    }

    private void Put(ContactFact fact)
    {
        for (var role = Role.Any; (int)role < Roles; role++)
        {
            if (LineOf(role, fact) is not { } key) continue;
            if (!_lines!.TryGetValue((role, key), out var line)) _lines[(role, key)] = line = new();
            line.Facts.Add(Placed.Of(fact));
            line.Longest = Math.Max(line.Longest, fact.LastAt - fact.InitiatedAt);
        }
        if (IsSeeker(fact)) _seekers!.Add(new(Ended(fact), fact.Contact, fact));
    }
}
