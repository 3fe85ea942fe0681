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
        for (var i = 0; i < contacts.Count; i++)
        {
            var c = contacts[i];
            if (!c.Inbound || !c.Answered || !IsFirst(contacts, i, windowMs)) continue;
            var kept = !HasRepeat(contacts, i, windowMs);
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

    private static bool IsFirst(IReadOnlyList<ContactFact> contacts, int index, long windowMs)
    {
        var c = contacts[index];
        for (var i = index - 1; i >= 0; i--)
        {
            var earlier = contacts[i];
            if (!earlier.Inbound) continue;
            var gap = c.InitiatedAt - earlier.LastAt;
            if (gap < windowMs && !(earlier.Abandoned && gap <= RetryMs)) return false;
        }
        return true;
    }

    private static bool HasRepeat(IReadOnlyList<ContactFact> contacts, int index, long windowMs)
    {
        for (var i = index + 1; i < contacts.Count; i++)
        {
            if (contacts[i].InitiatedAt - contacts[index].LastAt >= windowMs) return false;
            if (contacts[i].Inbound) return true;
        }
        return false;
    }
}
