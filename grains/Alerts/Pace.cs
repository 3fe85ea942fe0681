namespace OpsMonitor.Grains.Alerts;

/// <summary>At most so many in so many ms.</summary>
public readonly record struct Rate(int Most, long Ms);

/// <summary>What to do with messages that wait. Exactly one of the three: send the first <see cref="Singles"/>, send all as one digest, or wait.</summary>
/// <param name="WaitUntil">Unix ms; null where something may be sent now</param>
public readonly record struct PaceStep(int Singles, bool Digest, long? WaitUntil);

/// <summary>
/// How fast a receiver may be told that punishes haste. The last place of a window is kept for a digest of all that waits then, so that
/// nothing waits for longer than the limit makes it.
/// </summary>
public static class Pace
{
    // A shorter window is simply waited out: nobody is served by a digest for the sake of a second.
    private const long LongMs = 10_000;

    /// <param name="sent">Unix ms of the last requests, ascending</param>
    /// <param name="digests">false for a receiver of single messages only: it waits instead</param>
    public static PaceStep Next(IReadOnlyList<Rate> rates, IReadOnlyList<long> sent, int waiting, long now, bool digests)
    {
        if (waiting <= 0) return new(0, false, null);
        var (left, leftLong, until) = (int.MaxValue, int.MaxValue, long.MinValue);
        foreach (var rate in rates)
        {
            var used = 0;
            for (var i = sent.Count - 1; i >= 0 && sent[i] > now - rate.Ms; i--) used++;
            if (used >= rate.Most) until = Math.Max(until, sent[sent.Count - rate.Most] + rate.Ms);
            left = Math.Min(left, rate.Most - used);
            if (rate.Ms >= LongMs) leftLong = Math.Min(leftLong, rate.Most - used);
        }
        if (until > now) return new(0, false, until);
        if (!digests || waiting <= leftLong) return new(Math.Min(waiting, left), false, null);
        return leftLong > 1 ? new(Math.Min(left, leftLong - 1), false, null) : new(0, true, null);
    }
}
