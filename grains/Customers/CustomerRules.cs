using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Customers;

/// <summary>
/// First-contact resolution of one customer's contacts. Eligible: answered, inbound, with no other contact in the look-back window. Kept: no
/// repeat in the look-forward window, which runs from disconnection to the next initiation. (spec: metrics, First-contact resolution)
/// </summary>
public static class CustomerRules
{
    // A re-try so soon after giving up is the same attempt to get through.
    private const long RetryMs = 5 * 60_000;

    /// <param name="contacts">in the order of their initiation</param>
    /// <param name="windowMs">look-back and look-forward</param>
    public static Evaluation Evaluate(IReadOnlyList<ContactFact> contacts, long windowMs, long now)
    {
        var j = new Judgement(now);
        var (back, forward) = (new LookBack(windowMs), new LookForward(contacts, windowMs));
        for (var i = 0; i < contacts.Count; i++)
        {
            var c = contacts[i];
            var first = back.IsFirst(c);
            back.Pass(c);
            if (!c.Inbound || !c.Answered || !first) continue;
            var kept = !forward.HasRepeat(i, c);
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
        return j.Done(null);
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
        private long? _nextAt;

        public bool HasRepeat(int index, ContactFact c)
        {
            if (_next <= index) Find(index + 1);
            return _nextAt is { } at && at - c.LastAt < windowMs;
        }

        private void Find(int from)
        {
            _next = from;
            while (_next < contacts.Count && !contacts[_next].Inbound) _next++;
            _nextAt = _next < contacts.Count ? contacts[_next].InitiatedAt : null;
        }
    }
}
