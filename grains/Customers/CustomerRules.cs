using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Customers;

/// <summary>
/// First-contact resolution of one customer's contacts. Eligible: answered, inbound, with no other contact in the look-back window. Kept: no
/// repeat in the look-forward window, which runs from disconnection to the next initiation. (spec: metrics, First-contact resolution)
/// </summary>
public static class CustomerRules
{
    /// <summary>A ticket of the same customer and issue repeats one created so many ms before. (spec: metrics, repeat_rate)</summary>
    public const long RepeatMs = 30 * 86_400_000L;

    // A re-try so soon after giving up is the same attempt to get through.
    private const long RetryMs = 5 * 60_000;

    /// <param name="contacts">in the order of their initiation; tickets among them</param>
    /// <param name="windowMs">look-back and look-forward</param>
    /// <param name="rules">where alerts are to be raised as well: they are those of <see cref="RuleSubjects.Customer"/></param>
    /// <param name="perIssue">only a contact about the same issue is a repeat</param>
    public static Evaluation Evaluate(IReadOnlyList<ContactFact> contacts, long windowMs, long now, bool perIssue = false, PolicySet? rules = null)
    {
        var j = new Judgement(now);
        var revoked = new List<Revocation>();
        if (!perIssue) CountFirst(contacts, windowMs, j, revoked);
        else foreach (var some in ByIssue(contacts).Values) CountFirst(some, windowMs, j, revoked);
        CountTickets(contacts, j);
        if (rules is not null) CustomerAlerts.Raise(contacts, rules, j);
        return j.Done(null) with { Revocations = revoked };
    }

    private static void CountFirst(IReadOnlyList<ContactFact> contacts, long windowMs, Judgement j, List<Revocation> revoked)
    {
        var (back, forward) = (new LookBack(windowMs), new LookForward(contacts, windowMs));
        for (var i = 0; i < contacts.Count; i++)
        {
            var c = contacts[i];
            var first = back.IsFirst(c);
            back.Pass(c);
            if (!c.Inbound || !c.Answered || !first) continue;
            var repeat = forward.RepeatOf(i, c);
            var kept = repeat is null;
            if (repeat is not null) revoked.Add(new(c.Contact, repeat.Contact, repeat.InitiatedAt, c.Queue, c.Department));
            j.Point(Measure.FcrEligible, c.Queue, c.Department, c.InitiatedAt);
            if (kept) j.Point(Measure.FcrKept, c.Queue, c.Department, c.InitiatedAt);
            var closes = c.LastAt + windowMs;
            if (c.Over && j.Reached(closes))
            {
                j.Point(Measure.FcrMature, c.Queue, c.Department, closes);
                if (kept) j.Point(Measure.FcrMatureKept, c.Queue, c.Department, closes);
            }
            else
            {
                j.Point(Measure.FcrOpen, c.Queue, c.Department, c.InitiatedAt);
                j.Point(Measure.FcrOpenSinceS, c.Queue, c.Department, c.InitiatedAt, c.LastAt / 1000);
            }
        }
    }

    private static SortedDictionary<string, List<ContactFact>> ByIssue(IReadOnlyList<ContactFact> contacts)
    {
        var issues = new SortedDictionary<string, List<ContactFact>>(StringComparer.Ordinal);
        foreach (var c in contacts)
        {
            if (!issues.TryGetValue(c.IssueKey ?? "", out var some)) issues[c.IssueKey ?? ""] = some = [];
            some.Add(c);
        }
        return issues;
    }

    // A ticket without an issue repeats none and is repeated by none: nobody can tell.
    private static void CountTickets(IReadOnlyList<ContactFact> facts, Judgement j)
    {
        SortedDictionary<string, ContactFact>? latest = null; // by issue, the ticket before
        foreach (var t in facts)
        {
            if (t.Contact.Kind != SubjectKind.Ticket) continue;
            ContactFact? before = null;
            if (t.IssueKey is { } issue)
            {
                latest ??= new(StringComparer.Ordinal);
                if (latest.TryGetValue(issue, out before) && t.InitiatedAt - before.InitiatedAt > RepeatMs) before = null;
                if (before is null && latest.TryGetValue(issue, out var alone)) CountFirstTime(alone, j);
                latest[issue] = t;
            }
            else CountFirstTime(t, j);
            if (t.Complaint && (t.Repeat || before is not null)) j.Point(Measure.RepeatComplaint, null, t.Department, t.InitiatedAt);
        }
        if (latest is null) return;
        foreach (var last in latest.Values) CountFirstTime(last, j); // nothing has repeated it so far
    }

    private static void CountFirstTime(ContactFact t, Judgement j)
    {
        if (t.FirstTimeAt is { } closed) j.Point(Measure.TicketFirstTime, null, t.Department, closed);
    }

    /// <summary>Whether one contact after the other is a first one. What it keeps of the earlier ones is enough: the initiations ascend.</summary>
    private sealed class LookBack(long windowMs)
    {
        // Those given up by their end, until it lies so far back that a new contact is no re-try of them.
        private readonly PriorityQueue<long, long> _givenUp = new();
        private long _newestEnd = long.MinValue;

        public bool IsFirst(ContactFact c)
        {
            while (_givenUp.TryPeek(out _, out var end) && end < c.InitiatedAt - RetryMs)
            {
                _newestEnd = Math.Max(_newestEnd, end);
                _givenUp.Dequeue();
            }
            return _newestEnd <= c.InitiatedAt - windowMs;
        }

        public void Pass(ContactFact c)
        {
            if (!c.Inbound) return;
            if (c.Abandoned) _givenUp.Enqueue(c.LastAt, c.LastAt); else _newestEnd = Math.Max(_newestEnd, c.LastAt);
        }
    }

    /// <summary>For one contact after the other, whether the next inbound one comes too soon.</summary>
    private sealed class LookForward(IReadOnlyList<ContactFact> contacts, long windowMs)
    {
        private int _next;
        private ContactFact? _repeat;

        public ContactFact? RepeatOf(int index, ContactFact c)
        {
            if (_next <= index) Find(index + 1);
            return _repeat is { } next && next.InitiatedAt - c.LastAt < windowMs ? next : null;
        }

        private void Find(int from)
        {
            _next = from;
            while (_next < contacts.Count && !contacts[_next].Inbound) _next++;
            _repeat = _next < contacts.Count ? contacts[_next] : null;
        }
    }
}
