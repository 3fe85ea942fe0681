using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Customers;

/// <summary>
/// Whose result may be another when one fact comes, goes or changes. Each change is looked at with all others as they are, so that what a turn touches is
/// the union. One too many costs a judgement; one too few is a wrong number, which a property test over random streams looks for.
/// </summary>
internal sealed partial class CustomerFile
{
    private List<Placed>? _touched; // some more than once; null for none
    private SortedSet<Placed>? _standing; // whose alerts stand

    private List<(ContactFact? Old, ContactFact? Next)>? _changes; // since it was judged, in their order; null where nobody asks how it was

    /// <summary>What it was judged by as a whole; null where it must be again.</summary>
    public FileRules? By { get; set; }

    /// <summary>The look-back by which it was judged last, in ms.</summary>
    public long WindowMs { get; set; }

    /// <summary>Some of its rows left memory: before they change they are made anew.</summary>
    public bool HasRested { get; set; }

    /// <summary>How many of its rows are in memory.</summary>
    public int Rows { get; set; }

    /// <summary>It stands in the order of those that may come to rest.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Something that is not in the file changed what its standing alerts are told to.</summary>
    public bool Disturbed { get; set; }

    /// <summary>How many silences had been said when its alerts were looked at.</summary>
    public int Silences { get; set; }

    public bool HasStanding => _standing is { Count: > 0 };

    /// <param name="old">as it was in this file; null where it comes</param>
    /// <param name="next">as it is in this file; null where it goes</param>
    /// <param name="now">Unix ms</param>
    public void Change(ContactFact? old, ContactFact? next, FileRules by, long now)
    {
        if (old is not null) Remove(old);
        TouchInbound(old, next, by.WindowMs);
        TouchIssue(old, next);
        if (by.Raises)
        {
            TouchComplaints(old, next);
            TouchSeekers(old, next, now);
        }
        if (next is not null) Add(next);
        if (HasRested) (_changes ??= []).Add((old, next));
        if (old is not null) Touch(Placed.Of(old));
        if (next is not null) Touch(Placed.Of(next));
    }

    public void Touch(in Placed place) => (_touched ??= []).Add(place);

    public void Stand(in Placed place, bool stands)
    {
        if (stands) (_standing ??= []).Add(new(place.At, place.Who));
        else _standing?.Remove(place);
    }

    public void TouchStanding()
    {
        if (_standing is null) return;
        foreach (var place in _standing) Touch(place);
    }

    public void TouchAll()
    {
        foreach (var fact in Facts) Touch(Placed.Of(fact));
    }

    /// <summary>The facts at the places touched since, as they were before anything changed: some more than once.</summary>
    /// <param name="judge">is told of each while the whole file is as it was</param>
    public void AsItWas(Action<ContactFact> judge)
    {
        if (_touched is null) return;
        for (var i = (_changes?.Count ?? 0) - 1; i >= 0; i--) Swap(_changes![i].Next, _changes[i].Old);
        foreach (var place in _touched)
            if (Find(place) is { } fact) judge(fact);
        foreach (var (old, next) in _changes ?? []) Swap(old, next);
        _changes = null;
    }

    private void Swap(ContactFact? gone, ContactFact? come)
    {
        if (gone is not null) Remove(gone);
        if (come is not null) Add(come);
    }

    /// <summary>The places touched since, in their order and each once.</summary>
    public IReadOnlyList<Placed> TakeTouched()
    {
        if (_touched is null) return [];
        var all = _touched;
        _touched = null;
        all.Sort(static (a, b) => a.CompareTo(b));
        var n = 0;
        for (var i = 0; i < all.Count; i++)
            if (n == 0 || all[n - 1].CompareTo(all[i]) != 0) all[n++] = all[i];
        all.RemoveRange(n, all.Count - n);
        return all;
    }

    /// <summary>Another rule that holds from an instant on may say something else of it: a complaint since then, or a call that may still wait to be returned.</summary>
    public bool IsOpenSince(long at)
    {
        if (After(Role.Complaint, "", Placed.From(at)) is not null) return true;
        using var seekers = Seekers(at - CustomerAlerts.MostMinutesMs, long.MaxValue).GetEnumerator();
        return seekers.MoveNext();
    }

