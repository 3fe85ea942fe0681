using System.Security.Cryptography;
using System.Text;

namespace OpsMonitor.Grains.Alerts;

/// <summary>What came of one attempt to tell a channel.</summary>
/// <param name="At">Unix ms</param>
/// <param name="Gone">the receiver says that it does not exist any more (410)</param>
/// <param name="RetryAfterMs">what the receiver asks to be waited for, in ms</param>
public readonly record struct Attempt(long At, bool Delivered, bool Gone = false, long? RetryAfterMs = null);

/// <summary>What follows from the attempts so far: one next instant, or a reason why there is none. Never both.</summary>
/// <param name="NextAt">Unix ms</param>
/// <param name="Final">delivered, gone or tried_out</param>
public readonly record struct RetryState(long? NextAt, string? Final)
{
    public const string Delivered = "delivered", Gone = "gone", TriedOut = "tried_out";
}

/// <summary>The schedule by which one message is tried again. (spec: alerts, Channels)</summary>
public static class Retries
{
    private const long Second = 1_000, Minute = 60_000, Hour = 3_600_000;

    /// <summary>Longest wait that a receiver may ask for, in ms.</summary>
    public const long LongestMs = 24 * Hour;

    // A tenth either way: receivers that came back must not be met by everybody at once.
    private const int JitterPerMille = 100;

    private static readonly long[] Waits = [0, 5 * Second, 5 * Minute, 30 * Minute, 2 * Hour, 5 * Hour, 10 * Hour, 14 * Hour, 20 * Hour, 24 * Hour];

    /// <summary>How often a message is tried at most.</summary>
    public static int Most => Waits.Length;

    /// <summary>A pure function of what has been tried. The first attempt is due at once, each later one so long after the one before.</summary>
    /// <param name="key">the message's id: its jitter is always the same, and other messages have another</param>
    /// <param name="since">Unix ms from which on it may be sent</param>
    public static RetryState After(string key, long since, IReadOnlyList<Attempt> attempts)
    {
        if (attempts.Count == 0) return new(since, null);
        var last = attempts[^1];
        foreach (var attempt in attempts)
        {
            if (attempt.Delivered) return new(null, RetryState.Delivered);
            if (attempt.Gone) return new(null, RetryState.Gone);
        }
        if (attempts.Count >= Waits.Length) return new(null, RetryState.TriedOut);
        var wait = Jittered(Waits[attempts.Count], key, attempts.Count);
        return new(last.At + Math.Max(wait, Math.Clamp(last.RetryAfterMs ?? 0, 0, LongestMs)), null);
    }

    private static long Jittered(long wait, string key, int attempt)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{key}\n{attempt}"));
        var share = (((hash[0] << 8) | hash[1]) % ((2 * JitterPerMille) + 1)) - JitterPerMille;
        return wait + (wait * share / 1000);
    }
}
