using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Web.Channels;

/// <summary>What a letter says: that an alert stands, that it is over, or that another channel could not say so; or one of our own events, for a program.</summary>
internal enum LetterKind { Alert, Undelivered, Test, Event }

internal enum LetterState { Waiting, Sent, Dead, Dropped }

/// <summary>One message to one recipient by one channel, before it is put into words.</summary>
/// <param name="Key">the id that receivers see: the same at every attempt, and no other letter's</param>
/// <param name="Lane">alert, channel and recipient: letters of one lane are sent in their order</param>
/// <param name="Contact">null for a channel that is itself the recipient</param>
/// <param name="Level">of the ladder; of an event its type</param>
/// <param name="About">for <see cref="LetterKind.Undelivered"/>, the channel that could not</param>
/// <param name="NotBefore">Unix ms</param>
/// <param name="Held">waits for the recipient's working hours, and is dropped where the alert is over before</param>
internal sealed record Letter(
    string Key, string Channel, string Lane, string? Contact, LetterKind Kind, string Level, Why Why, string? About, Notice Notice, long NotBefore, bool Held);

/// <summary>A letter as it is kept.</summary>
/// <param name="Attempts">of the present series; "send again" begins another</param>
internal sealed record StoredLetter(long Id, Letter Letter, LetterState State, int Series, int Attempts, long NextAt, string? Last, long? DoneAt);

/// <summary>What came of one attempt. <paramref name="Detail"/> names no address and no secret: it is logged and shown.</summary>
internal sealed record SendResult(bool Delivered, string Detail, bool Gone = false, long? RetryAfterMs = null);