    // For others it is the same as before.
    private bool Stays(Role role, ContactFact? old, ContactFact? next) =>
        old is not null && next is not null && Placed.Of(old).CompareTo(Placed.Of(next)) == 0 && LineOf(role, old) is { } line && LineOf(role, next) == line;

    private void TouchInbound(ContactFact? old, ContactFact? next, long windowMs)
    {
        if (Stays(Role.Inbound, old, next))
        {
            var (was, @is) = (old!, next!);
            if (was.LastAt == @is.LastAt && was.Abandoned == @is.Abandoned) return;
            // What lies within the window of the earlier end is blocked as it was, unless a re-try comes into it.
            var from = was.Abandoned || @is.Abandoned ? Placed.Of(@is) : Placed.From(Math.Max(@is.InitiatedAt, Math.Min(was.LastAt, @is.LastAt) + windowMs));
            TouchBlocked(LineOf(Role.Inbound, @is)!, from, Math.Max(was.LastAt, @is.LastAt) + windowMs, windowMs);
            return;
        }
        foreach (var fact in (ReadOnlySpan<ContactFact?>)[old, next])
        {
            if (fact is null || LineOf(Role.Inbound, fact) is not { } line) continue;
            if (Before(Role.Inbound, line, Placed.Of(fact)) is { } before) Touch(Placed.Of(before)); // whose repeat it may be
            TouchBlocked(line, Placed.Of(fact), fact.LastAt + windowMs, windowMs);
        }
    }

    // Those that may be first contacts or not because of a fact. One that got through keeps all others of its window from being first ones in any case:
    // these are passed over. So of a file however dense only few are touched.
    private void TouchBlocked(string line, Placed from, long end, long windowMs)
    {
        var givenUp = long.MaxValue; // the earliest end of those given up that were passed
        for (var n = After(Role.Inbound, line, from); n is not null && n.InitiatedAt < end; n = After(Role.Inbound, line, from))
        {
            if (givenUp != long.MaxValue && n.InitiatedAt > givenUp + CustomerRules.RetryMs && n.InitiatedAt < givenUp + windowMs)
            {
                (from, givenUp) = (Placed.From(givenUp + windowMs), long.MaxValue);
                continue;
            }
            if (n.Answered) Touch(Placed.Of(n));
            if (n.Abandoned) givenUp = Math.Min(givenUp, n.LastAt);
            from = n.Abandoned || n.LastAt + windowMs <= n.InitiatedAt ? Placed.Of(n) : Placed.From(n.LastAt + windowMs);
        }
    }

    private void TouchIssue(ContactFact? old, ContactFact? next)
    {
        if (Stays(Role.Issue, old, next)) return;
        foreach (var fact in (ReadOnlySpan<ContactFact?>)[old, next])
        {
            if (fact is null || LineOf(Role.Issue, fact) is not { } issue) continue;
            if (Before(Role.Issue, issue, Placed.Of(fact)) is { } before) Touch(Placed.Of(before));
            if (After(Role.Issue, issue, Placed.Of(fact)) is { } after) Touch(Placed.Of(after));
        }
    }

    // Each later one counts it.
    private void TouchComplaints(ContactFact? old, ContactFact? next)
    {
        if (Stays(Role.Complaint, old, next)) return;
        foreach (var fact in (ReadOnlySpan<ContactFact?>)[old, next])
        {
            if (fact is not { Complaint: true }) continue;
            for (var n = After(Role.Complaint, "", Placed.Of(fact)); n is not null && n.InitiatedAt < fact.InitiatedAt + CustomerAlerts.MostDaysMs; n = After(Role.Complaint, "", Placed.Of(n)))
                Touch(Placed.Of(n));
        }
    }

    // Those that had not been returned before it.
    private void TouchSeekers(ContactFact? old, ContactFact? next, long now)
    {
        if (Stays(Role.Return, old, next)) return;
        foreach (var fact in (ReadOnlySpan<ContactFact?>)[old, next])
        {
            if (fact is null || LineOf(Role.Return, fact) is null) continue;
            var from = Math.Max(now - CustomerAlerts.LookBackMs - CustomerAlerts.MostMinutesMs, Before(Role.Return, "", Placed.Of(fact))?.InitiatedAt ?? long.MinValue);
            foreach (var seeker in Seekers(from, fact.InitiatedAt)) Touch(Placed.Of(seeker));
        }
    }
}
